"""A station's clock that was never set: what it tells is put right where it was told at once (O15)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.session_clock import AT_ONCE, BELIEVED_AHEAD, BELIEVED_BEHIND, Clock, is_believed

pytestmark = pytest.mark.step("O15", "C2")
HEARD = datetime(2026, 11, 30, 10, tzinfo=UTC)
MINUTE, MOMENT = timedelta(minutes=1), timedelta(microseconds=1)
WRONG = st.one_of(
    st.timedeltas(BELIEVED_AHEAD + MOMENT, timedelta(days=30_000)),
    st.timedeltas(timedelta(days=-20_000), -BELIEVED_BEHIND - MOMENT),
)
LASTED = st.timedeltas(timedelta(), timedelta(days=2) - BELIEVED_AHEAD)


def test_a_clock_is_believed_a_quarter_behind_and_a_day_ahead() -> None:
    for ahead, believed in (
        (timedelta(), True),
        (BELIEVED_AHEAD, True),
        (BELIEVED_AHEAD + MOMENT, False),
        (-BELIEVED_BEHIND, True),
        (-BELIEVED_BEHIND - MOMENT, False),
    ):
        assert is_believed(HEARD + ahead, HEARD) is believed, ahead


@given(wrong=WRONG, lasted=LASTED)
def test_what_is_told_at_once_is_put_right_to_when_it_was_heard(wrong: timedelta, lasted: timedelta) -> None:
    clock = Clock(HEARD + wrong, HEARD, HEARD)
    assert clock.right(HEARD + wrong) == HEARD
    if 2 * lasted < abs(wrong):
        assert clock.right(HEARD + wrong + lasted) == HEARD + lasted
    assert clock.was_told_at_once(HEARD + wrong + lasted, HEARD + lasted) is (lasted > 2 * AT_ONCE)


@given(wrong=WRONG, lasted=LASTED)
def test_what_waited_in_a_queue_was_not_told_at_once(wrong: timedelta, lasted: timedelta) -> None:
    clock = Clock(HEARD + wrong, HEARD, HEARD)
    assert not clock.was_told_at_once(HEARD + wrong + lasted, HEARD + timedelta(seconds=2))


def test_what_a_clock_says_that_was_set_meanwhile_is_as_it_is_told_and_tells_nothing_of_the_start() -> None:
    clock = Clock(datetime(1970, 1, 1, tzinfo=UTC), HEARD, HEARD)
    stopped_at = HEARD + 30 * MINUTE
    assert clock.right(stopped_at) == stopped_at
    assert not clock.was_told_at_once(stopped_at, stopped_at)


def test_a_start_that_a_person_says_moves_all_that_was_told_by_the_wrong_clock() -> None:
    told_at, began_at = datetime(2000, 1, 1, tzinfo=UTC), HEARD - timedelta(days=10)
    assert Clock(told_at, began_at, HEARD).right(told_at + 30 * MINUTE) == began_at + 30 * MINUTE
