"""Hardware units."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.viewer import Viewer
from models.tables.unit import Unit, UnitState


async def lock_by_hardware_id(session: AsyncSession, hardware_id: str) -> Unit | None:
    found = await session.execute(select(Unit).where(col(Unit.hardware_id) == hardware_id).with_for_update())
    return found.scalar_one_or_none()


async def find(session: AsyncSession, hardware_id: str, viewer: Viewer) -> Unit | None:
    found = await session.execute(
        select(Unit).where(col(Unit.hardware_id) == hardware_id, viewer.sees(col(Unit.holder_id)))
    )
    return found.scalar_one_or_none()


async def lock(session: AsyncSession, unit_id: UUID) -> Unit:
    found = await session.execute(select(Unit).where(col(Unit.id) == unit_id).with_for_update())
    return found.scalar_one()


async def page(
    session: AsyncSession, viewer: Viewer, *, state: UnitState | None, after: UUID | None, limit: int
) -> Sequence[Unit]:
    """Newest first; an installer sees the units that it holds."""
    query = select(Unit).where(viewer.sees(col(Unit.holder_id)))
    if state is not None:
        query = query.where(col(Unit.state) == state)
    if after is not None:
        query = query.where(col(Unit.id) < after)
    found = await session.execute(query.order_by(col(Unit.id).desc()).limit(limit))
    return found.scalars().all()


async def known_values(session: AsyncSession, field: str, values: Collection[str]) -> set[str]:
    """Which of the values some unit has already; ``field`` names a column."""
    column = getattr(Unit, field)
    found = await session.execute(select(column).where(column.in_(values)))
    return set(found.scalars())


async def refreshed(session: AsyncSession, ids: Collection[UUID]) -> Sequence[Unit]:
    """The units as they are stored, in the order in which they were made."""
    found = await session.execute(
        select(Unit).where(col(Unit.id).in_(ids)).order_by(col(Unit.id)).execution_options(populate_existing=True)
    )
    return found.scalars().all()
