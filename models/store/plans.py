"""When crews come: plans, crews, and what a plan has to fit in with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.planning import WINDOW_LIMIT, Booking, Plan, Shortage, Situation, Window
from models.rules.work_order import WorkOrderStage
from models.store.sites import place_of
from models.store.viewer import Viewer
from models.tables.crew import Crew
from models.tables.placement import LocationAttempt
from models.tables.plan import PlanCall, PlanHook, WorkOrderPlan
from models.tables.site import Place, Site
from models.tables.tender import Product
from models.tables.unit import Unit, UnitState
from models.tables.work_order import WorkOrder, WorkOrderLine

UNDER_WAY = frozenset({WorkOrderStage.PLANNED, WorkOrderStage.IN_PROGRESS})
"""While a work order takes its crew's time."""


def plan_of(row: WorkOrder | WorkOrderPlan) -> Plan | None:
    """The plan that stands in a row, where there is one."""
    if row.planned_for is None:
        return None
    window = Window(row.starts_at, row.ends_at) if row.starts_at and row.ends_at else None
    return Plan(row.planned_for, window)


async def history(session: AsyncSession, work_order_id: UUID) -> Sequence[tuple[WorkOrderPlan, str | None]]:
    """Every plan of the work order with its crew's name, the one that holds first."""
    found = await session.execute(
        select(WorkOrderPlan, Crew.name)
        .outerjoin(Crew, col(Crew.id) == col(WorkOrderPlan.crew_id))
        .where(col(WorkOrderPlan.work_order_id) == work_order_id)
        .order_by(col(WorkOrderPlan.number).desc())
    )
    return [(plan, name) for plan, name in found.all()]


async def latest(session: AsyncSession, work_order_id: UUID) -> WorkOrderPlan | None:
    found = await session.execute(
        select(WorkOrderPlan)
        .where(col(WorkOrderPlan.work_order_id) == work_order_id)
        .order_by(col(WorkOrderPlan.number).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def situation(session: AsyncSession, order: WorkOrder, crew: Crew | None, plan: Plan) -> Situation:
    """What stands around a plan of this work order for this crew."""
    return Situation(
        crew=crew.name if crew else None,
        bookings=await _bookings(session, order, crew, plan) if crew else (),
        grid_date=None if order.attempt_id is None else await _grid_date(session, order.attempt_id),
        shortages=await _shortages(session, order),
    )


async def _bookings(session: AsyncSession, order: WorkOrder, crew: Crew, plan: Plan) -> Sequence[Booking]:
    first, last = plan.day - WINDOW_LIMIT, plan.day + WINDOW_LIMIT
    found = await session.execute(
        select(WorkOrder)
        .where(
            col(WorkOrder.crew_id) == crew.id,
            col(WorkOrder.id) != order.id,
            col(WorkOrder.stage).in_(UNDER_WAY),
            col(WorkOrder.planned_for).between(first, last),
        )
        .order_by(col(WorkOrder.planned_for), col(WorkOrder.id))
    )
    planned = [(other.reference, plan_of(other)) for other in found.scalars()]
    return [Booking(reference, its_plan) for reference, its_plan in planned if its_plan is not None]


async def _grid_date(session: AsyncSession, attempt_id: UUID) -> date | None:
    attempt = await session.get_one(LocationAttempt, attempt_id)
    if attempt.connected_at is not None or attempt.scheduled_for is None:
        return None
    return date.fromisoformat(attempt.scheduled_for)


async def _shortages(session: AsyncSession, order: WorkOrder) -> Sequence[Shortage]:
    linked = select(WorkOrderLine.id).where(col(WorkOrderLine.unit_id) == col(Unit.id)).exists()
    handed_over = (
        select(sa.func.count())
        .select_from(Unit)
        .where(
            col(Unit.product_id) == col(Product.id),
            col(Unit.state) == UnitState.HANDED_OVER,
            col(Unit.holder_id) == order.installer_id,
            ~linked,
        )
        .correlate(Product)
        .scalar_subquery()
    )
    wanted = sa.func.count(col(WorkOrderLine.id))
    found = await session.execute(
        sa.select(col(Product.code), wanted, handed_over)
        .join(WorkOrderLine, col(WorkOrderLine.product_id) == col(Product.id))
        .where(col(WorkOrderLine.work_order_id) == order.id, col(WorkOrderLine.unit_id).is_(None))
        .group_by(col(Product.id), col(Product.code))
        .order_by(col(Product.code))
    )
    return [Shortage(code, needed, there) for code, needed, there in found.all() if there < needed]


@dataclass(frozen=True)
class FeedItem:
    """A planned work order as a calendar shows it; ``stations`` is how many lines it has."""

    order: WorkOrder
    plan: WorkOrderPlan
    place: Place
    crew: str | None
    stations: int


async def feed(
    session: AsyncSession, viewer: Viewer, *, crew_id: UUID | None, since: date, limit: int
) -> Sequence[FeedItem]:
    """The plans in force from ``since`` on, for whoever installs; the latest days where there are too many."""
    newest = (
        select(sa.func.max(WorkOrderPlan.number))
        .where(col(WorkOrderPlan.work_order_id) == col(WorkOrder.id))
        .correlate(WorkOrder)
        .scalar_subquery()
    )
    stations = (
        select(sa.func.count())
        .select_from(WorkOrderLine)
        .where(col(WorkOrderLine.work_order_id) == col(WorkOrder.id))
        .correlate(WorkOrder)
        .scalar_subquery()
    )
    query = (
        sa.select(WorkOrder, WorkOrderPlan, LocationAttempt, Site, col(Crew.name), stations)
        .join(WorkOrderPlan, col(WorkOrderPlan.work_order_id) == col(WorkOrder.id))
        .outerjoin(LocationAttempt, col(LocationAttempt.id) == col(WorkOrder.attempt_id))
        .outerjoin(Site, col(Site.id) == col(WorkOrder.site_id))
        .outerjoin(Crew, col(Crew.id) == col(WorkOrderPlan.crew_id))
        .where(
            viewer.sees(col(WorkOrder.installer_id)),
            col(WorkOrderPlan.number) == newest,
            col(WorkOrderPlan.planned_for) >= since,
        )
    )
    if crew_id is not None:
        query = query.where(col(WorkOrderPlan.crew_id) == crew_id)
    found = await session.execute(
        query.order_by(col(WorkOrderPlan.planned_for).desc(), col(WorkOrder.id).desc()).limit(limit)
    )
    return [
        FeedItem(order, plan, place_of(attempt, site), crew, count)
        for order, plan, attempt, site, crew, count in found.all()
    ]


async def call(session: AsyncSession, organisation_id: UUID, webhook_id: str) -> PlanCall | None:
    return await session.get(PlanCall, (organisation_id, webhook_id))


async def hook(session: AsyncSession, organisation_id: UUID) -> PlanHook | None:
    return await session.get(PlanHook, organisation_id)


async def lock_hook(session: AsyncSession, organisation_id: UUID) -> PlanHook | None:
    return await session.get(PlanHook, organisation_id, with_for_update=True)
