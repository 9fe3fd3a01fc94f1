"""Starts and stops of many stations in one transaction leave what each would leave alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from models.messages.base import Actor
from models.messages.telemetry import Answer, Charged, Metered, Outcome, Seen, Started, Stopped
from models.rules import metering
from models.rules.authorisation import TokenKind, TokenVerdict
from models.rules.card import CardState
from models.rules.commissioning import CommissioningStage
from models.store import cards
from models.store.database import Database
from models.tables.asset import Asset, StationEvent
from models.tables.card import Card
from models.tables.charging import ChargingTransaction, IdToken, MeterReading, RawFrame
from models.usecases import telemetry
from models.usecases.work import Desk
from tests.csms.standing import station_in_test
from tests.people import World
from tests.subscribing import cards_in_pool, uid_of

TESTS = Actor(id=None, name="tests")
ALONE, LATER = Outcome.ALONE, Outcome.LATER
AT = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture
async def stations(world: World) -> list[Asset]:
    """Two active stations; their identities are CP-HW-0 and CP-HW-1."""
    made = [await station_in_test(world, f"HW-{number}") for number in range(2)]
    async with world.desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=CommissioningStage.ACTIVE))
        session.add(IdToken(token="CARD-1", kind=TokenKind.CARD))
        session.add(IdToken(token="LOST-1", kind=TokenKind.CARD, blocked_at=AT))
    return made


async def kept(desk: Desk, *facts: Seen) -> list[Answer]:
    async with desk.work(TESTS, "test") as work:
        return await telemetry.keep(work, facts)


def start(asset: Asset, place: int = 0, **changes: Any) -> Started:
    told: dict[str, Any] = {
        "connector": 1,
        "token": "card-1",
        "meter_start_wh": 1000,
        "started_at": AT,
        "frame": "[start]",
    }
    return Started(asset.id, f"CP-HW-{place}", **{**told, **changes})


def stop(asset: Asset, number: int | None, place: int = 0, **changes: Any) -> Stopped:
    told: dict[str, Any] = {"meter_stop_wh": 1300, "stopped_at": AT, "reason": "Local", "token": None, "samples": []}
    return Stopped(asset.id, f"CP-HW-{place}", number=number, frame="[stop]", **{**told, **changes})


async def begun(desk: Desk, asset: Asset, place: int = 0, **changes: Any) -> int:
    (answer,) = await kept(desk, start(asset, place, **changes))
    assert isinstance(answer, Charged)
    return answer.number


async def rows(database: Database, kind: type[Any]) -> list[Any]:
    async with database.transaction() as session:
        return list((await session.execute(select(kind).order_by(col(kind.id)))).scalars())


@pytest.mark.step("O1", "P15")
async def test_a_start_that_is_repeated_in_the_same_batch_waits_and_gets_the_same_number(
    desk: Desk, stations: list[Asset]
) -> None:
    first, again, metered = await kept(
        desk, start(stations[0]), start(stations[0]), Metered(stations[0].id, "CP-HW-0", number=1, frame="[meter]")
    )
    assert isinstance(first, Charged)
    assert (first.verdict, again, metered) == (TokenVerdict.ACCEPTED, LATER, LATER)
    assert await kept(desk, start(stations[0])) == [first]
    (charge,) = await rows(desk.database, ChargingTransaction)
    assert (charge.number, charge.token, charge.verdict, charge.meter_start_wh) == (
        first.number,
        "CARD-1",
        "accepted",
        1000,
    )
    frames = [(row.action, row.transaction_number) for row in await rows(desk.database, RawFrame)]
    assert frames == [("StartTransaction", first.number)] * 2
    assert [event.kind for event in await rows(desk.database, StationEvent)].count("transaction_started") == 1


@pytest.mark.step("O2", "O8", "O9")
async def test_two_stations_start_and_stop_in_the_same_batches(desk: Desk, stations: list[Asset]) -> None:
    one, two = stations
    first, second = await kept(desk, start(one), start(two, 1, token="LOST-1", meter_start_wh=2000))
    assert isinstance(first, Charged)
    assert isinstance(second, Charged)
    assert (first.verdict, second.verdict) == (TokenVerdict.ACCEPTED, TokenVerdict.BLOCKED)
    sample = (AT, {"value": "1300"})
    answers = await kept(
        desk,
        Metered(one.id, "CP-HW-0", number=first.number, register_wh=1900, frame="[meter]"),
        stop(one, first.number, token="nobody", samples=[sample]),
        stop(two, second.number, 1, meter_stop_wh=1500, reason="PowerLoss"),
    )
    assert answers[1:] == [Charged(first.number, TokenVerdict.INVALID), Charged(second.number, None)]
    assert await kept(desk, stop(one, first.number, meter_stop_wh=9_999)) == [Charged(first.number, None)]
    whole, backwards = await rows(desk.database, ChargingTransaction)
    assert (whole.energy_wh, whole.meter_stop_wh, whole.stop_token, whole.stop_reason) == (300, 1300, "NOBODY", "Local")
    assert (backwards.energy_wh, backwards.irregularities) == (0, [metering.BACKWARDS])
    (reading,) = await rows(desk.database, MeterReading)
    assert (reading.connector, reading.transaction_number, reading.samples) == (1, first.number, [{"value": "1300"}])
    told = [event for event in await rows(desk.database, StationEvent) if event.kind == "transaction_stopped"]
    assert [event.detail["energy_wh"] for event in told] == [300, 0]


@pytest.mark.step("O1", "O2")
async def test_a_stop_in_the_batch_of_its_repeated_start_is_kept_after_it(desk: Desk, stations: list[Asset]) -> None:
    number = await begun(desk, stations[0])
    assert await kept(desk, start(stations[0]), stop(stations[0], number)) == [
        Charged(number, TokenVerdict.ACCEPTED),
        LATER,
    ]
    assert await kept(desk, stop(stations[0], number)) == [Charged(number, None)]
    (charge,) = await rows(desk.database, ChargingTransaction)
    assert charge.energy_wh == 300
    assert [row.action for row in await rows(desk.database, RawFrame)] == [
        "StartTransaction",
        "StartTransaction",
        "StopTransaction",
    ]


@pytest.mark.step("O9")
async def test_a_start_that_does_not_continue_the_connectors_last_stop_is_noted(
    desk: Desk, stations: list[Asset]
) -> None:
    number = await begun(desk, stations[0])
    await kept(desk, stop(stations[0], number))
    await begun(desk, stations[0], meter_start_wh=1300, started_at=AT.replace(hour=11))
    await begun(desk, stations[0], meter_start_wh=1400, started_at=AT.replace(hour=12), irregularities=["odd"])
    await begun(desk, stations[0], meter_start_wh=1400, connector=2)
    await begun(desk, stations[1], 1, meter_start_wh=7)
    charges = await rows(desk.database, ChargingTransaction)
    assert [charge.irregularities for charge in charges] == [[], [], ["odd", metering.GAP], [], []]


@pytest.mark.step("S4")
async def test_a_blocked_card_that_starts_or_stops_a_charge_is_reported(
    desk: Desk, world: World, stations: list[Asset]
) -> None:
    await cards_in_pool(world, "NL-1")
    async with desk.database.transaction() as session:
        await session.execute(sa.update(Card).values(state=CardState.BLOCKED))
        await session.execute(sa.update(IdToken).values(blocked_at=AT))
    number = await begun(desk, stations[0], token="CARD-1")
    await kept(desk, stop(stations[0], number, token=uid_of("NL-1").lower()), start(stations[1], 1, token="LOST-1"))
    async with desk.database.transaction() as session:
        (use,) = await cards.uses(session, AT.date() - timedelta(days=365), 10)
    assert (use.card.number, use.station) == ("NL-1", stations[0].name)


@pytest.mark.step("P15", "O4", "O8")
async def test_what_may_move_a_process_or_must_be_looked_for_is_left_alone(desk: Desk, stations: list[Asset]) -> None:
    number = await begun(desk, stations[0])
    async with desk.database.transaction() as session:
        card = (await session.execute(select(IdToken.token).where(col(IdToken.id) == stations[1].test_token_id))).one()
    facts = [
        start(stations[1], 1, token=card[0]),
        start(stations[1], 1, connector=None),
        start(stations[1], 1, meter_start_wh=None),
        start(stations[1], 1, reservation_number=7),
        stop(stations[1], number, 1),
        stop(stations[1], number + 1, 1),
        stop(stations[1], None, 1),
    ]
    assert [await kept(desk, fact) for fact in facts] == [[ALONE]] * len(facts)
    async with desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=CommissioningStage.ACCEPTED))
    assert await kept(desk, start(stations[0]), stop(stations[1], number, 1)) == [ALONE, ALONE]
    (charge,) = await rows(desk.database, ChargingTransaction)
    assert charge.stopped_at is None
    assert len(await rows(desk.database, RawFrame)) == 1
