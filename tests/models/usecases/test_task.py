"""The inbox: opened once, closed by what was asked for, passed on by people (P2, P21)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from models.errors import Forbidden, InvalidInput, NotFound, StageDoesNotAllow, TaskTaken
from models.messages.task import ChangeDueDate, Reassign
from models.rules.access import Reach, Role
from models.store import tasks
from models.store.tasks import Wanted
from models.store.viewer import Viewer
from models.store.window import Window
from models.tables.base import new_id
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import access, task
from models.usecases.task import Hands
from models.usecases.work import Desk, Work
from tests.alarm import noted
from tests.people import Person, World

OPERATIONS = Hands(frozenset({Role.OPERATIONS}))
MANAGER = Hands(frozenset({Role.OPERATIONS}), Viewer(Reach.ALL, None))


async def _open(work: Work, world: World, about: UUID) -> None:
    title = "Decide on the placement request"
    kind = TaskKind.REVIEW_PLACEMENT
    await task.open_task(work, kind, Role.OPERATIONS, world.operator.id, about, "PR-1", title, working_days=5)


async def _opened(desk: Desk, world: World) -> Task:
    about = new_id()
    async with desk.work(world.administrator.actor, "test") as work:
        await _open(work, world, about)
        await _open(work, world, about)
        (only,) = await _inbox(work, world)
    return only


async def _inbox(work: Work, world: World, wanted: Wanted = Wanted(), window: Window | None = None) -> list[Task]:  # noqa: B008 - frozen
    found = await tasks.inbox(
        work.session, world.operator.id, [Role.OPERATIONS], wanted, work.now, window or tasks.OVERDUE_FIRST
    )
    return list(found)


async def _claim(desk: Desk, wanted: Task, person: Person, hands: Hands = OPERATIONS) -> Task:
    async with desk.work(person.actor, "test") as work:
        return await task.claim(work, wanted.id, hands)


async def _finish(desk: Desk, opened: Task, person: Person) -> Task:
    async with desk.work(person.actor, "test") as work:
        return await task.finish(work, opened.id, OPERATIONS)


async def _give(desk: Desk, opened: Task, person: Person, to: Person, hands: Hands = OPERATIONS) -> Task:
    async with desk.work(person.actor, "test") as work:
        return await task.reassign(work, opened.id, Reassign(to=to.id, reason="She knows the street"), hands)


@pytest.mark.step("P2")
async def test_a_task_is_opened_once_with_a_due_date_in_working_days(database: object, world: World) -> None:
    assert database
    friday = datetime(2026, 11, 20, 12, tzinfo=UTC)
    desk = Desk(world.desk.database, world.desk.terms, lambda: friday)
    only = await _opened(desk, world)
    assert only.due_at == datetime(2026, 11, 27, 16, tzinfo=UTC)  # five working days on, 17:00 in Amsterdam


@pytest.mark.step("P21")
async def test_a_task_is_for_its_organisation_and_role(desk: Desk, world: World) -> None:
    only = await _opened(desk, world)
    for person, roles, refusal in (
        (world.installer_user, frozenset({Role.INSTALLER}), NotFound),
        (world.warehouse, frozenset({Role.WAREHOUSE}), Forbidden),
    ):
        with pytest.raises(refusal):
            await _claim(desk, only, person, Hands(roles))


@pytest.mark.step("P21")
async def test_a_claimed_task_is_taken_until_it_is_released(desk: Desk, world: World) -> None:
    only = await _opened(desk, world)
    await _claim(desk, only, world.operations)
    with pytest.raises(TaskTaken):
        await _claim(desk, only, world.second_operations)
    with pytest.raises(TaskTaken):
        async with desk.work(world.second_operations.actor, "test") as work:
            await task.release(work, only.id, OPERATIONS)
    async with desk.work(world.operations.actor, "test") as work:
        await task.release(work, only.id, OPERATIONS)
    await _claim(desk, only, world.second_operations)


@pytest.mark.step("P21")
async def test_a_task_that_is_done_is_not_worked_on_any_more(desk: Desk, world: World) -> None:
    only = await _opened(desk, world)
    async with desk.work(world.operations.actor, "test") as work:
        await task.close_task(work, TaskKind.REVIEW_PLACEMENT, only.subject_id)
    with pytest.raises(StageDoesNotAllow):
        await _claim(desk, only, world.operations)
    with pytest.raises(StageDoesNotAllow):
        await _give(desk, only, world.operations, world.second_operations)
    with pytest.raises(StageDoesNotAllow):
        async with desk.work(world.operations.actor, "test") as work:
            await task.change_due_date(work, only.id, ChangeDueDate(due_at=work.now, reason="now"), MANAGER)


@pytest.mark.step("P21")
async def test_only_a_task_that_no_decision_closes_is_finished_by_hand(desk: Desk, world: World) -> None:
    decided = await _opened(desk, world)
    with pytest.raises(StageDoesNotAllow):
        await _finish(desk, decided, world.operations)
    async with desk.work(world.administrator.actor, "test") as work:
        await task.open_task(
            work, TaskKind.UNEXPECTED_FACT, Role.OPERATIONS, world.operator.id, new_id(), "PR-2", "Look at the call"
        )
        (unexpected,) = await _inbox(work, world, Wanted(kind=TaskKind.UNEXPECTED_FACT))
    assert (await _finish(desk, unexpected, world.operations)).done_by == world.operations.id


@pytest.mark.step("P21")
async def test_a_task_that_is_opened_again_keeps_its_due_date(desk: Desk, world: World) -> None:
    first = await _opened(desk, world)
    later = Desk(desk.database, desk.terms, lambda: datetime(2027, 3, 1, 12, tzinfo=UTC))
    async with later.work(world.administrator.actor, "test") as work:
        await _open(work, world, first.subject_id)
        again = await tasks.open_of(work.session, TaskKind.REVIEW_PLACEMENT, first.subject_id)
        assert again is not None
        assert again.due_at == first.due_at


@pytest.mark.step("P21")
async def test_whoever_holds_a_task_gives_it_to_a_colleague_and_nobody_else_does(desk: Desk, world: World) -> None:
    only = await _opened(desk, world)
    await _claim(desk, only, world.operations)
    with pytest.raises(TaskTaken):
        await _give(desk, only, world.second_operations, world.second_operations)
    given = await _give(desk, only, world.operations, world.second_operations)
    assert given.claimed_by == world.second_operations.id
    with pytest.raises(TaskTaken):
        await _give(desk, only, world.operations, world.operations)
    entry = (await noted(desk, "task"))[-1]
    assert (entry.what, entry.why, entry.detail["to"]) == (
        "task reassigned",
        "She knows the street",
        world.second_operations.name,
    )


@pytest.mark.step("P21")
async def test_who_manages_tasks_gives_them_on_whoever_holds_them(desk: Desk, world: World) -> None:
    only = await _opened(desk, world)
    await _claim(desk, only, world.operations)
    given = await _give(desk, only, world.administrator, world.second_operations, MANAGER)
    assert given.claimed_by == world.second_operations.id


@pytest.mark.step("P21")
async def test_a_task_is_given_to_nobody_who_could_not_do_it(desk: Desk, world: World) -> None:
    only = await _opened(desk, world)
    for person in (world.installer_user, world.warehouse):
        with pytest.raises(InvalidInput) as refused:
            await _give(desk, only, world.operations, person)
        assert refused.value.field == "/to"
    async with desk.work(world.administrator.actor, "test") as work:
        await access.disable_user(work, world.second_operations.id, Viewer(Reach.ALL, None))
    with pytest.raises(InvalidInput):
        await _give(desk, only, world.operations, world.second_operations)


@pytest.mark.step("P21")
async def test_only_who_manages_tasks_changes_when_they_are_due(desk: Desk, world: World) -> None:
    only = await _opened(desk, world)
    with pytest.raises(Forbidden):
        await _put_off(desk, world, only, timedelta(days=1), OPERATIONS)
    with pytest.raises(InvalidInput) as refused:
        await _put_off(desk, world, only, timedelta(days=4_000), MANAGER)
    assert refused.value.field == "/due_at"
    changed = await _put_off(desk, world, only, timedelta(days=-1), MANAGER)
    assert changed.tell_at == changed.due_at


async def _put_off(desk: Desk, world: World, opened: Task, by: timedelta, hands: Hands) -> Task:
    async with desk.work(world.operations.actor, "test") as work:
        wanted = ChangeDueDate(due_at=work.now + by, reason="The city is closed")
        return await task.change_due_date(work, opened.id, wanted, hands)


@pytest.mark.step("P21")
async def test_the_longest_overdue_come_first_and_what_has_no_date_last_page_by_page(desk: Desk, world: World) -> None:
    for days in (3, -2, 5, -7):
        await _put_off(desk, world, await _fresh(desk, world), timedelta(days=days), MANAGER)
    async with desk.work(world.operations.actor, "test") as work:
        for reference in ("PR-8", "PR-9"):
            await task.open_task(
                work, TaskKind.UNEXPECTED_FACT, Role.OPERATIONS, world.operator.id, new_id(), reference, "Look"
            )
        seen = await _inbox(work, world)
        dates = [each.due_at for each in seen]
        assert dates == [*sorted(date for date in dates if date), None, None]
        last, pages = None, []
        while page := await _inbox(work, world, window=Window(1, "due_at", last)):
            pages += page
            last = (page[0].due_at or datetime(9999, 12, 31, tzinfo=UTC), page[0].id)
        assert [each.id for each in pages] == [each.id for each in seen]
        late = await _inbox(work, world, Wanted(overdue=True))
        assert [each.id for each in late] == [each.id for each in seen[:2]]
        assert len(await _inbox(work, world, Wanted(overdue=False))) == 4


async def _fresh(desk: Desk, world: World) -> Task:
    about = new_id()
    async with desk.work(world.operations.actor, "test") as work:
        await _open(work, world, about)
        opened = await tasks.open_of(work.session, TaskKind.REVIEW_PLACEMENT, about)
        assert opened is not None
    return opened


@pytest.mark.step("P21")
async def test_overdue_tasks_are_counted_by_role_and_kind(desk: Desk, world: World) -> None:
    for days in (-1, -2, 2):
        await _put_off(desk, world, await _fresh(desk, world), timedelta(days=days), MANAGER)
    async with desk.work(world.operations.actor, "test") as work:
        counts = await tasks.overdue_counts(work.session, work.now)
        assert counts == [(Role.OPERATIONS, TaskKind.REVIEW_PLACEMENT, 2)]
        done = Wanted(state=TaskState.DONE)
        assert await _inbox(work, world, done) == []
