"""Work orders: seen, planned, their lines changed (P8-P10)."""

from datetime import UTC, date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import decisions
from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1 import maps
from api.v1.shapes import sample
from api.v1.work_order_shapes import WorkOrderShape, WorkOrderSummaryShape, work_order_shape, work_order_summary
from models.errors import InvalidInput, NotFound
from models.messages.base import Decision, Message
from models.messages.placement import Line
from models.messages.work_order import PlanWorkOrder
from models.rules.access import Permission
from models.rules.work_order import WORK_ORDER, WorkOrderStage
from models.store import work_orders
from models.tables.work_order import WorkOrder
from models.usecases import work_order as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/work-orders", tags=["work orders"])

Reading = Annotated[Access, require(Permission.WORK_ORDERS_READ)]
Planning = Annotated[Access, require(Permission.WORK_ORDERS_PLAN)]
ChangingLines = Annotated[Access, require(Permission.WORK_ORDERS_CHANGE_LINES)]

_PRODUCT = {"product": "DUO-22"}


class Plan(Message):
    planned_for: date
    """The day on which the crew comes, where the stations are to stand."""


class LineProduct(Message):
    product: Line
    """The product's code."""


@router.get("", summary="Work orders, newest first; a partner sees those it installs or owns")
async def show_all(
    access: Reading, paging: Pages, stage: Annotated[WorkOrderStage | None, Query()] = None
) -> Page[WorkOrderSummaryShape]:
    async with access.reading() as session:
        rows = await work_orders.page(session, access.viewer, stage=stage, after=paging.after, limit=paging.fetch)
        around = await work_orders.around(session, [row.id for row in rows])
    return paging.page(rows, lambda row: work_order_summary(access, row, around[row.id]))


@router.get("/{reference}", summary="One work order, with what the installer needs on site")
async def show(reference: str, access: Reading) -> WorkOrderShape:
    async with access.reading() as session:
        return await work_order_shape(session, access, await found(session, access, reference))


@router.get(
    "/{reference}/map.svg",
    summary="Where the work order stands on its process map",
    response_class=Response,
    responses=maps.RESPONSES,
)
async def show_map(reference: str, access: Reading) -> Response:
    async with access.reading() as session:
        order = await found(session, access, reference)
        entries = await work_orders.timeline(session, order.id)
    return maps.answer(WORK_ORDER, order.stage, maps.visited(WORK_ORDER, entries, "work order"))


@router.post("/{reference}/plan", summary="Say when the crew comes, or comes instead")
async def plan(
    reference: str, body: Annotated[Plan, sample(planned_for="2026-12-08")], access: Planning, once: Once
) -> WorkOrderShape:
    if body.planned_for < access.services.desk.clock().astimezone(UTC).date():
        raise InvalidInput("This day is over; name today or a later one", field="/planned_for")
    decision = PlanWorkOrder(
        decision_id=await once.decision_id(access),
        actor=access.actor,
        correlation_id=access.correlation_id,
        planned_for=body.planned_for,
    )
    return await decide(access, reference, "plan", decision)


@router.post(
    "/{reference}/lines", status_code=201, response_model=WorkOrderShape, summary="Add a line: one station more"
)
async def add_line(
    reference: str, body: Annotated[LineProduct, sample(**_PRODUCT)], access: ChangingLines, once: Once
) -> Response:
    async def create(work: Work) -> WorkOrderShape:
        order = await to_work_on(work.session, access, reference)
        await usecase.add_line(work, order, body.product)
        return await work_order_shape(work.session, access, order)

    return await once.answer(access, create)


@router.patch("/{reference}/lines/{line_id}", summary="Ask for another product on a line without hardware")
async def change_line(
    reference: str, line_id: UUID, body: Annotated[LineProduct, sample(**_PRODUCT)], access: ChangingLines
) -> WorkOrderShape:
    """Answers that the line's acceptance test had already are dropped: the questions are another product's."""
    async with access.work() as work:
        order = await to_work_on(work.session, access, reference)
        await usecase.change_line(work, order, line_id, body.product)
        await work.session.flush()
        return await work_order_shape(work.session, access, order)


@router.delete("/{reference}/lines/{line_id}", summary="Remove a line without hardware; the last one stays")
async def remove_line(reference: str, line_id: UUID, access: ChangingLines) -> WorkOrderShape:
    async with access.work() as work:
        order = await to_work_on(work.session, access, reference)
        await usecase.remove_line(work, order, line_id)
        await work.session.flush()
        return await work_order_shape(work.session, access, order)


async def found(session: AsyncSession, access: Access, reference: str) -> WorkOrder:
    """Raises NotFound where there is none that the caller sees."""
    return _or_not_found(await work_orders.find(session, reference, access.viewer), reference)


async def to_work_on(session: AsyncSession, access: Access, reference: str) -> WorkOrder:
    """Raises NotFound where there is none that the caller may do anything to."""
    return _or_not_found(await work_orders.find_to_work_on(session, reference, access.viewer), reference)


async def decide(access: Access, reference: str, name: str, decision: Decision) -> WorkOrderShape:
    """Put a decision to the work order's process, and show the work order as it stands then."""
    async with access.reading() as session:
        order = await to_work_on(session, access, reference)
    await put(access, order, name, decision)
    async with access.reading() as session:
        return await work_order_shape(session, access, await to_work_on(session, access, reference))


async def put(access: Access, order: WorkOrder, name: str, decision: Decision) -> None:
    await decisions.put(
        access,
        usecase.workflow_id(order.reference),
        name,
        decision,
        subject="work order",
        subject_id=order.id,
        placement_id=order.placement_id,
    )


def _or_not_found(order: WorkOrder | None, reference: str) -> WorkOrder:
    if order is None:
        raise NotFound(f"There is no work order '{reference}' for your organisation")
    return order
