"""Locations are tried in a loop: calls of every attempt, in any order, between proposals (P6, P7)."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.grid import ENDS, AttemptState, GridEvent, furthest
from models.rules.placement import PLACEMENT, PlacementEvent, PlacementStage, grid_event

pytestmark = pytest.mark.step("P6", "P7")
S = PlacementStage
BEFORE_WORK = (S.GRID_REQUESTED, S.GRID_APPROVED, S.PREPARATION_SCHEDULED, S.PENDING_GRID_INSTALLATION)

calls = st.tuples(st.integers(0, 5), st.sampled_from(GridEvent))
"""A call about one of the attempts, counted from the present one back."""
moves = st.lists(st.one_of(calls, calls, st.just("propose")), max_size=30)


@dataclass
class Loop:
    """What the use cases make of the real table, without rows."""

    stage: PlacementStage = S.GRID_REQUESTED
    attempts: list[AttemptState] = field(default_factory=lambda: [AttemptState.REQUESTED])

    def take(self, move: tuple[int, GridEvent] | str) -> None:
        if isinstance(move, tuple):
            self.call(*move)
        elif PLACEMENT.allows(self.stage, PlacementEvent.PROPOSE_LOCATION):
            self.stage = PLACEMENT.next(self.stage, PlacementEvent.PROPOSE_LOCATION)
            self.attempts.append(AttemptState.REQUESTED)

    def call(self, back: int, event: GridEvent) -> None:
        place = max(len(self.attempts) - 1 - back, 0)
        self.attempts[place] = furthest(self.attempts[place], event)
        if place == len(self.attempts) - 1 and PLACEMENT.allows(self.stage, grid_event(event)):
            self.stage = PLACEMENT.next(self.stage, grid_event(event))


def played(taken: list[tuple[int, GridEvent] | str]) -> Loop:
    loop = Loop()
    for move in taken:
        loop.take(move)
    return loop


@given(moves)
def test_another_location_follows_only_where_every_one_before_has_ended(
    taken: list[tuple[int, GridEvent] | str],
) -> None:
    loop = played(taken)
    assert all(state in ENDS for state in loop.attempts[:-1])


@given(moves)
def test_stage_and_present_attempt_tell_the_same(taken: list[tuple[int, GridEvent] | str]) -> None:
    loop = played(taken)
    present = loop.attempts[-1]
    if loop.stage is S.LOCATION_REJECTED:
        assert present in ENDS
    elif loop.stage in BEFORE_WORK:
        assert present not in ENDS
        assert present is not AttemptState.INSTALLATION_SCHEDULED
    else:
        assert loop.stage is S.IN_INSTALLATION
        assert present in {AttemptState.INSTALLATION_SCHEDULED, *ENDS}


@given(moves, st.integers(1, 5), st.sampled_from(GridEvent))
def test_a_late_call_of_an_earlier_attempt_moves_nothing_that_is_present(
    taken: list[tuple[int, GridEvent] | str], back: int, event: GridEvent
) -> None:
    loop = played(taken)
    if len(loop.attempts) == 1:
        return
    before = (loop.stage, loop.attempts[-1])
    loop.call(back, event)
    assert (loop.stage, loop.attempts[-1]) == before


@given(moves, st.permutations(list(GridEvent)[2:6]))
def test_from_wherever_it_is_the_present_attempt_can_still_be_connected_or_replaced(
    taken: list[tuple[int, GridEvent] | str], order: list[GridEvent]
) -> None:
    loop = played(taken)
    loop.take("propose")
    for event in order:
        loop.call(0, event)
    assert loop.stage is S.IN_INSTALLATION
