"""The work order's table: planning, lines, hardware, acceptance (P9-P12, P16-P19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.work_order import FILLING_IN, WORK_ORDER, WorkOrderEvent, WorkOrderStage
from workflows.installation import InstallationWorkflow

S, E = WorkOrderStage, WorkOrderEvent
SITE = (E.LINK_HARDWARE, E.UNLINK_HARDWARE, E.START_CONNECTION_TEST, E.CHANGE_LINES)


def walk(events: list[WorkOrderEvent]) -> WorkOrderStage:
    stage = WORK_ORDER.initial
    for event in events:
        if WORK_ORDER.allows(stage, event):
            stage = WORK_ORDER.next(stage, event)
    return stage


@pytest.mark.step("P17")
@given(st.lists(st.sampled_from(WorkOrderEvent), max_size=20))
def test_nothing_is_accepted_that_was_not_sent_in_and_approved(events: list[WorkOrderEvent]) -> None:
    if walk(events) in {S.ACCEPTED, S.CLOSED}:
        assert E.APPROVE_SAT in events[events.index(E.SUBMIT_SAT) :]


@pytest.mark.step("P12", "P9")
@pytest.mark.parametrize("stage", [S.SAT_REVIEW, S.ACCEPTED, S.CLOSED])
@pytest.mark.parametrize("event", SITE)
def test_nothing_changes_on_site_once_the_test_is_with_operations(stage: WorkOrderStage, event: WorkOrderEvent) -> None:
    assert not WORK_ORDER.allows(stage, event)
    assert stage not in FILLING_IN


@pytest.mark.step("P12")
def test_a_link_can_be_undone_until_acceptance() -> None:
    assert walk([E.LINK_HARDWARE, E.UNLINK_HARDWARE]) is S.IN_PROGRESS
    assert walk([E.LINK_HARDWARE, E.SUBMIT_SAT, E.RETURN_SAT, E.UNLINK_HARDWARE]) is S.IN_PROGRESS


@pytest.mark.step("P10")
def test_a_date_can_be_set_and_set_anew_until_work_begins() -> None:
    assert walk([E.PLAN, E.PLAN]) is S.PLANNED
    assert not WORK_ORDER.allows(S.IN_PROGRESS, E.PLAN)


@pytest.mark.step("P17")
def test_a_returned_test_can_be_sent_in_again_as_often_as_it_takes() -> None:
    rounds = [E.SUBMIT_SAT, E.RETURN_SAT] * 5
    assert walk([E.LINK_HARDWARE, *rounds]) is S.IN_PROGRESS
    assert walk([E.LINK_HARDWARE, *rounds, E.SUBMIT_SAT, E.APPROVE_SAT]) is S.ACCEPTED


def test_every_decision_that_the_process_takes_is_one_that_the_table_offers() -> None:
    offered = {event.name.value for event in WORK_ORDER.events if event.kind == "decision"}
    # Lines are changed by plain transactions: they are configuration, and the process need not hear of them.
    assert set(InstallationWorkflow.decisions) == offered - {E.CHANGE_LINES.value}
