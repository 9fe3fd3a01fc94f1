"""The inbox of each role."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.auth.access import Access, require
from api.paging import Page, Paging, pages_by
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.task import ChangeDueDate, Reassign
from models.rules.access import Permission, Role
from models.store import tasks
from models.store.viewer import Viewer
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import task as usecase
from models.usecases.task import Hands
from workflows import deadlines

router = APIRouter(prefix="/tasks", tags=["tasks"])

Reading = Annotated[Access, require(Permission.TASKS_READ)]
Claiming = Annotated[Access, require(Permission.TASKS_CLAIM)]
Managing = Annotated[Access, require(Permission.TASKS_MANAGE)]
_COLLEAGUE = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11"


class TaskShape(Shape):
    """``subject_id`` and ``reference`` name the placement, work order or station that it is about; for an `overdue`
    task ``subject_id`` is what is late."""

    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c41",
        kind="review_placement",
        role="operations",
        organisation_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c13",
        subject_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c42",
        reference="PR-2026-000042",
        title="Decide on the placement request",
        state="open",
        due_at="2026-11-27T16:00:00Z",
        overdue=True,
        overdue_since="2026-11-27T16:00:00Z",
        reminded_at="2026-11-26T08:00:00Z",
        escalated_at="2026-11-27T16:00:02Z",
        claimed_by=None,
        claimed_at=None,
        claimed_for=None,
        done_by=None,
        done_at=None,
        created_at="2026-11-20T08:00:00Z",
    )

    id: UUID
    kind: TaskKind
    role: Role
    organisation_id: UUID
    subject_id: UUID
    reference: str
    title: str
    state: TaskState
    due_at: datetime | None
    overdue: bool
    overdue_since: datetime | None
    reminded_at: datetime | None = Field(description="When its people were told that it is due soon")
    escalated_at: datetime | None = Field(description="When it was passed on because it was overdue")
    claimed_by: UUID | None
    claimed_at: datetime | None
    claimed_for: UUID | None = Field(description="Whose deputy claimed it, while they were away")
    done_by: UUID | None
    done_at: datetime | None
    created_at: datetime


@router.get("", summary="The tasks of the caller's roles, overdue first")
async def show_all(
    access: Reading,
    paging: Annotated[Paging, pages_by("due_at", due_at=datetime)],
    state: Annotated[TaskState, Query()] = TaskState.OPEN,
    kind: Annotated[TaskKind | None, Query()] = None,
    overdue: Annotated[bool | None, Query(description="Open and past its due date, or not")] = None,
    mine: Annotated[bool, Query(description="Claimed by you, or by whom you stand in for today")] = False,
    claimed_by: Annotated[UUID | None, Query()] = None,
) -> Page[TaskShape]:
    """By due date, so that the longest overdue come first and those without a date last."""
    caller = access.caller
    async with access.work() as work:
        holders = [claimed_by] if claimed_by else None
        if mine:
            holders = [each for each in await usecase.held_by(work) if claimed_by in {None, each}]
        wanted = tasks.Wanted(state=state, kind=kind, overdue=overdue, claimed_by=holders)
        rows = await tasks.inbox(work.session, caller.organisation_id, caller.roles, wanted, work.now, paging.window)
    return paging.page(rows, lambda row: task_shape(row, work.now))


@router.get("/{task_id}", summary="One task")
async def show(task_id: UUID, access: Reading) -> TaskShape:
    """Of your organisation; operations and administration also see those of partners."""
    viewer = _managed(access) or access.viewer
    async with access.reading() as session:
        row = await tasks.find(session, task_id, viewer)
    if row is None:
        raise NotFound("There is no such task")
    return task_shape(row, access.services.desk.clock())


@router.post("/{task_id}/claim", summary="Take a task, so that nobody else works on it")
async def claim(task_id: UUID, access: Claiming) -> TaskShape:
    """Claiming one's own task again changes nothing. The task is done by the decision it asks for. A deputy can take
    what the person who is away has claimed, and that person can take it back."""
    async with access.work() as work:
        return task_shape(await usecase.claim(work, task_id, _hands(access)), work.now)


@router.post("/{task_id}/release", summary="Give a task back")
async def release(task_id: UUID, access: Claiming) -> TaskShape:
    async with access.work() as work:
        return task_shape(await usecase.release(work, task_id, _hands(access)), work.now)


@router.post("/{task_id}/reassign", summary="Give a task to a colleague")
async def reassign(
    task_id: UUID,
    body: Annotated[Reassign, sample(to=_COLLEAGUE, reason="Olga is on leave")],
    access: Claiming,
) -> TaskShape:
    """By whoever holds it, or could claim it; operations and administration pass on any task. The colleague must have
    the task's role."""
    async with access.work() as work:
        return task_shape(await usecase.reassign(work, task_id, body, _hands(access)), work.now)


@router.post("/{task_id}/due-date", summary="Change when a task is due, with a reason")
async def change_due_date(
    task_id: UUID,
    body: Annotated[ChangeDueDate, sample(due_at="2026-12-04T16:00:00Z", reason="The city is closed that week")],
    access: Managing,
) -> TaskShape:
    """What was told of the old date counts no more: there is a reminder and, when it is over, an escalation anew."""
    async with access.work() as work:
        changed = task_shape(await usecase.change_due_date(work, task_id, body, _hands(access)), work.now)
    await deadlines.ring(access.services.temporal)
    return changed


@router.post("/{task_id}/finish", summary="Say that a task is done that no decision closes")
async def finish(task_id: UUID, access: Claiming) -> TaskShape:
    """For unexpected facts, stuck hand-overs and overdue work of others; 409 for tasks that a decision closes."""
    async with access.work() as work:
        return task_shape(await usecase.finish(work, task_id, _hands(access)), work.now)


def task_shape(row: Task, now: datetime) -> TaskShape:
    since = row.due_at if row.state is TaskState.OPEN and row.due_at is not None and row.due_at <= now else None
    own = row.model_dump(include=set(TaskShape.model_fields))
    return TaskShape(**own, overdue=since is not None, overdue_since=since)


def _hands(access: Access) -> Hands:
    return Hands(access.caller.roles, _managed(access))


def _managed(access: Access) -> Viewer | None:
    """Whose tasks the caller can pass on, whoever holds them."""
    reach = access.caller.reach(Permission.TASKS_MANAGE)
    return None if reach is None else Viewer(reach, access.caller.organisation_id)
