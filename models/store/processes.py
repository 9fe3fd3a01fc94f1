"""Processes, their hand-over rows and the results of their steps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.handover import FactState
from models.tables.handover import Handover, HandoverKind, Process, StepResult


async def lock(session: AsyncSession, workflow_id: str) -> Process | None:
    """The process, held until the transaction ends: facts for it are numbered one after the other."""
    found = await session.execute(select(Process).where(col(Process.workflow_id) == workflow_id).with_for_update())
    return found.scalar_one_or_none()


async def find(session: AsyncSession, workflow_id: str) -> Process | None:
    return await session.get(Process, workflow_id)


async def note_applied(session: AsyncSession, workflow_id: str, number: int) -> None:
    await session.execute(
        sa.update(Process)
        .where(col(Process.workflow_id) == workflow_id, col(Process.applied_number) < number)
        .values(applied_number=number)
    )


async def applied_number(session: AsyncSession, workflow_id: str) -> int:
    found = await session.execute(select(Process.applied_number).where(col(Process.workflow_id) == workflow_id))
    return found.scalar_one()


DELIVERY_WAIT_MS = 5_000


async def lock_deliveries(session: AsyncSession, workflow_ids: Sequence[str], *, wait: bool) -> set[str]:
    """The workflows to which this transaction alone delivers facts from now on: with ``wait`` all of them.

    One that waits for longer than 5 s fails with an OperationalError.
    """
    wanted = sa.func.unnest(sa.literal(list(workflow_ids), ARRAY(sa.Text))).column_valued("workflow_id")
    name = sa.func.hashtextextended(sa.literal("handover:").concat(wanted), 0)
    if wait:
        limit = sa.func.set_config("lock_timeout", str(DELIVERY_WAIT_MS), sa.true())
        await session.execute(select(limit, sa.func.pg_advisory_xact_lock(name)))
        return set(workflow_ids)
    free = await session.execute(select(wanted).where(sa.func.pg_try_advisory_xact_lock(name)))
    return set(free.scalars())


def is_open() -> sa.ColumnElement[bool]:
    """Whether a fact has still to be delivered."""
    return sa.and_(
        col(Handover.delivered_at).is_(None), sa.not_(col(Handover.late)), col(Handover.skipped_at).is_(None)
    )


async def undelivered(session: AsyncSession, workflow_ids: Collection[str], limit: int) -> Sequence[Handover]:
    """The facts that the workflows have still to hear, each one's oldest first."""
    found = await session.execute(
        select(Handover)
        .where(col(Handover.workflow_id).in_(workflow_ids), is_open())
        .order_by(col(Handover.workflow_id), col(Handover.number))
        .limit(limit)
    )
    return found.scalars().all()


async def with_undelivered(session: AsyncSession, before: datetime, limit: int) -> Sequence[str]:
    """Workflows with a fact that was written before ``before`` and not delivered, longest waiting first.

    Those that have failed most come last, so that however many of them hold up nobody else.
    """
    found = await session.execute(
        select(Handover.workflow_id)
        .where(is_open(), col(Handover.created_at) < before)
        .group_by(col(Handover.workflow_id))
        .order_by(sa.func.max(Handover.attempts), sa.func.min(Handover.created_at))
        .limit(limit)
    )
    return found.scalars().all()


async def has_undelivered(session: AsyncSession, workflow_id: str) -> bool:
    found = await session.execute(
        select(sa.literal(1)).where(col(Handover.workflow_id) == workflow_id, is_open()).limit(1)
    )
    return found.first() is not None


@dataclass(frozen=True)
class Lag:
    """How far the deliveries are behind; ``oldest_at`` is when the fact was written that has waited longest."""

    waiting: int
    oldest_at: datetime | None


async def lag(session: AsyncSession) -> Lag:
    found = await session.execute(
        sa.select(sa.func.count(), sa.func.min(col(Handover.created_at))).select_from(Handover).where(is_open())
    )
    return Lag(*found.one())


async def lock_fact(session: AsyncSession, workflow_id: str, number: int) -> Handover | None:
    found = await session.execute(
        select(Handover)
        .where(col(Handover.workflow_id) == workflow_id, col(Handover.number) == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def facts_page(
    session: AsyncSession, workflow_id: str, *, state: FactState | None, after: UUID | None, limit: int
) -> Sequence[Handover]:
    """What was handed over to a workflow, newest first; ``after`` is the last id of the page before."""
    query = select(Handover).where(col(Handover.workflow_id) == workflow_id)
    if state is not None:
        query = query.where(_in_state(state))
    if after is not None:
        last = select(Handover.number).where(col(Handover.id) == after).scalar_subquery()
        query = query.where(col(Handover.number) < last)
    found = await session.execute(query.order_by(col(Handover.number).desc()).limit(limit))
    return found.scalars().all()


def _in_state(state: FactState) -> sa.ColumnElement[bool]:
    """As ``models.rules.handover.state_of`` tells it of one fact."""
    stuck = col(Handover.stuck_at)
    conditions: dict[FactState, sa.ColumnElement[bool]] = {
        FactState.DELIVERED: col(Handover.delivered_at).is_not(None),
        FactState.LATE: sa.and_(col(Handover.late)),
        FactState.SKIPPED: col(Handover.skipped_at).is_not(None),
        FactState.STUCK: sa.and_(is_open(), stuck.is_not(None)),
        FactState.WAITING: sa.and_(is_open(), stuck.is_(None)),
    }
    return conditions[state]


async def facts(session: AsyncSession, workflow_id: str, *, before: int | None, limit: int) -> Sequence[Handover]:
    """What was handed over to a workflow, newest first; ``before`` is the last number of the page before."""
    query = select(Handover).where(col(Handover.workflow_id) == workflow_id)
    if before is not None:
        query = query.where(col(Handover.number) < before)
    found = await session.execute(query.order_by(col(Handover.number).desc()).limit(limit))
    return found.scalars().all()


async def start_of(session: AsyncSession, workflow_id: str) -> Handover | None:
    found = await session.execute(
        select(Handover).where(col(Handover.workflow_id) == workflow_id, col(Handover.kind) == HandoverKind.START)
    )
    return found.scalar_one_or_none()


async def open_processes(session: AsyncSession, subject_ids: Sequence[UUID]) -> Sequence[Process]:
    found = await session.execute(
        select(Process).where(col(Process.subject_id).in_(subject_ids), col(Process.ended_at).is_(None))
    )
    return found.scalars().all()


async def lock_step(session: AsyncSession, workflow_id: str, step: str, occurrence: str) -> None:
    """Nobody else takes this step until the transaction ends."""
    name = sa.func.hashtextextended(f"step:{workflow_id}:{step}:{occurrence}", 0)
    await session.execute(select(sa.func.pg_advisory_xact_lock(name)))


async def step_result(session: AsyncSession, workflow_id: str, step: str, occurrence: str) -> StepResult | None:
    return await session.get(StepResult, (workflow_id, step, occurrence))


async def was_taken(session: AsyncSession, workflow_id: str, occurrence: str) -> bool:
    """Whether a step was taken under this occurrence."""
    found = await session.execute(
        select(sa.literal(1))
        .where(col(StepResult.workflow_id) == workflow_id, col(StepResult.occurrence) == occurrence)
        .limit(1)
    )
    return found.first() is not None
