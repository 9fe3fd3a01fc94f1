"""Sessions by the API: seen by those whom they concern, priced while they run, billed after (C1, B1)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from models.rules.session import SILENT_FOR
from models.rules.session_usage import Doing, Mark
from models.rules.subscriber import Payment
from models.tables.session import ChargingSession
from tests.charging import Street, a_street
from tests.people import Person, World

pytestmark = pytest.mark.step("C1")

SESSIONS = "/v1/charging-sessions"


@pytest.fixture
async def street(world: World) -> Street:
    found = await a_street(world, world.desk)
    found.at = world.desk.clock() - timedelta(days=2)
    return found


async def get(api: httpx.AsyncClient, person: Person, path: str = "", **query: Any) -> Any:
    answer = await api.get(f"{SESSIONS}{path}", params=query, headers=person.headers)
    assert answer.is_success, answer.text
    return answer.json()


async def settled(street: Street, number: str = "NL-1", minutes: float = 0) -> str:
    """The reference of one that charged 10 kWh in half an hour, and kept its place for another."""
    transaction, _ = await street.start(number, minutes)
    await street.told(Mark(street.later(minutes + 1), Doing.CHARGING))
    await street.told(Mark(street.later(minutes + 30), Doing.FULL))
    await street.stop(transaction, minutes + 60)
    row = next(each for each in await street.rows(ChargingSession) if each.transaction_number == transaction)
    await street.settle(row)
    return row.reference


@pytest.mark.step("B1", "C6", "C10")
async def test_a_settled_session_shows_its_facts_and_why_it_costs_what_it_does(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    owner = await street.driver()
    reference = await settled(street)
    shown = await get(api, world.customer_care, f"/{reference}")
    said = {name: shown[name] for name in ("stage", "subscriber", "card", "station", "connector", "energy_wh", "gross")}
    assert said == {
        "stage": "settled",
        "subscriber": owner.reference,
        "card": "NL-1",
        "station": street.asset.name,
        "connector": 1,
        "energy_wh": 10_000,
        "gross": "8.0000",
    }
    assert [(each["activity"], each["energy_wh"]) for each in shown["periods"]] == [
        ("charging", 333),
        ("charging", 9667),
        ("parked", 0),
    ]
    lines = [(each["kind"], each["billed"], each["unit"], each["gross"]) for each in shown["price"]["lines"]]
    assert lines == [("ENERGY", "10.000000", "kWh", "5.00"), ("PARKING_TIME", "0.500000", "hour", "3.00")]
    (record,) = shown["records"]
    assert (record["number"], record["credits"], record["price"]) == (1, None, shown["price"])
    booked = await api.get(f"/v1/ledger/transactions/{record['ledger_transaction_id']}", headers=world.finance.headers)
    assert booked.json()["session_id"] == shown["id"]
    assert (shown["tariff"]["version"], shown["hold"]) == (1, None)
    messages = await api.get(shown["messages"], headers=world.operations.headers)
    assert messages.status_code == 200


@pytest.mark.step("C5")
async def test_a_running_session_shows_what_it_costs_so_far_and_what_is_held_for_it(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    street.at = world.desk.clock()
    await street.driver(payment=Payment.PREPAID, balance="30")
    transaction, _ = await street.start()
    before = await get(api, world.finance, f"/{(await street.session()).reference}")
    assert (before["stage"], before["price"], before["tariff"]) == ("charging", None, None)
    await street.look(await street.session())
    await street.meter(transaction, 0, 3000)
    shown = await get(api, world.finance, f"/{before['reference']}")
    assert (shown["stage"], shown["gross"], shown["records"]) == ("charging", None, [])
    assert (shown["price"]["gross"], shown["hold"]["amount"]) == ("1.00", "25.0000")


async def test_a_correction_stands_behind_the_record_that_it_credits(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    await street.driver()
    transaction, _ = await street.start()
    await street.meter(transaction, 10, 3000)
    session = await street.session()
    street.desk = replace(street.desk, clock=lambda: world.desk.clock() + SILENT_FOR)
    await street.look(session)
    await street.settle(session)
    await street.stop(transaction)
    await street.settle(session)
    shown = await get(api, world.finance, f"/{session.reference}")
    assert (shown["stage"], shown["flags"], shown["gross"]) == ("corrected", ["offline", "missing_stop"], "5.0000")
    records = [(each["number"], each["credits"], each["price"]["gross"]) for each in shown["records"]]
    assert records == [(1, None, "1.0000"), (2, 1, "-1.0000"), (3, None, "5.0000")]


async def test_sessions_are_listed_filtered_and_paged(api: httpx.AsyncClient, world: World, street: Street) -> None:
    owner, other = await street.driver("NL-1"), await street.driver("NL-2")
    first, second = await settled(street, "NL-1"), await settled(street, "NL-2", 120)
    await street.start("NL-1", 240)
    third = (await street.rows(ChargingSession))[-1].reference
    for wanted, found in (
        ({}, [third, second, first]),
        ({"sort": "reference"}, [first, second, third]),
        ({"stage": "settled"}, [second, first]),
        ({"subscriber": owner.reference}, [third, first]),
        ({"subscriber": other.reference}, [second]),
        ({"station": street.asset.name, "flag": "offline"}, [third, second, first]),
        ({"flag": "not_covered"}, []),
        ({"station": "NL-STM-999999"}, []),
        ({"started_from": street.later(120).isoformat(), "started_to": street.later(240).isoformat()}, [second]),
    ):
        listed = await get(api, world.customer_care, **wanted)
        assert [each["reference"] for each in listed["items"]] == found, wanted
    page = await get(api, world.customer_care, limit=2)
    rest = await get(api, world.customer_care, limit=2, cursor=page["next_cursor"])
    assert [each["reference"] for each in [*page["items"], *rest["items"]]] == [third, second, first]


async def test_who_keeps_the_station_sees_what_happened_there_and_not_whose_it_was_nor_what_it_cost(
    api: httpx.AsyncClient, world: World, street: Street
) -> None:
    await street.driver()
    reference = await settled(street)
    for person in (world.service_user, world.engineer):
        shown = await get(api, person, f"/{reference}")
        assert (shown["energy_wh"], shown["station"], len(shown["periods"])) == (10_000, street.asset.name, 3)
        hidden = [shown[name] for name in ("subscriber", "card", "gross", "price", "tariff", "hold", "records")]
        assert hidden == [None, None, None, None, None, None, []]
        (row,) = (await get(api, person))["items"]
        assert (row["subscriber"], row["gross"]) == (None, None)
        refused = await api.get(SESSIONS, params={"subscriber": "SUB-1"}, headers=person.headers)
        assert (refused.status_code, refused.json()["facts"]) == (403, {"permission": "cards:read"})
    assert (await get(api, world.operations, f"/{reference}"))["card"] == "NL-1"
    assert (await get(api, world.administrator, f"/{reference}"))["gross"] == "8.0000"
