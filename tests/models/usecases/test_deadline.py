"""Deadlines are stored when a stage is entered; a reminder before and an escalation after come once each (P21)."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from models.errors import InvalidInput
from models.messages.deadline import Settle
from models.messages.task import ChangeDueDate
from models.rules.access import Reach, Role
from models.rules.grid import GridEvent
from models.store.viewer import Viewer
from models.tables.placement import PlacementRequest
from models.tables.task import Task, TaskKind
from models.tables.work_order import WorkOrder
from models.usecases import deadline, task
from models.usecases.task import Hands
from tests.alarm import Alarm, mailed, noted, subscribed, task_of, told
from tests.people import World
from tests.road import Road, location

pytestmark = pytest.mark.step("P21")
REVIEW = "Decide on the placement request"
EVERYBODY = Viewer(Reach.ALL, None)


@pytest.fixture
def alarm(world: World) -> Alarm:
    return Alarm(world)


@pytest.fixture
def road(alarm: Alarm) -> Road:
    return Road(alarm.world)


async def placement_of(road: Road) -> PlacementRequest:
    async with road.desk.database.transaction() as session:
        return await session.get_one(PlacementRequest, road.placement.id)


async def settle(alarm: Alarm, stage: str, days: int, country: str | None = None) -> None:
    async with alarm.desk.work(alarm.world.administrator.actor, "test") as work:
        wanted = Settle(country=country, working_days=days, remind_before_days=1)
        await deadline.settle(work, "placement", stage, wanted)


async def test_a_deadline_is_stored_with_the_stage_and_its_task_is_due_with_it(road: Road) -> None:
    await road.submit()
    review = await task_of(road.desk, TaskKind.REVIEW_PLACEMENT)
    assert review is not None
    assert review.due_at == datetime(2026, 11, 27, 16, tzinfo=UTC)
    assert review.tell_at == datetime(2026, 11, 26, 8, tzinfo=UTC)
    row = await placement_of(road)
    assert (row.due_at, row.tell_at) == (review.due_at, None)  # the task tells of it


async def test_a_stage_that_waits_for_an_outside_party_has_its_own_deadline(road: Road) -> None:
    await road.submit()
    await road.approve()
    row = await placement_of(road)
    assert row.due_at == datetime(2026, 12, 4, 16, tzinfo=UTC)
    assert row.tell_at == datetime(2026, 12, 2, 8, tzinfo=UTC)
    await road.grid_says(await road.grid_takes(), GridEvent.APPROVED)
    assert (await placement_of(road)).due_at == datetime(2026, 12, 18, 16, tzinfo=UTC)


async def test_a_stage_that_ends_the_request_is_due_at_no_time(road: Road) -> None:
    await road.submit()
    await road.reject()
    row = await placement_of(road)
    assert (row.due_at, row.tell_at) == (None, None)


async def test_a_call_that_leaves_the_stage_leaves_its_deadline(alarm: Alarm, road: Road) -> None:
    await road.submit()
    await road.approve()
    connection = await road.grid_takes()
    await road.grid_says(connection, GridEvent.PREPARATION_SCHEDULED)
    due_at = (await placement_of(road)).due_at
    alarm.now += timedelta(days=3)
    await road.grid_says(connection, GridEvent.APPROVED)
    assert (await placement_of(road)).due_at == due_at


async def test_the_holidays_are_those_of_the_locations_country(alarm: Alarm, road: Road) -> None:
    """The first of May is a working day in the Netherlands, and a holiday in Germany."""
    alarm.now = datetime(2026, 4, 29, 12, tzinfo=UTC)
    await settle(alarm, "submitted", 2)
    for country, day in (("NL", date(2026, 5, 1)), ("DE", date(2026, 5, 4))):
        await road.submit(location=location().model_copy(update={"country": country}))
        due_at = (await placement_of(road)).due_at
        assert due_at is not None
        assert due_at.date() == day


async def test_a_country_without_a_calendar_takes_the_operators(alarm: Alarm, road: Road) -> None:
    alarm.now = datetime(2026, 4, 24, 12, tzinfo=UTC)
    await settle(alarm, "submitted", 1)
    await road.submit(location=location().model_copy(update={"country": "XX"}))
    due_at = (await placement_of(road)).due_at
    assert due_at == datetime(2026, 4, 28, 15, tzinfo=UTC)  # behind King's Day


async def test_what_is_settled_for_a_country_goes_before_what_holds_everywhere(alarm: Alarm, road: Road) -> None:
    await settle(alarm, "submitted", 3)
    await settle(alarm, "submitted", 8, "DE")
    days = {}
    for country in ("NL", "DE"):
        await road.submit(location=location().model_copy(update={"country": country}))
        due_at = (await placement_of(road)).due_at
        assert due_at is not None
        days[country] = due_at.date()
    assert days == {"NL": date(2026, 11, 25), "DE": date(2026, 12, 2)}


async def test_what_was_promised_stays_when_the_table_changes(alarm: Alarm, road: Road) -> None:
    await road.submit()
    before = (await placement_of(road)).due_at
    await settle(alarm, "submitted", 1)
    assert (await placement_of(road)).due_at == before
    async with alarm.desk.work(alarm.world.administrator.actor, "test") as work:
        await deadline.restore(work, "placement", "submitted", None)
    await road.submit()
    assert (await placement_of(road)).due_at == before


@pytest.mark.parametrize(
    ("process", "stage", "field"),
    [("billing", "open", "process"), ("placement", "lost", "stage"), ("placement", "operating", "stage")],
)
async def test_only_stages_that_wait_for_somebody_are_settled(
    alarm: Alarm, process: str, stage: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        async with alarm.desk.work(alarm.world.administrator.actor, "test") as work:
            await deadline.settle(work, process, stage, Settle(working_days=3))
    assert refused.value.field == field


async def test_a_reminder_that_would_come_at_once_is_refused(alarm: Alarm) -> None:
    with pytest.raises(InvalidInput):
        async with alarm.desk.work(alarm.world.administrator.actor, "test") as work:
            await deadline.settle(work, "placement", "submitted", Settle(working_days=3, remind_before_days=3))


async def test_a_planned_work_order_is_due_behind_the_planned_day(road: Road) -> None:
    await road.to_work_order()
    assert await due_of_work(road) == (datetime(2026, 11, 27, 16, tzinfo=UTC),) * 2
    await road.plan(date(2026, 12, 7))
    assert await due_of_work(road) == (datetime(2026, 12, 21, 16, tzinfo=UTC),) * 2
    await road.plan(date(2026, 12, 8))
    assert await due_of_work(road) == (datetime(2026, 12, 22, 16, tzinfo=UTC),) * 2


async def due_of_work(road: Road) -> tuple[datetime | None, datetime | None]:
    """When the work order's stage is due, and when the installer's task is."""
    async with road.desk.database.transaction() as session:
        order = await session.get_one(WorkOrder, road.order.id)
    perform = await task_of(road.desk, TaskKind.PERFORM_WORK_ORDER, road.order.id)
    assert perform is not None
    assert order.tell_at is None
    return order.due_at, perform.due_at


async def test_a_reminder_and_an_escalation_come_once_each_and_stand_in_the_timeline(alarm: Alarm, road: Road) -> None:
    operator = alarm.world.operator.id
    await subscribed(alarm.desk, alarm.world.administrator, operator)
    await road.submit()
    review = await task_of(alarm.desk, TaskKind.REVIEW_PLACEMENT)
    assert review is not None
    outlook = await alarm.ring()
    assert (outlook.told, outlook.next_at) == (0, review.tell_at)
    assert (await alarm.ring_at(review.tell_at)).told == 1
    assert (await alarm.ring()).told == 0
    assert await told(alarm.desk, operator) == [("task.due_soon", REVIEW)]
    outlook = await alarm.ring_at(review.due_at)
    assert outlook.told == 1
    assert (await alarm.ring()).told == 0
    assert await told(alarm.desk, operator) == [("task.due_soon", REVIEW), ("task.overdue", REVIEW)]
    passed_on = await task_of(alarm.desk, TaskKind.OVERDUE)
    assert passed_on is not None
    assert (passed_on.role, passed_on.subject_id) == (Role.ADMINISTRATION, review.id)
    assert passed_on.title == f"Overdue: {REVIEW}"
    entries = await noted(alarm.desk, "deadline")
    assert [entry.what for entry in entries] == ["due soon", "overdue", "escalated to administration"]
    assert {entry.placement_id for entry in entries} == {road.placement.id}


async def test_many_who_tell_at_once_tell_once(alarm: Alarm, road: Road) -> None:
    await subscribed(alarm.desk, alarm.world.administrator, alarm.world.operator.id)
    for _ in range(3):
        await road.submit()
    alarm.now += timedelta(days=30)
    rounds = await asyncio.gather(*(alarm.ring() for _ in range(5)))
    assert sum(outlook.told for outlook in rounds) == 3
    assert len(await told(alarm.desk, alarm.world.operator.id)) == 3


async def test_nobody_is_reminded_of_what_is_overdue_already(alarm: Alarm, road: Road) -> None:
    await subscribed(alarm.desk, alarm.world.administrator, alarm.world.operator.id)
    await road.submit()
    await alarm.ring_after(days=30)
    assert await told(alarm.desk, alarm.world.operator.id) == [("task.overdue", REVIEW)]


async def test_what_was_done_in_time_is_told_of_to_nobody(alarm: Alarm, road: Road) -> None:
    await road.submit()
    await road.reject()
    outlook = await alarm.ring_after(days=60)
    assert (outlook.told, outlook.next_at) == (0, None)


async def test_an_installer_who_is_late_is_told_and_operations_gets_a_task(alarm: Alarm, road: Road) -> None:
    for organisation in (alarm.world.operator, alarm.world.installer):
        await subscribed(alarm.desk, alarm.world.administrator, organisation.id)
    await road.to_work_order()
    late = await task_of(alarm.desk, TaskKind.PERFORM_WORK_ORDER)
    assert late is not None
    await alarm.ring_at(late.due_at)
    title = "Install the stations of this work order"
    assert await told(alarm.desk, alarm.world.installer.id) == [("task.overdue", title)]
    assert ("task.overdue", title) in await told(alarm.desk, alarm.world.operator.id)
    passed_on = await task_of(alarm.desk, TaskKind.OVERDUE, late.id)
    assert passed_on is not None
    assert (passed_on.role, passed_on.reference) == (Role.OPERATIONS, road.order.reference)


async def test_what_nobody_looks_after_goes_on_to_administration_and_no_further(alarm: Alarm, road: Road) -> None:
    await road.to_work_order()
    late = await task_of(alarm.desk, TaskKind.PERFORM_WORK_ORDER)
    assert late is not None
    await alarm.ring_at(late.due_at)
    first = await task_of(alarm.desk, TaskKind.OVERDUE, late.id)
    assert first is not None
    await alarm.ring_at(first.due_at)
    second = await task_of(alarm.desk, TaskKind.OVERDUE, first.id)
    assert second is not None
    assert (second.role, second.title) == (Role.ADMINISTRATION, first.title)
    await alarm.ring_after(days=30)
    assert await task_of(alarm.desk, TaskKind.OVERDUE, second.id) is None


async def test_when_it_is_done_after_all_nobody_has_to_look_after_it_any_more(alarm: Alarm, road: Road) -> None:
    await road.submit()
    await alarm.ring_after(days=10)
    await alarm.ring_after(days=10)
    assert await task_of(alarm.desk, TaskKind.OVERDUE) is not None
    await road.approve()
    assert await task_of(alarm.desk, TaskKind.OVERDUE) is None


async def test_a_grid_operator_who_is_late_becomes_a_task_for_operations_until_it_moves(
    alarm: Alarm, road: Road
) -> None:
    await subscribed(alarm.desk, alarm.world.administrator, alarm.world.operator.id)
    await road.submit()
    await road.approve()
    connection = await road.grid_takes()
    await alarm.ring_at((await placement_of(road)).tell_at)
    await alarm.ring_at((await placement_of(road)).due_at)
    title = "Grid connection requested: waits for grid operator"
    assert await told(alarm.desk, alarm.world.operator.id) == [("task.due_soon", title), ("task.overdue", title)]
    passed_on = await task_of(alarm.desk, TaskKind.OVERDUE)
    assert passed_on is not None
    assert (passed_on.role, passed_on.subject_id) == (Role.OPERATIONS, road.placement.id)
    await road.grid_says(connection, GridEvent.APPROVED)
    assert await task_of(alarm.desk, TaskKind.OVERDUE) is None
    assert (await placement_of(road)).escalated_at is None


async def test_another_due_date_is_told_of_anew_and_the_stage_is_due_with_it(alarm: Alarm, road: Road) -> None:
    await subscribed(alarm.desk, alarm.world.administrator, alarm.world.operator.id)
    await road.submit()
    review = await task_of(alarm.desk, TaskKind.REVIEW_PLACEMENT)
    assert review is not None
    await alarm.ring_after(days=10)
    later = alarm.now + timedelta(days=5)
    wanted = ChangeDueDate(due_at=later, reason="The city asked for time")
    async with alarm.desk.work(alarm.world.operations.actor, "test") as work:
        hands = Hands(frozenset({Role.OPERATIONS}), EVERYBODY)
        changed = await task.change_due_date(work, review.id, wanted, hands)
    assert (changed.due_at, changed.reminded_at, changed.escalated_at) == (later, None, None)
    assert (await placement_of(road)).due_at == later
    assert await task_of(alarm.desk, TaskKind.OVERDUE) is None
    await alarm.ring_at(later)
    assert [event for event, _ in await told(alarm.desk, alarm.world.operator.id)] == ["task.overdue"] * 2
    (entry,) = await noted(alarm.desk, "task")
    assert (entry.what, entry.why) == ("due date changed", "The city asked for time")
    assert entry.detail["before"] == "2026-11-27T16:00:00+00:00"


async def test_whoever_holds_a_task_is_reminded_by_mail_of_their_own(alarm: Alarm, road: Road) -> None:
    await road.submit()
    review = await task_of(alarm.desk, TaskKind.REVIEW_PLACEMENT)
    assert review is not None
    async with alarm.desk.work(alarm.world.operations.actor, "test") as work:
        await task.claim(work, review.id, Hands(frozenset({Role.OPERATIONS})))
    await alarm.ring_at(review.tell_at)
    assert await mailed(alarm.desk, "task.due_soon") == [alarm.world.operations.email]


async def test_one_that_can_not_be_told_of_holds_up_no_other(
    alarm: Alarm, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    await road.submit()
    stuck = road.placement.id
    await road.submit()
    real = deadline._tell_of_task

    async def fails_for_one(work: object, late: Task, *, is_over: bool) -> None:
        if late.subject_id == stuck:
            raise LookupError(str(stuck))
        await real(work, late, is_over=is_over)  # type: ignore[arg-type]

    monkeypatch.setattr(deadline, "_tell_of_task", fails_for_one)
    outlook = await alarm.ring_after(days=30)
    assert outlook.told == 1
    assert outlook.next_at is not None
    assert outlook.next_at > alarm.now
    monkeypatch.undo()
    assert (await alarm.ring()).told == 1
