"""A placement is withdrawn or cancelled, and what was done for it is undone, one transaction per step (P20)."""

from uuid import UUID

from models.errors import NotFound
from models.messages.placement import CancelPlacement, PlacementProgress, WithdrawPlacement
from models.rules.access import Role
from models.rules.placement import PlacementEvent, PlacementStage
from models.rules.undoing import RETURN_HARDWARE_DAYS, Ending
from models.rules.work_order import WORK_ORDER
from models.store import organisations, placements, units, work_orders
from models.tables.placement import PlacementRequest
from models.tables.task import TaskKind
from models.tables.unit import Unit, UnitState
from models.tables.work_order import WorkOrder, WorkOrderLine
from models.usecases import commissioning, placement, task, work_order
from models.usecases.work import Work

_EVENTS = {
    Ending.WITHDRAWN: (PlacementEvent.WITHDRAW, PlacementEvent.WITHDRAWAL_DONE),
    Ending.CANCELLED: (PlacementEvent.CANCEL, PlacementEvent.CANCELLATION_DONE),
}
"""With which the undoing begins and ends."""


async def withdraw(work: Work, placement_id: UUID, decision: WithdrawPlacement) -> PlacementProgress:
    """The requester wants no station any more. Raises StageDoesNotAllow from the acceptance on."""
    return await _begin(work, placement_id, Ending.WITHDRAWN, decision.reason)


async def cancel(work: Work, placement_id: UUID, decision: CancelPlacement) -> PlacementProgress:
    """Operations calls the placement off. Raises StageDoesNotAllow from the acceptance on."""
    return await _begin(work, placement_id, Ending.CANCELLED, decision.reason)


async def cancel_work_order(work: Work, work_order_id: UUID) -> PlacementProgress:
    """Nobody drives out any more: the work order ends, its installer is told, what was filled in is kept."""
    order = await work_orders.lock(work.session, work_order_id)
    request = await _placement_of(work, order)
    if not WORK_ORDER.is_terminal(order.stage):
        await work_order.cancel(work, order, request.ending_reason)
    return await placement.progress(work, request)


async def deregister_station(work: Work, asset_id: UUID) -> PlacementProgress:
    """The platform refuses the station's identity from now on."""
    await commissioning.cancel(work, asset_id)
    return await load_by_part(work, asset_id)


async def unlink_hardware(work: Work, line_id: UUID) -> PlacementProgress:
    """The line's unit is the installer's to bring back, and the warehouse is told to await it."""
    line = await work.session.get_one(WorkOrderLine, line_id)
    order = await work_orders.lock(work.session, line.work_order_id)
    request = await _placement_of(work, order)
    await work.session.refresh(line)
    if line.unit_id is not None:
        unit = await units.lock(work.session, line.unit_id)
        line.unit_id, unit.state, unit.return_for = None, UnitState.HANDED_OVER, request.id
        work_order.record(work, order, "hardware unlinked", line=line.number, hardware_id=unit.hardware_id)
        await ask_warehouse(work, order, unit)
    return await placement.progress(work, request)


async def _placement_of(work: Work, order: WorkOrder) -> PlacementRequest:
    """Locked. Raises NotFound."""
    if order.placement_id is None:
        raise NotFound(f"Work order {order.reference} belongs to no placement")
    return await placements.lock(work.session, order.placement_id)


async def load_by_part(work: Work, part_id: UUID) -> PlacementProgress:
    """Where the placement of a work order, a line or a station stands. Raises NotFound."""
    placement_id = await placements.of_subject(work.session, part_id)
    if placement_id is None:
        raise NotFound("That belongs to no placement")
    return await placement.load(work, placement_id)


async def finish(work: Work, placement_id: UUID) -> PlacementProgress:
    """Everything is undone; the placement has reached its end."""
    request = await placements.lock(work.session, placement_id)
    if request.stage is PlacementStage.UNDOING and request.ending is not None:
        await placement.advance(work, request, _EVENTS[request.ending][1])
        await placement.end(work, request)
    return await placement.progress(work, request)


async def _begin(work: Work, placement_id: UUID, ending: Ending, reason: str | None) -> PlacementProgress:
    request = await placements.lock(work.session, placement_id)
    await placement.advance(work, request, _EVENTS[ending][0], why=reason)
    request.ending, request.ending_reason = ending, reason
    for kind in (TaskKind.REVIEW_PLACEMENT, TaskKind.PROPOSE_LOCATION):
        await task.close_task(work, kind, request.id)
    await _tell(work, request, ending)
    return await placement.progress(work, request)


async def _tell(work: Work, request: PlacementRequest, ending: Ending) -> None:
    """At once: whoever asked for stations need not wait until the last box is back."""
    await placement.tell_requester(work, request, f"placement.{ending.value}", reason=request.ending_reason)


async def ask_warehouse(work: Work, order: WorkOrder, unit: Unit) -> None:
    """The unit is to be booked in again."""
    operator = await organisations.operator(work.session)
    installer = await organisations.named(work.session, order.installer_id)
    title = f"Book hardware {unit.hardware_id} of work order {order.reference} in again; {installer.name} has it"
    await task.open_task(
        work,
        TaskKind.RETURN_HARDWARE,
        Role.WAREHOUSE,
        operator.id,
        unit.id,
        unit.hardware_id,
        title,
        working_days=RETURN_HARDWARE_DAYS,
    )
