"""What becomes of a reservation: a start that names it, a refused start, its time."""

import dataclasses
from datetime import timedelta

import pytest

from csms.events import Topic
from models.messages.telemetry import Transacted
from models.rules.reservation import ReservationState
from models.rules.sequence import Phase, Told
from models.store import reservations
from models.usecases import reservation, sequence, station
from tests.models.usecases.test_command import do
from tests.models.usecases.test_reserving import answer, reserve, state
from tests.models.usecases.test_station import events
from tests.road import NOBODY, Road

S = ReservationState


@pytest.mark.walked("to_checked")
@pytest.mark.step("O11")
async def test_a_refused_start_does_not_use_up_the_reservation_that_it_names_and_an_accepted_one_does(
    road: Road,
) -> None:
    kept = await reserve(road)
    await answer(road, "accepted")
    _, refused = await road.transaction("NOBODYS", reservation_number=kept.number)
    assert refused != "accepted"
    assert await state(road, kept) is S.ACCEPTED
    await road.start_charge()
    card = await road.test_card()
    number, verdict = await road.transaction(card, reservation_number=kept.number)
    assert verdict == "accepted"
    assert await state(road, kept) is S.USED
    async with road.desk.database.transaction() as session:
        used = await reservations.find(session, road.asset.id, kept.number)
    assert used is not None
    assert used.transaction_number == number
    assert (await road.transaction(card, reservation_number=kept.number))[0] == number
    assert (await events(road)).count("reservation_used") == 1


@pytest.mark.walked("to_checked")
async def test_a_start_that_names_no_reservation_of_this_station_uses_up_none(road: Road) -> None:
    kept = await reserve(road)
    await answer(road, "accepted")
    await road.start_charge()
    await road.transaction(await road.test_card(), reservation_number=kept.number + 1)
    assert await state(road, kept) is S.ACCEPTED


@pytest.mark.walked("to_checked")
async def test_a_reservation_expires_with_its_time_and_no_sooner(road: Road) -> None:
    kept = await reserve(road)
    await answer(road, "accepted")
    assert await do(road, reservation.expire_what_is_over) == 0
    later = dataclasses.replace(road.desk, clock=lambda: kept.until + timedelta(seconds=1))
    async with later.work(NOBODY, "test") as work:
        assert await reservation.expire_what_is_over(work) == 1
    assert await state(road, kept) is S.EXPIRED
    assert (await events(road))[-1] == "reservation_expired"


@pytest.mark.walked("to_checked")
@pytest.mark.parametrize(("word", "expected"), [("Removed", S.REMOVED), ("Expired", S.EXPIRED), ("Odd", S.ACCEPTED)])
async def test_a_station_may_tell_by_itself_what_became_of_it(
    road: Road, word: str, expected: ReservationState
) -> None:
    kept = await reserve(road)
    await answer(road, "accepted")
    now = road.desk.clock()
    await do(road, lambda work: station.told(work, road.asset.id, Topic.RESERVATION, word, now, kept.number, None))
    assert await state(road, kept) is expected


@pytest.mark.walked("to_checked")
@pytest.mark.parametrize(("card", "expected"), [("NOBODYS", S.ACCEPTED), (None, S.USED)])
async def test_numbered_events_use_it_up_where_their_token_is_accepted(
    road: Road, card: str | None, expected: ReservationState
) -> None:
    kept = await reserve(road)
    await answer(road, "accepted")
    await road.start_charge()
    token = card or await road.test_card()
    begun = Told(phase=Phase.STARTED, number=0, at=road.desk.clock(), evse=1, plug=1, reservation=kept.number)
    for _ in range(2):
        await do(
            road,
            lambda work: sequence.tell(
                work,
                Transacted(
                    road.asset.id,
                    "",
                    theirs="T-1",
                    told=begun,
                    token=token,
                    token_kind="ISO14443",
                    samples=[],
                    frame="[]",
                ),
            ),
        )
    assert await state(road, kept) is expected
