"""What people decide, as Updates and as Signals: once in effect, one at a time, on record (P3, rule 2)."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from models.errors import NotFound, ProcessEnded, ProcessNotReady, StageDoesNotAllow
from models.messages.base import Decision
from models.messages.placement import RejectPlacement
from models.store import placements
from models.tables.timeline import TimelineEntry
from tests.road import decision
from tests.workflows import walk
from tests.workflows.house import House
from workflows import decisions


async def timeline(house: House) -> list[TimelineEntry]:
    async with house.desk.database.transaction() as session:
        return list(await placements.timeline(session, house.road.placement.id))


@pytest.mark.step("P3")
async def test_of_two_operators_who_decide_at_once_one_wins_and_the_other_gets_a_conflict(house: House) -> None:
    await walk.submitted(house)
    both = [walk.approval(house, who) for who in (house.world.operations, house.world.second_operations)]
    answers = await asyncio.gather(
        *(house.decide(house.placement_id, "approve", each) for each in both), return_exceptions=True
    )
    assert [type(answer) for answer in answers if answer] == [StageDoesNotAllow]
    winner = both[answers.index(None)].actor
    (entry,) = [entry for entry in await timeline(house) if entry.what == "approve"]
    assert entry.actor == str(winner.id)
    assert len(house.grid.made) <= 1


@pytest.mark.step("P3")
async def test_approval_and_rejection_at_once_leave_one_outcome(house: House) -> None:
    await walk.submitted(house)
    refusal = decision(RejectPlacement, house.world.second_operations, reason="No room in the street")
    answers = await asyncio.gather(
        house.decide(house.placement_id, "approve", walk.approval(house)),
        house.decide(house.placement_id, "reject", refusal),
        return_exceptions=True,
    )
    (lost,) = [answer for answer in answers if answer]
    assert isinstance(lost, StageDoesNotAllow | ProcessEnded)
    outcome = {entry.what for entry in await timeline(house)} & {"approve", "reject"}
    assert outcome == {"approve" if answers[0] is None else "reject"}


@pytest.mark.step("P3")
async def test_a_decision_that_is_sent_again_counts_once_and_is_answered_again(house: House) -> None:
    await walk.submitted(house)
    approval = walk.approval(house)
    await house.decide(house.placement_id, "approve", approval)
    await house.decide(house.placement_id, "approve", approval)
    await house.assert_arrives("grid_requested")
    assert (await house.road.said()).count("approve") == 1


async def test_the_same_decision_by_another_update_counts_once_too(house: House) -> None:
    """Temporal forgets Update ids where a process continues as new: the process keeps them itself."""
    await walk.submitted(house)
    approval = walk.approval(house)
    handle = house.client.get_workflow_handle(house.placement_id)
    for _ in range(2):
        assert await handle.execute_update("approve", approval, id=str(uuid4())) == "grid_requested"
    assert (await house.road.said()).count("approve") == 1


async def by_signal(house: House, name: str, told: Decision) -> None:
    await house.client.get_workflow_handle(house.placement_id).signal(name, told)


@pytest.mark.step("P3")
async def test_an_engineer_can_decide_by_a_signal_of_the_same_name(house: House) -> None:
    await walk.submitted(house)
    await by_signal(house, "approve", walk.approval(house))
    await house.assert_arrives("grid_requested")


@pytest.mark.step("P3", "P22")
async def test_a_decision_by_signal_that_is_refused_goes_on_record_with_who_and_why(house: House) -> None:
    await walk.approved(house)
    await by_signal(house, "approve", walk.approval(house, house.world.engineer))

    async def refusals() -> list[TimelineEntry]:
        return [entry for entry in await timeline(house) if entry.refused]

    (refused,) = await house.until(refusals)
    assert (refused.what, refused.actor) == ("approve", str(house.world.engineer.id))
    assert "not possible while the placement is 'grid_requested'" in str(refused.why)
    await house.assert_arrives("grid_requested")


async def test_a_signal_that_no_decision_has_is_passed_over(house: House) -> None:
    await walk.submitted(house)
    await by_signal(house, "demolish", walk.approval(house))
    await house.decide(house.placement_id, "approve", walk.approval(house))
    await house.assert_arrives("grid_requested")


async def test_a_decision_before_its_process_has_started_is_asked_to_come_back(house: House) -> None:
    await house.road.submit()
    with pytest.raises(ProcessNotReady) as refused:
        await decisions.decide(house.client, house.desk, house.placement_id, "approve", walk.approval(house))
    assert refused.value.facts["retry_after_s"] > 0
    with pytest.raises(NotFound):
        await house.decide("placement-PR-1999-000001", "approve", walk.approval(house))


async def test_a_decision_without_a_worker_is_asked_to_come_back_and_changes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.road.submit()
    await house.road.heard(house.placement_id)
    monkeypatch.setattr(decisions, "ANSWER_LIMIT", timedelta(seconds=0.5))
    await house.client.start_workflow(
        "placement", house.road.subject(house.road.placement), id=house.placement_id, task_queue="nobody-works-here"
    )
    with pytest.raises(ProcessNotReady):
        await decisions.decide(house.client, house.desk, house.placement_id, "approve", walk.approval(house))
    await house.assert_arrives("submitted")
