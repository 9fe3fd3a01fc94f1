"""Inbox tasks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.access import Role
from models.store import placements
from models.store.viewer import Viewer
from models.store.window import UNDATED, Window, cut
from models.tables.base import Instant
from models.tables.task import Task, TaskKind, TaskState


@dataclass(frozen=True)
class Wanted:
    """Which tasks are looked for; None asks for all."""

    state: TaskState = TaskState.OPEN
    kind: TaskKind | None = None
    overdue: bool | None = None
    claimed_by: Collection[UUID] | None = None


OVERDUE_FIRST = Window(limit=50, sort="due_at")


async def find(session: AsyncSession, task_id: UUID, viewer: Viewer) -> Task | None:
    found = await session.execute(select(Task).where(col(Task.id) == task_id, viewer.sees(col(Task.organisation_id))))
    return found.scalar_one_or_none()


async def lock(session: AsyncSession, task_id: UUID) -> Task | None:
    found = await session.execute(
        select(Task).where(col(Task.id) == task_id).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def open_of(session: AsyncSession, kind: TaskKind, subject_id: UUID) -> Task | None:
    found = await session.execute(
        select(Task)
        .where(col(Task.kind) == kind, col(Task.subject_id) == subject_id, col(Task.state) == TaskState.OPEN)
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def inbox(
    session: AsyncSession,
    organisation_id: UUID,
    roles: Collection[Role],
    wanted: Wanted,
    now: datetime,
    window: Window = OVERDUE_FIRST,
) -> Sequence[Task]:
    """The tasks of an organisation's roles; by ``due_at`` the overdue come first and those without a date last."""
    query = select(Task).where(
        col(Task.organisation_id) == organisation_id, col(Task.role).in_(list(roles)), *_filters(wanted, now)
    )
    due = sa.func.coalesce(col(Task.due_at), UNDATED, type_=Instant)
    found = await session.execute(cut(query, col(Task.id), window, {"due_at": due}))
    return found.scalars().all()


def _filters(wanted: Wanted, now: datetime) -> list[sa.ColumnElement[bool]]:
    filters: list[sa.ColumnElement[bool]] = [col(Task.state) == wanted.state]
    if wanted.kind is not None:
        filters.append(col(Task.kind) == wanted.kind)
    if wanted.overdue is not None:
        is_overdue = sa.and_(col(Task.state) == TaskState.OPEN, sa.func.coalesce(col(Task.due_at) <= now, sa.false()))
        filters.append(is_overdue if wanted.overdue else sa.not_(is_overdue))
    if wanted.claimed_by is not None:
        filters.append(col(Task.claimed_by).in_(list(wanted.claimed_by)))
    return filters


async def placement_of(session: AsyncSession, task: Task) -> UUID | None:
    """The placement that a task is about, or the task behind it that is overdue."""
    subject: Task | None = task
    while subject is not None:
        subject_id = subject.subject_id
        subject = await session.get(Task, subject_id) if subject.kind is TaskKind.OVERDUE else None
    return await placements.of_subject(session, subject_id)


async def overdue_counts(session: AsyncSession, now: datetime) -> Sequence[tuple[Role, TaskKind, int]]:
    """How many open tasks of each role and kind are overdue; those with none are left out."""
    found = await session.execute(
        select(Task.role, Task.kind, sa.func.count())
        .where(col(Task.state) == TaskState.OPEN, col(Task.due_at) <= now)
        .group_by(col(Task.role), col(Task.kind))
    )
    return [(Role(role), TaskKind(kind), count) for role, kind, count in found.all()]
