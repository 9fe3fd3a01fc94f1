"""A connector is reserved by a command to the station, and given free by another."""

from datetime import timedelta
from typing import Any

import pytest

from models.errors import InvalidInput, NotFound, StageDoesNotAllow
from models.messages.command import NewReservation
from models.messages.station import CommandOutcome
from models.rules.reservation import ReservationState
from models.store import commands, reservations
from models.store.commands import CommandFilter
from models.tables.command import Reservation
from models.usecases import command, reserving
from tests.models.usecases.test_command import do
from tests.road import Road

S = ReservationState


async def reserve(road: Road, **changed: Any) -> Reservation:
    said = {"token": "04E91C5A7A2C", "until": road.desk.clock() + timedelta(hours=1), "valid_s": 300, **changed}
    new = NewReservation.model_validate(said)
    return await road.do(road.world.operations, lambda work: reserving.reserve(work, road.asset.id, new))


async def give_free(road: Road, number: int) -> Reservation:
    return await road.do(road.world.operations, lambda work: reserving.give_free(work, road.asset.id, number, 300))


async def state(road: Road, reservation: Reservation) -> ReservationState:
    async with road.desk.database.transaction() as session:
        found = await reservations.find(session, road.asset.id, reservation.number)
    assert found is not None
    return found.state


async def answer(road: Road, outcome: str) -> None:
    """The station's newest command is sent and answered."""
    async with road.desk.database.transaction() as session:
        (newest,) = await commands.page(session, road.asset.id, CommandFilter(), after=None, limit=1)
    await do(road, lambda work: command.dispatch(work, newest.id))
    said = CommandOutcome.model_validate({"outcome": outcome})
    await do(road, lambda work: command.note_outcome(work, newest.id, said))


@pytest.mark.walked("to_checked")
@pytest.mark.parametrize(("outcome", "expected"), [("accepted", S.ACCEPTED), ("occupied", S.REFUSED)])
async def test_the_station_decides_over_a_reservation(road: Road, outcome: str, expected: ReservationState) -> None:
    first, second = await reserve(road, connector=1), await reserve(road)
    assert second.number > first.number > 0
    await answer(road, outcome)
    assert [await state(road, each) for each in (first, second)] == [S.ASKED, expected]


@pytest.mark.walked("to_checked")
@pytest.mark.parametrize(("outcome", "expected"), [("accepted", S.CANCELLED), ("rejected", S.REMOVED)])
async def test_one_that_is_kept_is_given_free_when_the_station_agrees(
    road: Road, outcome: str, expected: ReservationState
) -> None:
    kept = await reserve(road)
    await answer(road, "accepted")
    assert (await give_free(road, kept.number)).state is S.ACCEPTED
    await answer(road, outcome)
    assert await state(road, kept) is expected
    with pytest.raises(StageDoesNotAllow):
        await give_free(road, kept.number)


@pytest.mark.walked("to_test")
async def test_one_that_the_station_was_not_asked_for_yet_is_cancelled_at_once(road: Road) -> None:
    kept = await reserve(road)
    assert (await give_free(road, kept.number)).state is S.CANCELLED


@pytest.mark.walked("to_checked")
@pytest.mark.step("H2")
async def test_a_reservation_for_yesterday_or_for_no_connector_is_refused_by_its_field(road: Road) -> None:
    with pytest.raises(InvalidInput) as past:
        await reserve(road, until=road.desk.clock() - timedelta(days=1))
    assert past.value.field == "/until"
    with pytest.raises(InvalidInput) as nowhere:
        await reserve(road, connector=9)
    assert nowhere.value.field == "/connector"
    with pytest.raises(NotFound):
        await give_free(road, 4711)
