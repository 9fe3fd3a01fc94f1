"""Work orders: seen, planned, their lines changed (P8-P10)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import decisions
from api.auth.access import Access, require
from api.etags import IfMatch, Precondition
from api.idempotency import Once
from api.paging import Page, Paging, pages_by
from api.v1 import maps
from api.v1.shapes import sample
from api.v1.work_order_shapes import WorkOrderShape, WorkOrderSummaryShape, work_order_shape, work_order_summary
from models.errors import NotFound
from models.messages.base import Decision, Message
from models.messages.placement import Line, Paragraph
from models.messages.work_order import CancelWorkOrder
from models.rules.access import Permission
from models.rules.work_order import WORK_ORDER
from models.store import work_orders
from models.store.work_orders import WorkOrderFilter
from models.tables.work_order import WorkOrder
from models.usecases import work_order as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/work-orders", tags=["work orders"])

Reading = Annotated[Access, require(Permission.WORK_ORDERS_READ)]
Entering = Annotated[Access, require(Permission.STATIONS_ENTER)]
ChangingLines = Annotated[Access, require(Permission.WORK_ORDERS_CHANGE_LINES)]

_PRODUCT = {"product": "DUO-22"}


class Cancelled(Message):
    reason: Paragraph


class LineProduct(Message):
    product: Line
    """The product's code."""


@router.get("", summary="Work orders, newest first; a partner sees those it installs or owns")
async def show_all(
    access: Reading,
    paging: Annotated[Paging, pages_by(reference=str, planned_for=date)],
    wanted: Annotated[WorkOrderFilter, Depends()],
) -> Page[WorkOrderSummaryShape]:
    """Those without a planned day stand behind all others when sorted by it."""
    async with access.reading() as session:
        rows = await work_orders.page(session, access.viewer, wanted, paging.window)
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


@router.post(
    "/{reference}/lines", status_code=201, response_model=WorkOrderShape, summary="Add a line: one station more"
)
async def add_line(
    reference: str,
    body: Annotated[LineProduct, sample(**_PRODUCT)],
    access: ChangingLines,
    once: Once,
    condition: IfMatch,
) -> Response:
    async def create(work: Work) -> WorkOrderShape:
        order = await _to_change(work, access, reference, condition)
        await usecase.add_line(work, order, body.product)
        return await work_order_shape(work.session, access, order)

    return await once.answer(access, create)


@router.patch("/{reference}/lines/{line_id}", summary="Ask for another product on a line without hardware")
async def change_line(
    reference: str,
    line_id: UUID,
    body: Annotated[LineProduct, sample(**_PRODUCT)],
    access: ChangingLines,
    condition: IfMatch,
) -> WorkOrderShape:
    """Answers that the line's acceptance test had already are dropped: the questions are another product's."""
    async with access.work() as work:
        order = await _to_change(work, access, reference, condition)
        await usecase.change_line(work, order, line_id, body.product)
        await work.session.flush()
        return condition.answered(await work_order_shape(work.session, access, order), f"/v1/work-orders/{reference}")


@router.delete("/{reference}/lines/{line_id}", summary="Remove a line without hardware; the last one stays")
async def remove_line(reference: str, line_id: UUID, access: ChangingLines, condition: IfMatch) -> WorkOrderShape:
    async with access.work() as work:
        order = await _to_change(work, access, reference, condition)
        await usecase.remove_line(work, order, line_id)
        await work.session.flush()
        return condition.answered(await work_order_shape(work.session, access, order), f"/v1/work-orders/{reference}")


@router.post("/{reference}/cancel", summary="Call off stations that came without a placement request")
async def cancel(
    reference: str, body: Annotated[Cancelled, sample(reason="Entered twice")], access: Entering, once: Once
) -> WorkOrderShape:
    """Possible until the acceptance test is approved. The stations are deregistered, their hardware is unlinked: what
    is ours goes back to the warehouse. A work order of a placement request is cancelled with that.
    """
    return await decide(access, reference, "cancel", await once.decision(access, CancelWorkOrder, reason=body.reason))


async def found(session: AsyncSession, access: Access, reference: str) -> WorkOrder:
    """Raises NotFound where there is none that the caller sees."""
    return _or_not_found(await work_orders.find(session, reference, access.viewer), reference)


async def to_work_on(session: AsyncSession, access: Access, reference: str) -> WorkOrder:
    """Raises NotFound where there is none that the caller may do anything to."""
    return _or_not_found(await work_orders.find_to_work_on(session, reference, access.viewer), reference)


async def _to_change(work: Work, access: Access, reference: str, condition: Precondition) -> WorkOrder:
    """Locked, and as the caller has seen it. Raises NotFound, PreconditionFailed."""
    order = await to_work_on(work.session, access, reference)
    await work_orders.lock(work.session, order.id)
    await condition.check(lambda: work_order_shape(work.session, access, order))
    return order


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
