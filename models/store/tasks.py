"""Inbox tasks."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.tables.task import Task, TaskKind, TaskState


async def lock(session: AsyncSession, task_id: UUID) -> Task | None:
    found = await session.execute(select(Task).where(col(Task.id) == task_id).with_for_update())
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
    roles: Sequence[str],
    *,
    state: TaskState,
    after: UUID | None,
    limit: int,
) -> Sequence[Task]:
    """The tasks of an organisation's roles, newest first; ``after`` is the last id of the page before."""
    query = select(Task).where(
        col(Task.organisation_id) == organisation_id, col(Task.role).in_(list(roles)), col(Task.state) == state
    )
    if after is not None:
        query = query.where(col(Task.id) < after)
    found = await session.execute(query.order_by(col(Task.id).desc()).limit(limit))
    return found.scalars().all()
