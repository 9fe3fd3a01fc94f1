"""Notices to drivers by the API: what they want to be told, what they were told, and what became of it (N)."""

import uuid
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from api.v1.driver_notices import WISHES
from api.v1.sms_webhooks import SIGNATURE
from models.rules.driver_notice import DriverNoticeKind
from models.settings import Settings
from models.usecases import driver_delivery, driver_notice
from models.usecases.driver_delivery import Outcome
from tests.charging import STATION
from tests.people import World
from tests.sandbox_programs import SMS_NUMBER, SMS_TOKEN
from tests.subscribing import a_subscriber

pytestmark = pytest.mark.step("N")
PUBLIC = "https://charging.example"
SID = f"SM{'0' * 32}"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Reached by an address of its own, whatever proxies stand before it."""
    said = {"public_api_url": PUBLIC, "twilio_auth_token": SecretStr(SMS_TOKEN), "sms_number": SMS_NUMBER}
    return settings.model_copy(update=said)


async def a_notice(world: World) -> tuple[str, UUID]:
    """The subscriber's reference, and a text to them that is under way."""
    owner = await a_subscriber(world, phone="+31612345678")
    async with world.desk.work(STATION, "test") as work:
        await driver_notice.tell(work, owner.id, DriverNoticeKind.CREDIT_SPENT, "CS-1", {"place": "Dam 1"})
    async with world.desk.work(STATION, "test") as work:
        (due,) = await driver_delivery.take(work, 10)
    async with world.desk.work(STATION, "test") as work:
        await driver_delivery.note_outcome(work, due.notice.id, Outcome(provider_id=SID))
    return owner.reference, due.notice.id


async def tell(api: httpx.AsyncClient, notice_id: UUID, status: str, **changes: str) -> httpx.Response:
    """As the provider does, unless it is changed on the way."""
    path = f"/v1/webhooks/sms/status/{notice_id}"
    fields = {"MessageSid": SID, "MessageStatus": status, "To": "+31612345678"}
    signature = RequestValidator(SMS_TOKEN).compute_signature(PUBLIC + path, fields)
    return await api.post(path, data={**fields, **changes}, headers={SIGNATURE: signature})


async def log(api: httpx.AsyncClient, world: World, reference: str, query: str = "") -> Any:
    shown = await api.get(f"/v1/subscribers/{reference}/notices{query}", headers=world.customer_care.headers)
    return shown.json()["items"]


async def test_what_the_provider_tells_is_shown_and_what_comes_late_changes_nothing(
    api: httpx.AsyncClient, world: World
) -> None:
    reference, notice_id = await a_notice(world)
    for status in ("delivered", "sent", "delivered", "failed"):
        assert (await tell(api, notice_id, status)).status_code == 204
    (shown,) = await log(api, world, reference)
    assert (shown["kind"], shown["channel"], shown["state"], shown["attempts"]) == (
        "credit_spent",
        "sms",
        "delivered",
        1,
    )
    assert (shown["provider_id"], shown["error"]) == (SID, None)
    assert await log(api, world, reference, "?channel=mail") == []
    assert "+31612345678" not in str(shown)


async def test_a_text_that_came_to_nobody_says_why(api: httpx.AsyncClient, world: World) -> None:
    reference, notice_id = await a_notice(world)
    path = f"/v1/webhooks/sms/status/{notice_id}"
    fields = {"MessageSid": SID, "MessageStatus": "undelivered", "ErrorCode": "30003"}
    signature = RequestValidator(SMS_TOKEN).compute_signature(PUBLIC + path, fields)
    assert (await api.post(path, data=fields, headers={SIGNATURE: signature})).status_code == 204
    (shown,) = await log(api, world, reference, "?state=failed")
    assert "30003" in shown["error"]


async def test_a_forged_call_is_refused_and_changes_nothing(api: httpx.AsyncClient, world: World) -> None:
    reference, notice_id = await a_notice(world)
    forged = await tell(api, notice_id, "delivered", MessageStatus="failed")
    assert forged.status_code == 401
    path = f"/v1/webhooks/sms/status/{notice_id}"
    for headers in ({}, {SIGNATURE: "x"}, {SIGNATURE: ""}):
        answer = await api.post(path, data={"MessageSid": SID, "MessageStatus": "failed"}, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert (await log(api, world, reference))[0]["state"] == "sent"


async def test_a_signed_call_without_sense_gets_a_clear_answer(api: httpx.AsyncClient, world: World) -> None:
    _, notice_id = await a_notice(world)
    path = f"/v1/webhooks/sms/status/{notice_id}"
    fields = {"MessageSid": "nonsense"}
    signature = RequestValidator(SMS_TOKEN).compute_signature(PUBLIC + path, fields)
    answer = await api.post(path, data=fields, headers={SIGNATURE: signature})
    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/MessageSid", "/MessageStatus"}
    unknown = uuid.uuid4()
    assert (await tell(api, unknown, "delivered")).status_code == 404


async def test_a_subscriber_says_how_to_be_told_and_two_agents_do_not_pass_over_each_other(
    api: httpx.AsyncClient, world: World
) -> None:
    reference, _ = await a_notice(world)
    path, headers = f"/v1/subscribers/{reference}/notice-wishes", world.customer_care.headers
    usual = await api.get(path, headers=headers)
    assert usual.json() == {"channels": {}, "quiet_since": "22:00", "quiet_until": "07:00"}
    changed = await api.put(path, json=WISHES, headers={**headers, "If-Match": usual.headers["ETag"]})
    assert (changed.status_code, changed.json()) == (200, WISHES)
    assert (await api.get(path, headers=headers)).headers["ETag"] == changed.headers["ETag"]
    late = await api.put(path, json=WISHES, headers={**headers, "If-Match": usual.headers["ETag"]})
    assert late.status_code == 412
    for wrong in ({"channels": {"gossip": ["mail"]}}, {"channels": {"car_idle": ["fax"]}}, {"quiet_since": "25:00"}):
        assert (await api.put(path, json=wrong, headers=headers)).status_code == 422
    doubled = await api.put(path, json={"channels": {"car_idle": ["sms", "sms"]}}, headers=headers)
    assert doubled.status_code == 422
    assert (await api.put(path, json=WISHES, headers=world.finance.headers)).status_code == 403
