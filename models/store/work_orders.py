"""Work orders and their lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from models.rules.work_order import WorkOrderStage
from models.store.viewer import Viewer
from models.tables.access import Organisation
from models.tables.asset import Asset
from models.tables.placement import LocationAttempt, PlacementRequest
from models.tables.sat import Sat
from models.tables.tender import Product
from models.tables.timeline import TimelineEntry
from models.tables.unit import Unit
from models.tables.work_order import WORK_ORDER_NUMBER, WorkOrder, WorkOrderLine


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(WORK_ORDER_NUMBER.next_value().select())).scalar_one())


async def lock(session: AsyncSession, work_order_id: UUID) -> WorkOrder:
    found = await session.execute(
        select(WorkOrder)
        .where(col(WorkOrder.id) == work_order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def find(session: AsyncSession, reference: str, viewer: Viewer) -> WorkOrder | None:
    found = await session.execute(
        select(WorkOrder).where(
            col(WorkOrder.reference) == reference, viewer.sees(col(WorkOrder.installer_id), col(WorkOrder.owner_id))
        )
    )
    return found.scalar_one_or_none()


async def find_to_work_on(session: AsyncSession, reference: str, viewer: Viewer) -> WorkOrder | None:
    """As its installer, or as one who may do so for all; the service partner that owns it only reads it."""
    found = await session.execute(
        select(WorkOrder).where(col(WorkOrder.reference) == reference, viewer.sees(col(WorkOrder.installer_id)))
    )
    return found.scalar_one_or_none()


@dataclass(frozen=True)
class Around:
    """What stands around a work order: whom it is for, where, and who works on it."""

    placement: PlacementRequest
    attempt: LocationAttempt
    installer: Organisation
    owner: Organisation
    sat: Sat


async def around(session: AsyncSession, work_order_ids: Sequence[UUID]) -> dict[UUID, Around]:
    """What belongs to several work orders, by their ids."""
    installer, owner = aliased(Organisation), aliased(Organisation)
    found = await session.execute(
        sa.select(col(WorkOrder.id), PlacementRequest, LocationAttempt, installer, owner, Sat)
        .join(PlacementRequest, col(PlacementRequest.id) == col(WorkOrder.placement_id))
        .join(LocationAttempt, col(LocationAttempt.id) == col(WorkOrder.attempt_id))
        .join(installer, col(installer.id) == col(WorkOrder.installer_id))
        .join(owner, col(owner.id) == col(WorkOrder.owner_id))
        .join(Sat, col(Sat.work_order_id) == col(WorkOrder.id))
        .where(col(WorkOrder.id).in_(work_order_ids))
    )
    return {row[0]: Around(*row[1:]) for row in found.all()}


async def timeline(session: AsyncSession, work_order_id: UUID) -> Sequence[TimelineEntry]:
    """What was put on record about the work order itself, oldest first."""
    found = await session.execute(
        select(TimelineEntry)
        .where(col(TimelineEntry.subject_id) == work_order_id)
        .order_by(col(TimelineEntry.at), col(TimelineEntry.id))
    )
    return found.scalars().all()


async def page(
    session: AsyncSession, viewer: Viewer, *, stage: WorkOrderStage | None, after: UUID | None, limit: int
) -> Sequence[WorkOrder]:
    """Newest first; ``after`` is the last id of the page before."""
    query = select(WorkOrder).where(viewer.sees(col(WorkOrder.installer_id), col(WorkOrder.owner_id)))
    if stage is not None:
        query = query.where(col(WorkOrder.stage) == stage)
    if after is not None:
        query = query.where(col(WorkOrder.id) < after)
    found = await session.execute(query.order_by(col(WorkOrder.id).desc()).limit(limit))
    return found.scalars().all()


async def of_placement(session: AsyncSession, placement_id: UUID) -> WorkOrder | None:
    found = await session.execute(select(WorkOrder).where(col(WorkOrder.placement_id) == placement_id))
    return found.scalar_one_or_none()


async def of_asset(session: AsyncSession, asset_id: UUID) -> WorkOrder | None:
    """The work order on which the station was installed."""
    found = await session.execute(
        select(WorkOrder)
        .join(WorkOrderLine, col(WorkOrderLine.work_order_id) == col(WorkOrder.id))
        .where(col(WorkOrderLine.asset_id) == asset_id)
    )
    return found.scalar_one_or_none()


async def line(session: AsyncSession, work_order_id: UUID, line_id: UUID) -> WorkOrderLine | None:
    found = await session.execute(
        select(WorkOrderLine).where(col(WorkOrderLine.id) == line_id, col(WorkOrderLine.work_order_id) == work_order_id)
    )
    return found.scalar_one_or_none()


async def line_of_unit(session: AsyncSession, unit_id: UUID) -> WorkOrderLine | None:
    found = await session.execute(select(WorkOrderLine).where(col(WorkOrderLine.unit_id) == unit_id))
    return found.scalar_one_or_none()


async def lines(
    session: AsyncSession, work_order_id: UUID
) -> Sequence[tuple[WorkOrderLine, Product, Unit | None, Asset | None]]:
    """The lines in their order, each with its product and, where there are, its hardware and its station."""
    found = await session.execute(
        select(WorkOrderLine, Product, Unit, Asset)
        .join(Product, col(Product.id) == col(WorkOrderLine.product_id))
        .outerjoin(Unit, col(Unit.id) == col(WorkOrderLine.unit_id))
        .outerjoin(Asset, col(Asset.id) == col(WorkOrderLine.asset_id))
        .where(col(WorkOrderLine.work_order_id) == work_order_id)
        .order_by(col(WorkOrderLine.number))
    )
    return [(line, product, unit, asset) for line, product, unit, asset in found.all()]
