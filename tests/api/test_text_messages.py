"""Drivers' texts by the provider's webhook: signed, taken once, answered with nothing but that they came (C3)."""

import dataclasses
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import select
from twilio.request_validator import RequestValidator

from api.v1.sms_webhooks import NOTHING_MORE, PATH, SIGNATURE
from models.rules.text_message import SmsAnswer
from models.settings import Settings
from models.tables.driver_notice import DriverNotice
from tests.people import World
from tests.sandbox_programs import SMS_NUMBER, SMS_TOKEN
from tests.subscribing import a_subscriber

pytestmark = pytest.mark.step("C3")
PUBLIC, PHONE = "https://charging.example", "+31612345678"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Reached by an address of its own, whatever proxies stand before it."""
    said = {"public_api_url": PUBLIC, "twilio_auth_token": SecretStr(SMS_TOKEN), "sms_number": SMS_NUMBER}
    return settings.model_copy(update=said)


def fields(body: str = "HELP", sid: str = "1", **more: str) -> dict[str, str]:
    return {"MessageSid": f"SM{sid:>032}", "From": PHONE, "To": SMS_NUMBER, "Body": body, "NumMedia": "0", **more}


async def text(api: httpx.AsyncClient, said: dict[str, str], *, token: str = SMS_TOKEN) -> httpx.Response:
    signature = RequestValidator(token).compute_signature(PUBLIC + PATH, said)
    return await api.post(PATH, data=said, headers={SIGNATURE: signature})


async def answers(world: World) -> list[Any]:
    async with world.desk.database.transaction() as reading:
        return [(each.kind, each.language) for each in (await reading.execute(select(DriverNotice))).scalars()]


async def test_a_text_is_taken_once_however_often_it_is_told(api: httpx.AsyncClient, world: World) -> None:
    await a_subscriber(world, phone=PHONE)
    for _ in range(2):
        answer = await text(api, fields("hélp!"))
        assert (answer.status_code, answer.text) == (200, NOTHING_MORE)
        assert answer.headers["content-type"].startswith("text/xml")
    await text(api, fields("status", sid="2"))
    assert await answers(world) == [(SmsAnswer.HOW_TO, "en"), (SmsAnswer.NOTHING_CHARGES, "en")]


async def test_a_forged_text_is_refused_and_leaves_nothing(api: httpx.AsyncClient, world: World) -> None:
    await a_subscriber(world, phone=PHONE)
    said = fields("STOP")
    forged = await text(api, said, token="another")
    changed = await api.post(
        PATH,
        data={**said, "Body": "START"},
        headers={SIGNATURE: RequestValidator(SMS_TOKEN).compute_signature(PUBLIC + PATH, said)},
    )
    unsigned = await api.post(PATH, data=said)
    as_json = await api.post(PATH, json=said)
    assert [each.status_code for each in (forged, changed, unsigned, as_json)] == [401] * 4
    assert await answers(world) == []


async def test_without_a_token_of_ours_nothing_is_believed(api: httpx.AsyncClient, app: FastAPI) -> None:
    unset = app.state.services.settings.model_copy(update={"twilio_auth_token": SecretStr("")})
    app.state.services = dataclasses.replace(app.state.services, settings=unset)
    assert (await text(api, fields(), token="")).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"MessageSid": "x"}, "/MessageSid"), ({"From": ""}, "/From"), ({"Body": "x" * 1601}, "/Body")],
)
async def test_what_is_signed_and_makes_no_sense_is_refused_by_its_field(
    api: httpx.AsyncClient, wrong: dict[str, str], pointer: str
) -> None:
    answer = await text(api, fields(**wrong))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_odd_letters_are_taken_as_they_come(api: httpx.AsyncClient, world: World) -> None:
    await a_subscriber(world, phone=PHONE)
    for place, body in enumerate(("\0", "\N{GRINNING FACE}", "\N{RIGHT-TO-LEFT OVERRIDE}STOP", "")):
        assert (await text(api, fields(body, sid=str(place)))).status_code == 200
    assert len(await answers(world)) == 4
