"""The placement's table: grid events carry it forward only; every decision that is offered is in it (P3-P8, P17)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import StageDoesNotAllow
from models.messages.base import Decision
from models.rules.grid import GridEvent
from models.rules.placement import PLACEMENT, PlacementEvent, PlacementStage, grid_event
from workflows.placement import PlacementWorkflow

S, E = PlacementStage, PlacementEvent
GRID_ROAD = [S.GRID_REQUESTED, S.GRID_APPROVED, S.PREPARATION_SCHEDULED, S.PENDING_GRID_INSTALLATION, S.IN_INSTALLATION]
forward = [event for event in GridEvent if event not in {GridEvent.REJECTED, GridEvent.CANCELLED}]


def told(events: list[GridEvent], stage: PlacementStage = S.GRID_REQUESTED) -> PlacementStage:
    """Where the calls lead that the table allows; the others ask somebody to look."""
    for event in events:
        if PLACEMENT.allows(stage, grid_event(event)):
            stage = PLACEMENT.next(stage, grid_event(event))
    return stage


@pytest.mark.step("P7")
@given(st.lists(st.sampled_from(forward), max_size=12))
def test_grid_events_never_move_a_placement_back(events: list[GridEvent]) -> None:
    stage = S.GRID_REQUESTED
    for event in events:
        before, stage = stage, told([event], stage)
        assert GRID_ROAD.index(stage) >= GRID_ROAD.index(before)


@pytest.mark.step("P7", "P8")
@given(st.lists(st.sampled_from(forward), max_size=8), st.integers(0, 8))
def test_once_the_installation_is_scheduled_the_placement_is_in_installation(events: list[GridEvent], at: int) -> None:
    told_in_some_order = [*events[:at], GridEvent.INSTALLATION_SCHEDULED, *events[at:]]
    assert told(told_in_some_order) is S.IN_INSTALLATION


@pytest.mark.step("P7")
@given(st.sampled_from(PlacementStage), st.sampled_from(GridEvent))
def test_the_same_call_twice_moves_a_placement_once(stage: PlacementStage, event: GridEvent) -> None:
    assert told([event, event], stage) is told([event], stage)


@pytest.mark.step("P7")
def test_connection_scheduled_makes_it_pending_grid_installation() -> None:
    assert told([GridEvent.CONNECTION_SCHEDULED]) is S.PENDING_GRID_INSTALLATION


@pytest.mark.step("P7")
@pytest.mark.parametrize("stage", [S.IN_INSTALLATION, S.SAT_REVIEW, S.ACCEPTED])
def test_a_rejection_after_the_work_has_begun_is_not_in_the_table(stage: PlacementStage) -> None:
    for event in (E.GRID_REJECTED, E.GRID_CANCELLED):
        assert not PLACEMENT.allows(stage, event)


@pytest.mark.step("P6")
@pytest.mark.parametrize("event", [GridEvent.REJECTED, GridEvent.CANCELLED])
@pytest.mark.parametrize("stage", GRID_ROAD[:-1])
def test_a_location_can_be_rejected_until_the_work_has_begun(stage: PlacementStage, event: GridEvent) -> None:
    assert told([event], stage) is S.LOCATION_REJECTED


@pytest.mark.step("P3")
@given(st.sampled_from(PlacementStage), st.sampled_from(PlacementEvent))
def test_what_the_table_does_not_have_is_refused_with_what_is_possible(
    stage: PlacementStage, event: PlacementEvent
) -> None:
    if PLACEMENT.allows(stage, event):
        assert PLACEMENT.next(stage, event) in set(PlacementStage)
        return
    with pytest.raises(StageDoesNotAllow, match="possible now"):
        PLACEMENT.next(stage, event)


def test_every_decision_that_the_process_takes_is_one_that_the_table_offers() -> None:
    offered = {event.name.value for event in PLACEMENT.events if event.kind == "decision"}
    assert set(PlacementWorkflow.decisions) == offered
    assert all(issubclass(kind, Decision) for kind in PlacementWorkflow.decisions.values())


def test_every_call_of_the_grid_operator_has_an_event() -> None:
    assert {grid_event(event) for event in GridEvent} <= {event.name for event in PLACEMENT.events}


def test_every_stage_that_is_no_end_says_who_is_waited_for() -> None:
    assert all(bool(state.waits_for) is not state.terminal for state in PLACEMENT.states)


@pytest.mark.step("P4", "P19")
def test_a_placement_ends_rejected_or_operating() -> None:
    ends = {S.REJECTED, S.OPERATING, S.WITHDRAWN, S.CANCELLED}
    assert {state.name for state in PLACEMENT.states if state.terminal} == ends
