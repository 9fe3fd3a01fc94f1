"""What the grid operator may tell, in any order: an attempt never goes back (P7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.grid import ENDS, ROAD, AttemptState, GridEvent, furthest

pytestmark = pytest.mark.step("P7")
calls = st.lists(st.sampled_from(GridEvent), max_size=12)
states = st.sampled_from(AttemptState)


def after(events: list[GridEvent], state: AttemptState = AttemptState.REQUESTED) -> AttemptState:
    for event in events:
        state = furthest(state, event)
    return state


@given(states, calls)
def test_an_attempt_never_moves_back_in_whatever_order_it_is_told(state: AttemptState, events: list[GridEvent]) -> None:
    for event in events:
        before, state = state, furthest(state, event)
        assert state in ENDS or ROAD.index(state) >= ROAD.index(before)


@given(states, st.sampled_from(GridEvent))
def test_a_call_that_comes_twice_counts_once(state: AttemptState, event: GridEvent) -> None:
    once = furthest(state, event)
    assert furthest(once, event) == once


@given(st.permutations([event for event in GridEvent if event.value not in {end.value for end in ENDS}]))
def test_the_same_calls_in_any_order_lead_to_the_same_state(events: list[GridEvent]) -> None:
    assert after(events) is AttemptState.INSTALLATION_SCHEDULED


@given(st.sampled_from(sorted(ENDS)), calls)
def test_a_rejected_or_cancelled_attempt_stays_so(end: AttemptState, events: list[GridEvent]) -> None:
    assert after(events, end) is end


@given(states)
def test_connected_moves_nothing(state: AttemptState) -> None:
    assert furthest(state, GridEvent.CONNECTED) is state
