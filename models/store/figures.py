"""Figures for whoever watches the house: what waits, for whom, and since when."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.rules.delivery import DOWN_AFTER_FAILURES, state_of
from models.store import processes
from models.tables.asset import Asset, StationConnection
from models.tables.handover import Process
from models.tables.notice import Endpoint, Notice, NoticeState
from models.tables.placement import PlacementRequest
from models.tables.task import Task, TaskState
from models.tables.work_order import WorkOrder

LIMIT_MS = 5_000
"""A figure that takes longer is not worth its cost: the round fails, and the next one tries again."""

_STAGES: tuple[tuple[str, Any], ...] = (
    ("placement", PlacementRequest),
    ("installation", WorkOrder),
    ("commissioning", Asset),
)


@dataclass(frozen=True)
class Figures:
    """``handover_lag_s``: how long the oldest fact waits for its process, 0 where none does."""

    handover_waiting: int
    handover_lag_s: float
    processes: Mapping[tuple[str, str], int]
    """Under way, by kind and stage."""
    tasks: Mapping[tuple[str, bool], int]
    """Open, by role and whether they are overdue."""
    notices_waiting: Mapping[str, int]
    """By channel."""
    endpoints: Mapping[tuple[str, str], int]
    """By channel and state."""
    stations: Mapping[str, int]
    """Connected, by the node that holds the socket."""


async def collect(session: AsyncSession, now: datetime) -> Figures:
    """All of it, in one round of queries of at most 5 s each."""
    await session.execute(sa.text(f"SET LOCAL statement_timeout = {LIMIT_MS}"))
    waiting, lag_s = await _handover(session, now)
    return Figures(
        handover_waiting=waiting,
        handover_lag_s=lag_s,
        processes=await _processes(session),
        tasks=await _tasks(session, now),
        notices_waiting=await _notices_waiting(session),
        endpoints=await _endpoints(session),
        stations=await _stations(session),
    )


async def _handover(session: AsyncSession, now: datetime) -> tuple[int, float]:
    lag = await processes.lag(session)
    return lag.waiting, 0.0 if lag.oldest_at is None else max((now - lag.oldest_at).total_seconds(), 0.0)


async def _processes(session: AsyncSession) -> dict[tuple[str, str], int]:
    is_open = col(Process.ended_at).is_(None)
    counted = [
        sa.select(col(Process.kind), sa.cast(table.stage, sa.Text), sa.func.count())
        .join(table, table.id == col(Process.subject_id))
        .where(is_open, col(Process.kind) == kind)
        .group_by(col(Process.kind), table.stage)
        for kind, table in _STAGES
    ]
    kinds = [kind for kind, _ in _STAGES]
    others = (
        sa.select(col(Process.kind), sa.literal("under_way"), sa.func.count())
        .where(is_open, col(Process.kind).not_in(kinds))
        .group_by(col(Process.kind))
    )
    found = await session.execute(sa.union_all(*counted, others))
    return {(kind, stage): count for kind, stage, count in found}


async def _tasks(session: AsyncSession, now: datetime) -> dict[tuple[str, bool], int]:
    overdue = sa.func.coalesce(col(Task.due_at) < now, sa.false())
    found = await session.execute(
        sa.select(col(Task.role), overdue, sa.func.count())
        .where(col(Task.state) == TaskState.OPEN)
        .group_by(col(Task.role), overdue)
    )
    return {(str(role), late): count for role, late, count in found}


async def _notices_waiting(session: AsyncSession) -> dict[str, int]:
    found = await session.execute(
        sa.select(col(Endpoint.channel), sa.func.count())
        .join(Notice, col(Notice.endpoint_id) == col(Endpoint.id))
        .where(col(Notice.state) == NoticeState.WAITING)
        .group_by(col(Endpoint.channel))
    )
    return {str(channel): count for channel, count in found}


async def _endpoints(session: AsyncSession) -> dict[tuple[str, str], int]:
    facts = (
        col(Endpoint.channel),
        col(Endpoint.disabled_at).is_not(None),
        col(Endpoint.paused_at).is_not(None),
        sa.func.least(col(Endpoint.failures), DOWN_AFTER_FAILURES),
    )
    counted: Counter[tuple[str, str]] = Counter()
    for channel, disabled, paused, failures, count in await session.execute(
        sa.select(*facts, sa.func.count()).group_by(*facts)
    ):
        counted[str(channel), str(state_of(disabled=disabled, paused=paused, failures=failures))] += count
    return dict(counted)


async def _stations(session: AsyncSession) -> dict[str, int]:
    node = col(StationConnection.node)
    found = await session.execute(sa.select(node, sa.func.count()).group_by(node))
    return {str(name): count for name, count in found}
