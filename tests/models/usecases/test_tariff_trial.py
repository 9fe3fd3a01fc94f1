"""A tariff is tried on what a station's sessions were: read off their meters, beside what they cost then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.errors import InvalidInput
from models.messages.tariff import NewAssignment, NewTariff, Trial
from models.rules.session_usage import Doing, Mark
from models.rules.tariff_choice import Asked
from models.store import tariffs
from models.usecases import tariff as usecase
from models.usecases import tariff_trial
from models.usecases.tariff import Held
from models.usecases.work import Desk
from tests import pricing
from tests.charging import a_street
from tests.past_sessions import past_session
from tests.people import World
from tests.pricing import component, element
from tests.road import NOBODY, Road

pytestmark = pytest.mark.step("C10")

SINCE = datetime(2026, 11, 1, 9, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=20)


async def made(world: World, code: str, *elements: Any, assigned: bool = False) -> Held:
    new = NewTariff(code=code, name=code, tariff=pricing.tariff(*elements), valid_from=SINCE)
    async with world.desk.work(world.finance.actor, "test") as work:
        tariff = await usecase.create(work, new)
        if assigned:
            await usecase.assign(work, tariff, NewAssignment(valid_from=SINCE))
        return await usecase.version_of(work, await tariffs.named(work.session, tariff.id), 1)


async def tried(road: Road, held: Held, **more: Any) -> list[tuple[int, str, str | None]]:
    trial = Trial(**{"station": road.asset.name, "since": SINCE, "until": UNTIL, **more})
    async with road.desk.work(NOBODY, "test") as work:
        found = await tariff_trial.tried(work, held, trial)
    return [
        (each.transaction.number, str(each.price.gross), None if each.then is None else str(each.then.gross))
        for each in found
    ]


@pytest.mark.walked("to_checked")
async def test_past_sessions_cost_by_a_new_tariff_what_their_meters_say(road: Road, world: World) -> None:
    database = road.desk.database
    # An hour of charging, then half an hour parked; and one that charged to its end.
    first = await past_session(database, road.asset.id, SINCE, (30, 6000), (60, 10_000), (90, 10_000))
    second = await past_session(database, road.asset.id, SINCE + timedelta(days=1), (60, 5000))
    old = await made(world, "TRF-OLD", element(component("ENERGY", "0.50")), assigned=True)
    new = await made(world, "TRF-NEW", element(component("ENERGY", "0.30"), component("PARKING_TIME", "6")))

    assert await tried(road, new) == [(first, "6.00", "5.00"), (second, "1.50", "2.50")]
    assert await tried(road, old, limit=1) == [(first, "5.00", "5.00")]


@pytest.mark.walked("to_checked")
async def test_what_lies_without_the_period_and_test_charges_are_left_out(road: Road, world: World) -> None:
    database, day = road.desk.database, timedelta(days=1)
    for at in (SINCE - day, UNTIL):
        await past_session(database, road.asset.id, at, (60, 5000))
    await past_session(database, road.asset.id, SINCE + day, (60, 5000), is_test=True)
    held = await made(world, "TRF-NEW", element(component("ENERGY", "0.30")))

    assert await tried(road, held) == []


@pytest.mark.walked("to_checked")
async def test_where_no_tariff_held_then_nothing_is_said_of_it(road: Road, world: World) -> None:
    number = await past_session(road.desk.database, road.asset.id, SINCE, (60, 5000))

    assert await tried(road, await made(world, "TRF-NEW", element(component("ENERGY", "1")))) == [
        (number, "5.00", None)
    ]


@pytest.mark.walked("to_checked")
async def test_a_station_that_there_is_not_has_no_sessions(road: Road, world: World) -> None:
    held = await made(world, "TRF-NEW", element(component("ENERGY", "1")))
    with pytest.raises(InvalidInput) as refused:
        await tried(road, held, station="NL-STM-999999")
    assert refused.value.field == "/station"


@pytest.mark.step("B1", "C6")
async def test_a_session_is_tried_as_it_was_billed(world: World, desk: Desk) -> None:
    street = await a_street(world, desk)
    await street.driver()
    number, _ = await street.start()
    await street.meter(number, 40, 11_000)
    await street.meter(number, 50, 11_000)
    await street.told(Mark(street.later(50), Doing.FULL))
    await street.stop(number, 90)
    await street.settle(await street.session())
    (billed,) = await street.records((await street.session()).id)
    async with desk.work(NOBODY, "test") as work:
        held = await usecase.held(work, Asked(street.at, asset_id=street.asset.id))
        assert held is not None
        trial = Trial(station=street.asset.name, since=street.at, until=street.later(1))
        (found,) = await tariff_trial.tried(work, held, trial)
    # 10 kWh, and 40 minutes from when the car was full, not from its last energy on.
    assert (str(billed.gross), found.price.gross, found.then and found.then.gross) == (
        "9.0000",
        billed.gross,
        billed.gross,
    )
