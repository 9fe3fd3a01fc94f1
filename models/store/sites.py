"""Places and sites: where stations stand, whether somebody asked for them or not."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.tables.asset import Evse
from models.tables.site import Place, Site
from models.tables.work_order import LineEvse


def place_of(attempt: Place | None, site: Place | None) -> Place:
    """Where it is: a location attempt's place, or a site. Raises ValueError where there is neither."""
    place = attempt or site
    if place is None:
        raise ValueError("every work order has a place")
    return place


def at_place(table: type[Place], pattern: str) -> sa.ColumnElement[bool]:
    """Whether the address is like the pattern."""
    return sa.or_(*(col(part).ilike(pattern) for part in (table.street, table.postal_code, table.city)))


async def find_named(session: AsyncSession, owner_id: UUID, reference: str) -> Site | None:
    """The site that its owner calls so, held until the transaction ends."""
    found = await session.execute(
        select(Site).where(col(Site.owner_id) == owner_id, col(Site.reference) == reference).with_for_update()
    )
    return found.scalar_one_or_none()


async def taken_evse_ids(session: AsyncSession, evse_ids: Collection[str]) -> set[str]:
    """Which of the ids some EVSE has, or a station to come will bring."""
    if not evse_ids:
        return set()
    found = await session.execute(
        sa.union(
            select(Evse.evse_id).where(col(Evse.evse_id).in_(evse_ids)),
            select(LineEvse.evse_id).where(col(LineEvse.evse_id).in_(evse_ids)),
        )
    )
    return set(found.scalars())


async def free_evse_ids(session: AsyncSession, asset_ids: Collection[UUID], evse_ids: Collection[str]) -> None:
    """The stations will not come: the ids that they brought can be entered again."""
    await session.execute(
        sa.delete(Evse)
        .where(col(Evse.asset_id).in_(asset_ids), col(Evse.evse_id).in_(evse_ids))
        .execution_options(synchronize_session="fetch")
    )
