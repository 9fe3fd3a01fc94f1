"""Sessions asked for and stopped by the API: decided as at the station, at the price that was shown (C4)."""

from typing import Any

import httpx
import pytest

from models.rules.subscriber import Payment
from models.store import commands
from models.tables.command import AskedCommand
from tests.charging import Street, a_street
from tests.people import World
from tests.subscribing import cards_in_pool, uid_of

pytestmark = pytest.mark.step("C4")

SESSIONS = "/v1/charging-sessions"


@pytest.fixture
async def street(world: World) -> Street:
    found = await a_street(world, world.desk)
    found.at = world.desk.clock()
    return found


async def asked(api: httpx.AsyncClient, street: Street, key: str | None = None, **said: Any) -> httpx.Response:
    headers = {**street.world.customer_care.headers, **({"Idempotency-Key": key} if key else {})}
    return await api.post(SESSIONS, json={"station": street.asset.name, **said}, headers=headers)


async def test_a_session_is_asked_for_once_with_its_price_shown_in_the_order_of_afir(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    owner = await street.driver()
    answers = [await asked(api, street, "key-1", subscriber=owner.reference, connector=1) for _ in range(2)]
    assert [each.status_code for each in answers] == [202, 202], answers[0].text
    told = answers[0].json()
    assert told == answers[1].json()
    assert [each["kind"] for each in told["price"]["prices"]][:2] == ["kwh", "minute"]
    assert (told["card"], told["kind"], told["state"], told["session"]) == ("NL-1", "start_charging", "queued", None)
    (command,) = await street.rows(AskedCommand)
    assert command.arguments == {"token": uid_of("NL-1"), "connector": 1}
    assert uid_of("NL-1") not in answers[0].text
    await street.start()
    shown = await api.get(f"{SESSIONS}/commands/{command.id}", headers=world.operations.headers)
    assert shown.json()["session"] == (await street.session()).reference


async def test_nothing_is_started_at_another_price_than_the_driver_was_shown(
    api: httpx.AsyncClient, street: Street
) -> None:
    await street.driver()
    first = (await asked(api, street, card="NL-1")).json()["price"]
    seen = {"code": first["code"], "version": first["version"]}
    assert (await asked(api, street, card="NL-1", seen=seen)).status_code == 202
    refused = await asked(api, street, card="NL-1", seen={**seen, "version": 2})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/price-changed")


async def test_who_may_not_charge_there_is_refused_with_the_decisions_reason_and_nothing_is_sent(
    api: httpx.AsyncClient, street: Street
) -> None:
    poor = await street.driver("NL-1", payment=Payment.PREPAID, balance="4")
    await street.driver("NL-2")
    await street.start("NL-2", connector=2)
    poors: dict[str, Any] = {"subscriber": poor.reference}
    for said, verdict in ((poors, "no_credit"), ({"card": "NL-2", "connector": 1}, "concurrent")):
        refused = await asked(api, street, **said)
        assert (refused.status_code, refused.json()["facts"]) == (409, {"verdict": verdict}), refused.text
    assert await street.rows(AskedCommand) == []


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"card": "NL-2"}, "/card"),
        ({"card": "NL-9"}, "/card"),
        ({"subscriber": "SUB-0"}, "/subscriber"),
        ({"card": "NL-1", "station": "NL-STM-0"}, "/station"),
        ({"card": "NL-1", "connector": 9}, "/connector"),
        ({}, ""),
        ({"card": "NL-1", "subscriber": "SUB-0"}, ""),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_field(
    api: httpx.AsyncClient, world: World, street: Street, said: dict[str, Any], pointer: str
) -> None:
    await street.driver("NL-1")
    await cards_in_pool(world, "NL-2")
    wrong = await asked(api, street, **said)
    assert wrong.status_code == 422, wrong.text
    assert [each["pointer"] for each in wrong.json()["errors"]] == [pointer]
    assert await street.rows(AskedCommand) == []


async def test_a_running_session_is_stopped_once_and_one_that_is_over_is_not(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    await street.driver()
    transaction, _ = await street.start()
    path = f"{SESSIONS}/{(await street.session()).reference}"
    headers = {**world.customer_care.headers, "Idempotency-Key": "key-1"}
    answers = [await api.post(f"{path}/stop", headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [202, 202]
    assert answers[0].json()["session"] == (await street.session()).reference
    (command,) = await street.rows(AskedCommand)
    assert (command.kind, command.arguments) == ("stop_charging", {"transaction": transaction})
    assert (await street.session()).stop_asked_at is not None
    await street.stop(transaction)
    over = await api.post(f"{path}/stop", headers=world.customer_care.headers)
    assert over.status_code == 409
    async with world.desk.database.transaction() as reading:
        assert len(await commands.open_ids(reading, street.asset.id)) == 1


async def test_who_keeps_the_station_starts_and_stops_nobodys_session(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    await street.driver()
    await street.start()
    for path in (SESSIONS, f"{SESSIONS}/{(await street.session()).reference}/stop"):
        answer = await api.post(path, json={"station": "x", "card": "NL-1"}, headers=world.service_user.headers)
        assert answer.json()["facts"] == {"permission": "charging-sessions:control"}
