"""The inbox of each role."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.auth.access import Access, require
from api.paging import Page, Pages
from api.v1.shapes import Shape, example
from models.rules.access import Permission, Role
from models.store import tasks
from models.tables.task import TaskKind, TaskState
from models.usecases import task as usecase

router = APIRouter(prefix="/tasks", tags=["tasks"])

Reading = Annotated[Access, require(Permission.TASKS_READ)]
Claiming = Annotated[Access, require(Permission.TASKS_CLAIM)]


class TaskShape(Shape):
    """``subject_id`` and ``reference`` name the placement, work order or station that it is about."""

    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c41",
        kind="review_placement",
        role="operations",
        subject_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c42",
        reference="PR-2026-000042",
        title="Decide on the placement request",
        state="open",
        due_at="2026-11-27T16:00:00Z",
        claimed_by=None,
        claimed_at=None,
        done_by=None,
        done_at=None,
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    kind: TaskKind
    role: Role
    subject_id: UUID
    reference: str
    title: str
    state: TaskState
    due_at: datetime | None
    claimed_by: UUID | None
    claimed_at: datetime | None
    done_by: UUID | None
    done_at: datetime | None
    created_at: datetime


@router.get("", summary="The tasks of the caller's roles, newest first")
async def show_all(
    access: Reading, paging: Pages, state: Annotated[TaskState, Query()] = TaskState.OPEN
) -> Page[TaskShape]:
    caller = access.caller
    async with access.reading() as session:
        rows = await tasks.inbox(
            session, caller.organisation_id, sorted(caller.roles), state=state, after=paging.after, limit=paging.fetch
        )
    return paging.page(rows, TaskShape.model_validate)


@router.post("/{task_id}/claim", summary="Take a task, so that nobody else works on it")
async def claim(task_id: UUID, access: Claiming) -> TaskShape:
    """Claiming one's own task again changes nothing. The task is done by the decision it asks for."""
    async with access.work() as work:
        return TaskShape.model_validate(await usecase.claim(work, task_id, access.caller.roles))


@router.post("/{task_id}/release", summary="Give a task back")
async def release(task_id: UUID, access: Claiming) -> TaskShape:
    async with access.work() as work:
        return TaskShape.model_validate(await usecase.release(work, task_id, access.caller.roles))


@router.post("/{task_id}/finish", summary="Say that a task is done that no decision closes")
async def finish(task_id: UUID, access: Claiming) -> TaskShape:
    """For unexpected facts and stuck hand-overs; 409 for tasks that a decision closes."""
    async with access.work() as work:
        return TaskShape.model_validate(await usecase.finish(work, task_id, access.caller.roles))
