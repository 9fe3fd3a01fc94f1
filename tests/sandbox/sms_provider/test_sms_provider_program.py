"""The SMS provider's stand-in answers and signs as Twilio does, by Twilio's own library."""

import asyncio
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.sandbox_programs import (
    SMS_ACCOUNT,
    SMS_NUMBER,
    SMS_TOKEN,
    Program,
    get,
    put,
    running,
    sms_environment,
    until,
)

pytestmark = pytest.mark.step("N")
PHONE = "+31612345678"


class Customer:
    """Takes the provider's calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], str]] = []
        calls = self.calls

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                calls.append((dict(parse_qsl(body)), self.headers.get("X-Twilio-Signature", "")))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/told?x=1"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def customer() -> Iterator[Customer]:
    told = Customer()
    yield told
    told.server.shutdown()
    told.server.server_close()


@pytest.fixture(scope="module")
def provider(customer: Customer) -> Iterator[Program]:
    with running("sms_provider", sms_environment(customer.url)) as program:
        yield program


def send(provider: Program, *, token: str = SMS_TOKEN, account: str = SMS_ACCOUNT, **form: str) -> httpx.Response:
    said = {"To": PHONE, "From": SMS_NUMBER, "Body": "hello", **form}
    url = f"{provider.url}/2010-04-01/Accounts/{account}/Messages.json"
    return httpx.post(url, data=said, auth=(SMS_ACCOUNT, token), trust_env=False)


def text(provider: Program, body: str, **more: str) -> Any:
    said = {"from": PHONE, "body": body, **more}
    return httpx.post(f"{provider.url}/control/texts", json=said, trust_env=False).raise_for_status().json()


async def test_the_fate_of_a_message_is_told_in_order_and_signed(provider: Program, customer: Customer) -> None:
    made = send(provider, StatusCallback=customer.url)
    assert (made.status_code, made.json()["status"]) == (201, "queued")
    sid = made.json()["sid"]

    def told() -> list[tuple[dict[str, str], str]] | None:
        mine = [each for each in customer.calls if each[0].get("MessageSid") == sid]
        return mine if len(mine) == 2 else None

    calls = await until(told)
    assert [fields["MessageStatus"] for fields, _ in calls] == ["sent", "delivered"]
    for fields, signature in calls:
        assert RequestValidator(SMS_TOKEN).validate(customer.url, fields, signature)
        assert not RequestValidator("another").validate(customer.url, fields, signature)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"token": "wrong"}, 401, 20003),
        ({"account": "AC1"}, 404, 20404),
        ({"To": "0612345678"}, 400, 21211),
        ({"To": ""}, 400, 21604),
        ({"From": "+15005550006"}, 400, 21606),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * 1601}, 400, 21617),
    ],
)
def test_what_is_wrong_is_refused_with_twilios_code(
    provider: Program, changes: dict[str, str], status: int, code: int
) -> None:
    answer = send(provider, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_text_from_a_phone_is_told_signed_again_or_forged(provider: Program, customer: Customer) -> None:
    first = text(provider, "START NL-1")
    text(provider, "START NL-1", sid=first["sid"])
    text(provider, "START NL-1", signature="bad")
    text(provider, "START NL-1", signature="none")
    calls = customer.calls[-4:]
    good = [RequestValidator(SMS_TOKEN).validate(customer.url, fields, signature) for fields, signature in calls]
    assert good == [True, True, False, False]
    assert [fields["MessageSid"] == first["sid"] for fields, _ in calls] == [True, True, False, False]
    assert first["status"] == 204
    assert (calls[0][0]["From"], calls[0][0]["To"], calls[0][0]["Body"]) == (PHONE, SMS_NUMBER, "START NL-1")


def test_a_phone_that_opted_out_is_not_written_to_until_it_opts_in(provider: Program, customer: Customer) -> None:
    httpx.put(f"{provider.url}/control/opt-out?handled=true", trust_env=False).raise_for_status()
    text(provider, "stop")
    assert customer.calls[-1][0]["OptOutType"] == "STOP"
    assert send(provider).json()["code"] == 21610
    text(provider, "START")
    assert send(provider).status_code == 201
    httpx.put(f"{provider.url}/control/opt-out?handled=false", trust_env=False).raise_for_status()
    text(provider, "STOP")
    assert send(provider).status_code == 201


async def test_what_it_was_told_outlives_it(provider: Program, tmp_path: Any) -> None:
    environment = sms_environment() | {"SANDBOX_STATE": str(tmp_path)}
    with running("sms_provider", environment) as first:
        put(first, "/control/fault", {"mode": "down"})
        assert send(first).status_code == 503
        put(first, "/control/fault", {})
        sid = send(first).json()["sid"]
        await until(lambda: get(first, "/control/messages", to=PHONE)[0]["status"] == "delivered")
        first.kill()
        second = await asyncio.to_thread(first.started_again)
        try:
            assert get(second, "/control/messages", to=PHONE)[0]["sid"] == sid
        finally:
            assert second.stop() == 0
    assert json.loads(send(provider).text)["direction"] == "outbound-api"
