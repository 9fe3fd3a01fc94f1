"""Places and sites: where stations stand, whether somebody asked for them or not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.tables.asset import Asset, Evse
from models.tables.placement import LocationAttempt
from models.tables.site import Place, Site
from models.tables.tender import Product
from models.tables.unit import Unit
from models.tables.work_order import LineEvse, WorkOrder, WorkOrderLine


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


async def whereabouts(session: AsyncSession, asset_id: UUID) -> tuple[str, Place | None]:
    """A station's name, and where it stands as far as that is on record."""
    found = await session.execute(
        sa.select(col(Asset.name), LocationAttempt, Site)
        .outerjoin(LocationAttempt, col(LocationAttempt.id) == col(Asset.attempt_id))
        .outerjoin(Site, col(Site.id) == col(Asset.site_id))
        .where(col(Asset.id) == asset_id)
    )
    name, attempt, site = found.one()
    return name, attempt or site


@dataclass(frozen=True)
class Entered:
    """A station that was entered and not called off."""

    unit: Unit
    product: str
    """The product's code."""
    site: Site
    work_order: str
    """The reference of its work order."""


async def entered(session: AsyncSession, serials: Collection[str]) -> dict[str, Entered]:
    """The stations that were entered with hardware of these serials, by them."""
    found = await session.execute(
        sa.select(Unit, col(Product.code), Site, col(WorkOrder.reference))
        .join(WorkOrderLine, col(WorkOrderLine.unit_id) == col(Unit.id))
        .join(WorkOrder, col(WorkOrder.id) == col(WorkOrderLine.work_order_id))
        .join(Site, col(Site.id) == col(WorkOrder.site_id))
        .join(Product, col(Product.id) == col(WorkOrderLine.product_id))
        .where(col(Unit.serial).in_(serials))
    )
    return {row[0].serial: Entered(*row) for row in found.all()}


async def all_named(session: AsyncSession, references: Collection[str]) -> Sequence[Site]:
    """The sites that some owner calls so."""
    found = await session.execute(select(Site).where(col(Site.reference).in_(references)))
    return found.scalars().all()


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
