"""An endpoint that does not take its notices is given time, ever more between two tries, and three days in all (N)."""

from datetime import UTC, datetime, timedelta

import pytest

from models.rules.delivery import (
    DOWN_AFTER_FAILURES,
    LONGEST_WAIT_S,
    PAUSED_AFTER,
    EndpointState,
    is_given_time,
    state_of,
    wait_s,
)

pytestmark = pytest.mark.step("N")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_wait_doubles_up_to_an_hour_and_never_overflows() -> None:
    assert [wait_s(failures, None) for failures in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert {wait_s(failures, None) for failures in (12, 13, 100, 100_000)} == {LONGEST_WAIT_S}


def test_an_endpoint_that_asks_for_more_time_gets_it_up_to_a_day() -> None:
    assert wait_s(1, 60) == 60
    assert wait_s(6, 1) == 64
    assert wait_s(1, 10**9) == timedelta(days=1).total_seconds()


def test_three_days_hold_more_than_eighty_tries() -> None:
    passed, tries = 0.0, 0
    while passed < PAUSED_AFTER.total_seconds():
        tries += 1
        passed += wait_s(tries, None)
    assert tries > 80


def test_an_endpoint_is_given_three_days() -> None:
    assert is_given_time(NOON - PAUSED_AFTER + timedelta(seconds=1), NOON)
    assert not is_given_time(NOON - PAUSED_AFTER, NOON)


@pytest.mark.parametrize(
    ("disabled", "paused", "failures", "state"),
    [
        (False, False, 0, EndpointState.OK),
        (False, False, 1, EndpointState.FAILING),
        (False, False, DOWN_AFTER_FAILURES, EndpointState.DOWN),
        (False, True, DOWN_AFTER_FAILURES, EndpointState.PAUSED),
        (True, True, 1, EndpointState.DISABLED),
    ],
)
def test_what_a_person_said_counts_before_what_was_found(
    disabled: bool, paused: bool, failures: int, state: EndpointState
) -> None:
    assert state_of(disabled=disabled, paused=paused, failures=failures) is state
