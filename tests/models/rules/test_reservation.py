"""A reservation's table, and what its commands say of it."""

import pytest

from models.rules.command import COMMAND, CommandState
from models.rules.reservation import OPEN, RESERVATION, ReservationEvent, ReservationState, event_of

S, E = ReservationState, ReservationEvent


@pytest.mark.parametrize("state", sorted(OPEN))
@pytest.mark.parametrize("event", [E.USED, E.EXPIRED, E.CANCELLED, E.REMOVED])
def test_one_that_is_kept_or_may_be_ends_by_a_start_by_time_or_by_hand(
    state: ReservationState, event: ReservationEvent
) -> None:
    assert RESERVATION.is_terminal(RESERVATION.next(state, event))


def test_one_whose_answer_was_lost_may_be_kept_by_the_station_so_it_stays_open() -> None:
    assert event_of("reserve_now", CommandState.TIMED_OUT) is None


def test_every_other_end_of_its_command_decides_over_it() -> None:
    ends = {state for state in CommandState if COMMAND.is_terminal(state)} - {CommandState.TIMED_OUT}
    assert all(RESERVATION.allows(S.ASKED, event_of("reserve_now", state) or E.EXPIRED) for state in ends)
    assert None not in {event_of("reserve_now", state) for state in ends}


def test_a_station_that_does_not_know_what_it_is_to_cancel_no_longer_has_it() -> None:
    assert event_of("cancel_reservation", CommandState.REJECTED) is E.REMOVED


def test_a_command_about_something_else_says_nothing() -> None:
    assert {event_of("reset", state) for state in CommandState} == {None}
