"""Our webhooks, against a partner's receiver in a program of its own."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import SecretStr

from activities.gateways.errors import Refused, TryAgain
from activities.gateways.webhooks import HttpWebhooks
from models.secrets import new_webhook_secret
from models.settings import Settings
from tests.sandbox_programs import Program, free_port, get, put

SECRET = new_webhook_secret()
BODY = '{"type": "placement.rejected", "data": {"reason": "te smal — geen plaats"}}'.encode()

pytestmark = pytest.mark.step("P4", "N")


@pytest.fixture
async def webhooks() -> AsyncIterator[HttpWebhooks]:
    gateway = HttpWebhooks(allow_inside=True)
    yield gateway
    await gateway.aclose()


@pytest.fixture
def hook(partner: Program) -> str:
    name = uuid.uuid4().hex
    put(partner, f"/control/hooks/{name}", {"secret": SECRET})
    return name


def _url(partner: Program, hook: str) -> str:
    return f"{partner.url}/hooks/{hook}"


def _now() -> datetime:
    return datetime.now(UTC)


async def test_a_webhook_is_taken_with_its_signature(webhooks: HttpWebhooks, partner: Program, hook: str) -> None:
    delivered = await webhooks.send(_url(partner, hook), [SECRET], "notice-1", _now(), BODY)
    (call,) = get(partner, f"/hooks/{hook}/calls")
    assert delivered.status == 204
    assert 0 < delivered.duration_s < 15
    assert (call["verified"], call["webhook_id"], call["why_not"]) == (True, "notice-1", None)
    assert call["body"]["data"]["reason"] == "te smal — geen plaats"
    assert call["headers"]["content-type"] == "application/json"


async def test_each_of_two_secrets_verifies_what_both_have_signed(
    webhooks: HttpWebhooks, partner: Program, hook: str
) -> None:
    old, new = new_webhook_secret(), new_webhook_secret()
    for known in (old, new):
        put(partner, f"/control/hooks/{hook}", {"secret": known})
        await webhooks.send(_url(partner, hook), [new, old], "notice-1", _now(), BODY)
    calls = get(partner, f"/hooks/{hook}/calls")
    assert [call["verified"] for call in calls] == [True, True]
    assert {len(call["headers"]["webhook-signature"].split(" ")) for call in calls} == {2}


@pytest.mark.parametrize(("status", "kind"), [(503, TryAgain), (302, TryAgain), (410, Refused)])
async def test_what_was_answered_is_told(
    webhooks: HttpWebhooks, partner: Program, hook: str, status: int, kind: type[TryAgain | Refused]
) -> None:
    put(partner, f"/control/hooks/{hook}", {"secret": SECRET, "status": status})
    with pytest.raises(kind) as told:
        await webhooks.send(_url(partner, hook), [SECRET], "notice-1", _now(), BODY)
    assert told.value.status == status


async def test_the_time_of_an_attempt_may_be_of_any_zone(webhooks: HttpWebhooks, partner: Program, hook: str) -> None:
    there = _now().astimezone(timezone(timedelta(hours=9)))
    await webhooks.send(_url(partner, hook), [SECRET], "notice-1", there, BODY)
    assert get(partner, f"/hooks/{hook}/calls")[0]["verified"]
    with pytest.raises(ValueError, match="time zone"):
        await webhooks.send(_url(partner, hook), [SECRET], "notice-1", datetime(2026, 11, 21), BODY)  # noqa: DTZ001


async def test_a_wrong_secret_is_not_taken(webhooks: HttpWebhooks, partner: Program, hook: str) -> None:
    with pytest.raises(TryAgain, match="401"):
        await webhooks.send(_url(partner, hook), [new_webhook_secret()], "notice-1", _now(), BODY)


async def test_a_retry_carries_the_same_id(webhooks: HttpWebhooks, partner: Program, hook: str) -> None:
    put(partner, f"/control/hooks/{hook}", {"secret": SECRET, "status": 500, "times": 1})
    with pytest.raises(TryAgain, match="500") as told:
        await webhooks.send(_url(partner, hook), [SECRET], "notice-1", _now(), BODY)
    assert told.value.after_s is None
    await webhooks.send(_url(partner, hook), [SECRET], "notice-1", _now(), BODY)
    calls = get(partner, f"/hooks/{hook}/calls")
    assert [(call["webhook_id"], call["answered"]) for call in calls] == [("notice-1", 500), ("notice-1", 204)]


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_honoured(webhooks: HttpWebhooks, partner: Program, hook: str, status: int) -> None:
    put(partner, f"/control/hooks/{hook}", {"secret": SECRET, "status": status, "retry_after_s": 42})
    with pytest.raises(TryAgain) as told:
        await webhooks.send(_url(partner, hook), [SECRET], "notice-1", _now(), BODY)
    assert told.value.after_s == 42


async def test_an_endpoint_that_is_gone_is_not_called_again(
    webhooks: HttpWebhooks, partner: Program, hook: str
) -> None:
    put(partner, f"/control/hooks/{hook}", {"secret": SECRET, "status": 410})
    with pytest.raises(Refused, match="gone"):
        await webhooks.send(_url(partner, hook), [SECRET], "notice-1", _now(), BODY)


async def test_redirects_are_not_followed(webhooks: HttpWebhooks, partner: Program, hook: str) -> None:
    other = uuid.uuid4().hex
    put(partner, f"/control/hooks/{other}", {"secret": SECRET})
    put(partner, f"/control/hooks/{hook}", {"secret": SECRET, "status": 307, "location": _url(partner, other)})
    with pytest.raises(TryAgain, match="redirects are not followed"):
        await webhooks.send(_url(partner, hook), [SECRET], "notice-1", _now(), BODY)
    assert get(partner, f"/hooks/{other}/calls") == []


async def test_a_slow_endpoint_is_given_up(partner: Program, hook: str) -> None:
    put(partner, f"/control/hooks/{hook}", {"secret": SECRET, "delay_s": 3})
    hasty = HttpWebhooks(allow_inside=True, call_limit_s=0.3)
    with pytest.raises(TryAgain, match="can't be reached"):
        await hasty.send(_url(partner, hook), [SECRET], "notice-1", _now(), BODY)
    await hasty.aclose()


async def test_nobody_at_the_address_means_try_again(webhooks: HttpWebhooks) -> None:
    with pytest.raises(TryAgain, match="can't be reached"):
        await webhooks.send(f"http://127.0.0.1:{free_port()}/", [SECRET], "notice-1", _now(), BODY)


async def test_inside_addresses_are_refused_unless_allowed(partner: Program, hook: str) -> None:
    for url in (_url(partner, hook), f"https://127.0.0.1:{free_port()}/", f"https://localhost:{free_port()}/"):
        gateway = HttpWebhooks.from_settings(_settings(allow_inside_addresses=False))
        with pytest.raises(Refused) as refused:
            await gateway.send(url, [SECRET], "notice-1", _now(), BODY)
        assert refused.value.field == "/url"
        await gateway.aclose()
    allowed = HttpWebhooks.from_settings(_settings(allow_inside_addresses=True))
    assert (await allowed.send(_url(partner, hook), [SECRET], "notice-1", _now(), BODY)).status == 204
    await allowed.aclose()


async def test_a_senseless_secret_is_refused_and_not_shown(webhooks: HttpWebhooks, partner: Program, hook: str) -> None:
    for secret in ("", "whsec_", "whsec_é", "a"):
        with pytest.raises(Refused) as refused:
            await webhooks.send(_url(partner, hook), [secret], "notice-1", _now(), BODY)
        assert refused.value.field == "/secret"


async def test_an_endless_answer_is_read_no_further_than_needed(webhooks: HttpWebhooks) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 500 Broken\r\nContent-Type: text/plain\r\n\r\n")
        try:
            while True:
                writer.write(b"no " * 1000)
                await writer.drain()
        except ConnectionError:
            writer.close()

    with pytest.raises(TryAgain) as told:
        await _sent_to(webhooks, flood)
    assert "500: no no" in told.value.detail
    assert len(told.value.detail) < 300


async def test_a_date_in_retry_after_is_understood(webhooks: HttpWebhooks) -> None:
    async def later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        until = format_datetime(_now() + timedelta(minutes=10), usegmt=True)
        writer.write(f"HTTP/1.1 503 Later\r\nRetry-After: {until}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    with pytest.raises(TryAgain) as told:
        await _sent_to(webhooks, later)
    assert told.value.after_s is not None
    assert 500 < told.value.after_s <= 600


async def _sent_to(webhooks: HttpWebhooks, answer: Any) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await webhooks.send(url, [SECRET], "notice-1", _now(), BODY)


def _settings(*, allow_inside_addresses: bool) -> Settings:
    return Settings(
        database_url=SecretStr("postgresql://nobody@127.0.0.1/none"),
        keys=SecretStr("k1:unused"),
        allow_inside_addresses=allow_inside_addresses,
    )
