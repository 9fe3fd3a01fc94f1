"""Work orders and their lines."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.work_order import WorkOrderStage
from models.store.viewer import Viewer
from models.tables.asset import Asset
from models.tables.tender import Product
from models.tables.unit import Unit
from models.tables.work_order import WORK_ORDER_NUMBER, WorkOrder, WorkOrderLine


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(WORK_ORDER_NUMBER.next_value().select())).scalar_one())


async def lock(session: AsyncSession, work_order_id: UUID) -> WorkOrder:
    found = await session.execute(select(WorkOrder).where(col(WorkOrder.id) == work_order_id).with_for_update())
    return found.scalar_one()


async def find(session: AsyncSession, reference: str, viewer: Viewer) -> WorkOrder | None:
    found = await session.execute(
        select(WorkOrder).where(
            col(WorkOrder.reference) == reference, viewer.sees(col(WorkOrder.installer_id), col(WorkOrder.owner_id))
        )
    )
    return found.scalar_one_or_none()


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
