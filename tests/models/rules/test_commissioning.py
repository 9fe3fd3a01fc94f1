"""The station's table: no way round test, test charge and acceptance to its first ordinary card (P13-P15, P19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.commissioning import COMMISSIONING, STAGE_TOLD_BY, CommissioningEvent, CommissioningStage
from workflows.commissioning import CommissioningWorkflow

S, E = CommissioningStage, CommissioningEvent
ROAD = (
    E.STATION_BOOTED,
    E.CONFIGURATION_APPLIED,
    E.SELF_CHECK_PASSED,
    E.START_TEST_CHARGE,
    E.TEST_CHARGE_DONE,
    E.SAT_APPROVED,
    E.ACTIVATE,
)


def walk(events: list[CommissioningEvent]) -> tuple[CommissioningStage, list[CommissioningEvent]]:
    """Where the events lead, and which of them counted."""
    stage, counted = COMMISSIONING.initial, []
    for event in events:
        if COMMISSIONING.allows(stage, event):
            stage = COMMISSIONING.next(stage, event)
            counted.append(event)
    return stage, counted


@pytest.mark.step("P19")
@given(st.lists(st.sampled_from(CommissioningEvent), max_size=40))
def test_a_station_is_active_only_after_every_step_of_its_last_test(events: list[CommissioningEvent]) -> None:
    stage, counted = walk(events)
    if stage is S.ACTIVE:
        last = [max(place for place, event in enumerate(counted) if event is wanted) for wanted in ROAD]
        assert last == sorted(last)
        undone = [place for place, event in enumerate(counted) if event in {E.TEST_FAILED, E.HARDWARE_UNLINKED}]
        assert all(place < last[0] for place in undone)


@pytest.mark.step("P14")
@pytest.mark.parametrize("stage", [S.REGISTERED, S.CONNECTED, S.BOOTED, S.CONFIGURED])
def test_a_test_can_fail_at_every_step_and_be_started_again(stage: CommissioningStage) -> None:
    failed = COMMISSIONING.next(stage, E.TEST_FAILED)
    assert COMMISSIONING.next(failed, E.START_CONNECTION_TEST) is S.REGISTERED


@pytest.mark.step("P12")
@pytest.mark.parametrize("stage", [S.TEST_CHARGING, S.ACCEPTED, S.ACTIVE, S.AWAITING_HARDWARE])
def test_hardware_is_not_taken_from_a_station_that_charges_or_is_accepted(stage: CommissioningStage) -> None:
    assert not COMMISSIONING.allows(stage, E.HARDWARE_UNLINKED)


@pytest.mark.step("P14")
def test_a_boot_counts_without_a_connection_that_was_seen_and_a_connection_counts_again() -> None:
    assert COMMISSIONING.next(S.REGISTERED, E.STATION_BOOTED) is S.BOOTED
    assert COMMISSIONING.next(S.CONNECTED, E.STATION_CONNECTED) is S.CONNECTED


@pytest.mark.step("P15")
def test_a_failed_test_charge_can_be_repeated() -> None:
    assert COMMISSIONING.next(S.TEST_CHARGING, E.TEST_CHARGE_FAILED) is S.CHECKED
    assert COMMISSIONING.allows(S.CHECKED, E.START_TEST_CHARGE)


def test_every_decision_that_the_process_takes_is_one_that_the_table_offers() -> None:
    offered = {event.name.value for event in COMMISSIONING.events if event.kind == "decision"}
    assert set(CommissioningWorkflow.decisions) == offered


def test_every_stage_is_told_by_one_kind_of_station_event() -> None:
    assert sorted(STAGE_TOLD_BY.values()) == sorted(CommissioningStage)
