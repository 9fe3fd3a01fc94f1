"""Every way back: from every stage before acceptance, and to an end whatever is told meanwhile (P20)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.commissioning import COMMISSIONING, CommissioningEvent, CommissioningStage
from models.rules.grid import ENDS, AttemptState, GridEvent, furthest
from models.rules.placement import PLACEMENT, PlacementEvent, PlacementStage, grid_event
from models.rules.undoing import AT_GRID_OPERATOR, Undo, of_attempt, waits_for
from models.rules.work_order import WORK_ORDER, WorkOrderEvent, WorkOrderStage

pytestmark = pytest.mark.step("P20")
S, E = PlacementStage, PlacementEvent
TOO_LATE = {S.ACCEPTED, S.OPERATING, S.REJECTED, S.UNDOING, S.WITHDRAWN, S.CANCELLED}


@pytest.mark.parametrize("stage", PlacementStage)
@pytest.mark.parametrize("event", [E.WITHDRAW, E.CANCEL])
def test_a_placement_can_be_called_off_at_every_stage_before_acceptance_and_at_no_other(
    stage: PlacementStage, event: PlacementEvent
) -> None:
    assert PLACEMENT.allows(stage, event) is (stage not in TOO_LATE)
    if stage not in TOO_LATE:
        assert PLACEMENT.next(stage, event) is S.UNDOING


@given(st.lists(st.sampled_from(PlacementEvent), max_size=10))
def test_what_is_being_undone_goes_nowhere_but_to_its_end(events: list[PlacementEvent]) -> None:
    stage = S.UNDOING
    for event in events:
        if PLACEMENT.allows(stage, event):
            stage = PLACEMENT.next(stage, event)
    assert stage in {S.UNDOING, S.WITHDRAWN, S.CANCELLED}


@given(st.sampled_from(GridEvent))
def test_every_call_of_the_grid_operator_is_heard_while_the_placement_is_undone(event: GridEvent) -> None:
    assert PLACEMENT.next(S.UNDOING, grid_event(event)) is S.UNDOING


@pytest.mark.parametrize("stage", WorkOrderStage)
def test_a_work_order_is_cancelled_until_it_is_accepted(stage: WorkOrderStage) -> None:
    late = {WorkOrderStage.ACCEPTED, WorkOrderStage.CLOSED, WorkOrderStage.CANCELLED}
    assert WORK_ORDER.allows(stage, WorkOrderEvent.CANCELLED) is (stage not in late)
    assert not WORK_ORDER.allowed(WorkOrderStage.CANCELLED)


@pytest.mark.parametrize("stage", CommissioningStage)
def test_a_station_is_cancelled_until_it_is_accepted_even_while_it_charges(stage: CommissioningStage) -> None:
    late = {CommissioningStage.ACCEPTED, CommissioningStage.ACTIVE, CommissioningStage.CANCELLED}
    assert COMMISSIONING.allows(stage, CommissioningEvent.CANCELLED) is (stage not in late)
    assert not COMMISSIONING.allowed(CommissioningStage.CANCELLED)


@given(st.sampled_from(AttemptState), st.booleans(), st.booleans(), st.booleans())
def test_nothing_is_left_behind_at_the_grid_operator(
    state: AttemptState,
    asked: bool,
    taken: bool,
    refused: bool,
) -> None:
    left = of_attempt(state, asked=asked, taken=taken, refused=refused)
    if state in ENDS or refused or not (asked or taken):
        assert left is None
    else:
        assert left is (Undo.CANCEL_CONNECTION_REQUEST if taken else Undo.FIND_CONNECTION_REQUEST)


@given(st.sampled_from(AttemptState), st.sampled_from([GridEvent.REJECTED, GridEvent.CANCELLED]))
def test_a_grid_operator_that_ends_the_request_itself_need_not_be_asked_to(
    state: AttemptState, event: GridEvent
) -> None:
    assert of_attempt(furthest(state, event), asked=True, taken=True, refused=False) is None


def test_of_everything_it_is_said_who_is_waited_for() -> None:
    assert {waits_for(what) for what in AT_GRID_OPERATOR} == {"grid operator"}
    assert waits_for(Undo.RETURN_HARDWARE) == "warehouse"
    assert {waits_for(what) for what in Undo} == {"grid operator", "warehouse", "stationmaster"}
