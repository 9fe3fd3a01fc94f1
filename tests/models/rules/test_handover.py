from datetime import UTC, datetime

import pytest

from models.rules.handover import FROM_OUTSIDE, NEEDS_A_LOOK, FactState, state_of

THEN = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("stuck_at", [None, THEN])
def test_a_fact_that_was_delivered_stays_so_whatever_was_tried_before(late: bool, stuck_at: datetime | None) -> None:
    assert state_of(delivered_at=THEN, late=late, stuck_at=stuck_at, skipped_at=None) is FactState.DELIVERED


@pytest.mark.parametrize(
    ("late", "stuck_at", "skipped_at", "state"),
    [
        (False, None, None, FactState.WAITING),
        (False, THEN, None, FactState.STUCK),
        (False, THEN, THEN, FactState.SKIPPED),
        (True, THEN, THEN, FactState.LATE),
    ],
)
def test_a_fact_that_was_not_delivered_waits_is_stuck_was_skipped_or_came_too_late(
    late: bool, stuck_at: datetime | None, skipped_at: datetime | None, state: FactState
) -> None:
    assert state_of(delivered_at=None, late=late, stuck_at=stuck_at, skipped_at=skipped_at) is state


def test_only_what_outsiders_tell_asks_for_a_look_when_it_comes_too_late() -> None:
    assert NEEDS_A_LOOK < FROM_OUTSIDE
