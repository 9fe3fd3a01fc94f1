"""The inbox: opened once, closed by what was asked for (P2, P21)."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from models.errors import Forbidden, NotFound, StageDoesNotAllow, TaskTaken
from models.rules.access import Role
from models.store import tasks
from models.tables.base import new_id
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import task
from models.usecases.work import Desk, Work
from tests.people import Person, World

OPERATIONS = frozenset({Role.OPERATIONS})


async def _open(work: Work, world: World, about: UUID) -> None:
    title = "Decide on the placement request"
    kind = TaskKind.REVIEW_PLACEMENT
    await task.open_task(work, kind, Role.OPERATIONS, world.operator.id, about, "PR-1", title, working_days=5)


async def _opened(desk: Desk, world: World) -> Task:
    about = new_id()
    async with desk.work(world.administrator.actor, "test") as work:
        await _open(work, world, about)
        await _open(work, world, about)
        (only,) = await tasks.inbox(
            work.session, world.operator.id, ["operations"], state=TaskState.OPEN, after=None, limit=10
        )
    return only


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
            await _claim(desk, only, person, roles)


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
async def test_a_task_that_is_done_is_not_claimed(desk: Desk, world: World) -> None:
    only = await _opened(desk, world)
    async with desk.work(world.operations.actor, "test") as work:
        await task.close_task(work, TaskKind.REVIEW_PLACEMENT, only.subject_id)
    with pytest.raises(StageDoesNotAllow):
        await _claim(desk, only, world.operations)


async def _finish(desk: Desk, opened: Task, person: Person) -> Task:
    async with desk.work(person.actor, "test") as work:
        return await task.finish(work, opened.id, OPERATIONS)


async def _claim(desk: Desk, wanted: Task, person: Person, roles: frozenset[Role] = OPERATIONS) -> None:
    async with desk.work(person.actor, "test") as work:
        await task.claim(work, wanted.id, roles)


@pytest.mark.step("P21")
async def test_only_a_task_that_no_decision_closes_is_finished_by_hand(desk: Desk, world: World) -> None:
    decided = await _opened(desk, world)
    with pytest.raises(StageDoesNotAllow):
        await _finish(desk, decided, world.operations)
    async with desk.work(world.administrator.actor, "test") as work:
        await task.open_task(
            work, TaskKind.UNEXPECTED_FACT, Role.OPERATIONS, world.operator.id, new_id(), "PR-2", "Look at the call"
        )
        rows = await tasks.inbox(
            work.session, world.operator.id, ["operations"], state=TaskState.OPEN, after=None, limit=10
        )
    unexpected = next(row for row in rows if row.kind is TaskKind.UNEXPECTED_FACT)
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
