"""What is due, and what the operator has settled for how long things may take."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.tables.asset import Asset
from models.tables.deadline import EVERYWHERE, Deadline
from models.tables.placement import LocationAttempt, PlacementRequest
from models.tables.site import Site
from models.tables.task import Task
from models.tables.work_order import WorkOrder

Stage = PlacementRequest | WorkOrder | Asset
"""A row whose stage has a deadline."""
Timed = Task | PlacementRequest | WorkOrder | Asset
TIMED: tuple[type[Timed], ...] = (PlacementRequest, WorkOrder, Asset, Task)
T = TypeVar("T", bound=Timed)


async def settled(session: AsyncSession, process: str, stage: str, country: str) -> Deadline | None:
    """What holds for the stage in the country: its own line, else the one for everywhere."""
    return (await session.execute(settled_query(process, stage, country))).scalar_one_or_none()


def settled_query(process: str, stage: str, country: str | sa.BindParameter[str]) -> sa.Select[Deadline]:
    return (
        sa.select(Deadline)
        .where(
            col(Deadline.process) == process,
            col(Deadline.stage) == stage,
            sa.or_(col(Deadline.country) == country, col(Deadline.country) == EVERYWHERE),
        )
        .order_by(col(Deadline.country).desc())
        .limit(1)
    )


async def all_settled(session: AsyncSession) -> Sequence[Deadline]:
    found = await session.execute(
        select(Deadline).order_by(col(Deadline.process), col(Deadline.stage), col(Deadline.country))
    )
    return found.scalars().all()


async def country_of(session: AsyncSession, row: Stage) -> str | None:
    """The country of the location in play, or of the site."""
    query = select(LocationAttempt.country)
    if isinstance(row, PlacementRequest):
        query = query.where(col(LocationAttempt.placement_id) == row.id).order_by(col(LocationAttempt.number).desc())
    elif row.site_id is not None:
        query = select(Site.country).where(col(Site.id) == row.site_id)
    else:
        query = query.where(col(LocationAttempt.id) == row.attempt_id)
    return (await session.execute(query.limit(1))).scalar_one_or_none()


async def next_at(session: AsyncSession) -> datetime | None:
    """The next instant at which somebody is told; None where nothing has a deadline."""
    earliest = [select(sa.func.min(col(table.tell_at)).label("at")) for table in TIMED]
    together = sa.union_all(*earliest).subquery()
    found: datetime | None = (await session.execute(sa.select(sa.func.min(together.c.at)))).scalar_one()
    return found


async def to_tell(session: AsyncSession, now: datetime, limit: int) -> Sequence[tuple[type[Timed], UUID]]:
    """Whose time has come, longest ago first."""
    queries: list[Any] = [
        select(sa.literal(place).label("place"), col(table.id).label("id"), col(table.tell_at).label("at")).where(
            col(table.tell_at) <= now
        )
        for place, table in enumerate(TIMED)
    ]
    together = sa.union_all(*queries).subquery()
    found = await session.execute(
        sa.select(together.c.place, together.c.id).order_by(together.c.at, together.c.id).limit(limit)
    )
    return [(TIMED[place], row_id) for place, row_id in found.all()]


async def take(session: AsyncSession, table: type[T], row_id: UUID, now: datetime) -> T | None:
    """The row, where it is still time to tell and nobody else works on it just now."""
    found = await session.execute(
        select(table)
        .where(col(table.id) == row_id, col(table.tell_at) <= now)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def lock_stage(session: AsyncSession, subject_id: UUID) -> Stage | None:
    """The placement, work order or station of this id, where it is one."""
    tables: tuple[type[Stage], ...] = (PlacementRequest, WorkOrder, Asset)
    for table in tables:
        found: Stage | None = await session.get(table, subject_id, with_for_update=True)
        if found is not None:
            return found
    return None
