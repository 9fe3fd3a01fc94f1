"""Crews of partners and of the operator."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.viewer import Viewer
from models.tables.crew import Crew


async def lock_named(session: AsyncSession, organisation_id: UUID, name: str) -> Crew | None:
    """The organisation's crew of this name, in whatever case, held until the transaction ends: it is planned once."""
    found = await session.execute(
        select(Crew)
        .where(col(Crew.organisation_id) == organisation_id, sa.func.lower(Crew.name) == name.lower())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def lock(session: AsyncSession, crew_id: UUID, viewer: Viewer) -> Crew | None:
    found = await session.execute(
        select(Crew).where(col(Crew.id) == crew_id, viewer.sees(col(Crew.organisation_id))).with_for_update()
    )
    return found.scalar_one_or_none()


async def named(session: AsyncSession, crew_id: UUID | None) -> Crew | None:
    return None if crew_id is None else await session.get_one(Crew, crew_id)


async def page(session: AsyncSession, viewer: Viewer, *, after: UUID | None, limit: int) -> Sequence[Crew]:
    """Newest first; ``after`` is the last id of the page before."""
    query = select(Crew).where(viewer.sees(col(Crew.organisation_id)))
    if after is not None:
        query = query.where(col(Crew.id) < after)
    found = await session.execute(query.order_by(col(Crew.id).desc()).limit(limit))
    return found.scalars().all()


async def count(session: AsyncSession, organisation_id: UUID) -> int:
    found = await session.execute(
        select(sa.func.count()).select_from(Crew).where(col(Crew.organisation_id) == organisation_id)
    )
    return found.scalar_one()
