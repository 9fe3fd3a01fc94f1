"""Days pass, people are reminded once, and what is over is passed on once, whoever works meanwhile (P21)."""

import dataclasses
from datetime import timedelta

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from activities.deadlines import DeadlineActivities
from models.clock import utc_now
from models.messages.deadline import Settle
from models.messages.placement import RejectPlacement
from models.messages.task import ChangeDueDate
from models.rules.access import Role
from models.store.viewer import EVERYTHING
from models.tables.task import Task, TaskKind
from models.usecases import deadline, task
from models.usecases.task import Hands
from tests.alarm import noted, subscribed, task_of, told
from tests.road import decision
from tests.workflows import walk
from tests.workflows.house import House
from workflows import deadlines, search_attributes
from workflows.deadlines import DeadlinesWorkflow

pytestmark = pytest.mark.step("P21")
REVIEW = "Decide on the placement request"
SOON, LATE = ("task.due_soon", REVIEW), ("task.overdue", REVIEW)


async def started(house: House) -> WorkflowHandle[DeadlinesWorkflow, None]:
    """The alarm clock of this house alone: others share its Temporal."""
    workflow_id = f"{deadlines.WORKFLOW_ID}-{house.queue}"
    return await house.client.start_workflow(DeadlinesWorkflow.run, id=workflow_id, task_queue=house.queue)


async def submitted(house: House) -> Task:
    """A request that waits for operations until tomorrow."""
    await subscribed(house.desk, house.world.administrator, house.world.operator.id)
    async with house.desk.work(house.world.administrator.actor, "test") as work:
        await deadline.settle(work, "placement", "submitted", Settle(working_days=1))
    await house.road.submit()
    review = await task_of(house.desk, TaskKind.REVIEW_PLACEMENT, house.road.placement.id)
    assert review is not None
    return review


async def skip_to(house: House, review: Task, *, hours: int) -> None:
    """Time passes until so many hours after the task is due."""
    await house.skip(to_go(house, review) + timedelta(hours=hours))


def to_go(house: House, review: Task) -> timedelta:
    assert review.due_at is not None
    return review.due_at - house.desk.clock()


async def moved_into_the_past(house: House, review: Task) -> None:
    async with house.desk.work(house.world.operations.actor, "test") as work:
        wanted = ChangeDueDate(due_at=work.now - timedelta(minutes=1), reason="to see what happens")
        await task.change_due_date(work, review.id, wanted, Hands(frozenset(), EVERYTHING))


async def was_told(house: House, *wanted: tuple[str, str]) -> bool:
    return await told(house.desk, house.world.operator.id) == list(wanted)


async def test_people_are_reminded_before_and_told_after_once_each(
    closed_patient_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = closed_patient_house
    async with house.open(monkeypatch):
        review = await submitted(house)
        await started(house)
        await skip_to(house, review, hours=-1)
        await house.until(lambda: was_told(house, SOON))
        await skip_to(house, review, hours=1)
        await house.until(lambda: was_told(house, SOON, LATE))
        await house.skip(timedelta(hours=8))
    assert await was_told(house, SOON, LATE)
    assert [entry.what for entry in await noted(house.desk, "deadline")] == [
        "due soon",
        "overdue",
        "escalated to administration",
    ]


async def test_a_worker_that_restarts_in_between_tells_nobody_twice(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, passed = closed_house, timedelta()
    house.desk = dataclasses.replace(house.desk, clock=lambda: utc_now() + passed)
    async with house.open(monkeypatch):
        review = await submitted(house)
        handle = await started(house)
        passed += to_go(house, review) - timedelta(hours=1)
        await handle.signal(DeadlinesWorkflow.wake)
        await house.until(lambda: was_told(house, SOON))
        await house.until(lambda: house.is_at_rest(handle.id))
    async with house.open(monkeypatch):
        passed += to_go(house, review) + timedelta(hours=1)
        await handle.signal(DeadlinesWorkflow.wake)
        await house.until(lambda: was_told(house, SOON, LATE))
        await house.until(lambda: house.is_at_rest(handle.id))
    async with house.open(monkeypatch):
        rounds = await rounds_of(handle)
        await handle.signal(DeadlinesWorkflow.wake)
        await house.until(lambda: _went_round(handle, rounds))
    passed_on = await task_of(house.desk, TaskKind.OVERDUE, review.id)
    assert passed_on is not None
    assert passed_on.role is Role.ADMINISTRATION
    assert await was_told(house, SOON, LATE)
    await handle.terminate()


async def rounds_of(handle: WorkflowHandle[DeadlinesWorkflow, None]) -> int:
    history = await handle.fetch_history()
    return sum(event.HasField("activity_task_completed_event_attributes") for event in history.events)


async def _went_round(handle: WorkflowHandle[DeadlinesWorkflow, None], rounds: int) -> bool:
    return await rounds_of(handle) > rounds


async def test_a_batch_whose_answer_is_lost_is_told_once(
    closed_patient_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The round is taken twice: the second finds everything told."""
    house = closed_patient_house
    lost = 1
    real = DeadlineActivities._tell

    async def tells_and_fails(self: DeadlineActivities, *row: object) -> bool:
        nonlocal lost
        done = await real(self, *row)  # type: ignore[arg-type]
        if lost:
            lost -= 1
            raise RuntimeError("the worker dies here")
        return done

    monkeypatch.setattr(DeadlineActivities, "_tell", tells_and_fails)
    review = await submitted(house)
    await skip_to(house, review, hours=1)
    async with house.open(monkeypatch):
        await started(house)
        await house.until(lambda: was_told(house, LATE))
        await house.skip(timedelta(hours=1))
    assert lost == 0
    assert await was_told(house, LATE)


async def test_a_due_date_that_is_moved_is_heard_of_at_once_by_its_bell(house: House) -> None:
    review = await submitted(house)
    handle = await started(house)
    await house.until(lambda: _went_round(handle, 0))
    await moved_into_the_past(house, review)
    await handle.signal(DeadlinesWorkflow.wake)
    await house.until(lambda: was_told(house, LATE))
    await handle.terminate()
    assert [entry.what for entry in await noted(house.desk, "deadline")] == ["overdue", "escalated to administration"]


async def test_it_is_started_once_whoever_asks_and_its_bell_harms_nobody(house: House) -> None:
    config = house.client.service_client.config
    await deadlines.keep_running(house.client, house.queue)
    first = await house.client.get_workflow_handle(deadlines.WORKFLOW_ID).describe()
    await deadlines.keep_running(house.client, house.queue)
    again = await house.client.get_workflow_handle(deadlines.WORKFLOW_ID).describe()
    assert first.run_id == again.run_id
    await house.client.get_workflow_handle(deadlines.WORKFLOW_ID).terminate()
    await deadlines.ring(house.client)
    nowhere = await Client.connect(config.target_host.rpartition(":")[0] + ":1", lazy=True)
    await deadlines.ring(nowhere)
    with pytest.raises(RPCError):
        await house.client.get_workflow_handle(deadlines.WORKFLOW_ID).signal(DeadlinesWorkflow.wake)


@pytest.mark.step("H5")
async def test_a_process_is_found_by_when_it_is_due_until_it_has_ended(house: House) -> None:
    await walk.submitted(house)
    review = await task_of(house.desk, TaskKind.REVIEW_PLACEMENT, house.road.placement.id)
    assert review is not None
    assert review.due_at is not None
    earlier, later = [(review.due_at + timedelta(days=days)).strftime("'%Y-%m-%dT%H:%M:%SZ'") for days in (-1, 1)]
    await house.until(lambda: _is_due(house, review))
    await house.until(lambda: _finds(house, f"Due > {earlier} AND Due < {later}"))
    reason = "There is no room"
    await house.decide(house.placement_id, "reject", decision(RejectPlacement, house.world.operations, reason=reason))
    await house.assert_arrives("rejected")
    await house.client.get_workflow_handle(house.placement_id).result()
    attributes = (await house.describe(house.placement_id)).typed_search_attributes
    assert attributes.get(search_attributes.DUE) is None


async def _is_due(house: House, review: Task) -> bool:
    attributes = (await house.describe(house.placement_id)).typed_search_attributes
    return attributes.get(search_attributes.DUE) == review.due_at


async def _finds(house: House, query: str) -> bool:
    return house.placement_id in [each.id async for each in house.client.list_workflows(query)]
