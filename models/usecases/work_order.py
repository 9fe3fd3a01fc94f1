"""The installation work order: made from the tender, planned, hardware linked, station by station tested (P8-P13).

Rows are locked in one order everywhere: work order, station, placement, hardware, process.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.errors import (
    HardwareAlreadyLinked,
    HardwareNotHandedOver,
    HardwareNotLinked,
    LineInUse,
    NotFound,
    StageDoesNotAllow,
    UnknownHardware,
    UnknownProduct,
    WrongProduct,
)
from models.messages.work_order import (
    Commissioned,
    LinkHardware,
    StartConnectionTest,
    UnlinkHardware,
    WorkOrderProgress,
)
from models.rules.access import Role
from models.rules.commissioning import COMMISSIONING, CommissioningEvent
from models.rules.placement import PlacementStage
from models.rules.work_order import FILLING_IN, WORK_ORDER, WorkOrderEvent
from models.store import assets, organisations, placements, processes, sats, tenders, units, work_orders
from models.tables.sat import Sat
from models.tables.site import Site
from models.tables.task import TaskKind
from models.tables.tender import Product
from models.tables.unit import Unit, UnitState
from models.tables.work_order import WorkOrder, WorkOrderLine
from models.usecases import commissioning, deadline, notice, process, task, timeline
from models.usecases.work import Work

WORKFLOW = "installation"
_TASKS = (TaskKind.PERFORM_WORK_ORDER, TaskKind.CORRECT_SAT, TaskKind.REVIEW_SAT, TaskKind.RESOLVE_CONFLICT)
"""What may be open about a work order that is cancelled."""


def workflow_id(reference: str) -> str:
    return f"work-order-{reference}"


async def make(work: Work, placement_id: UUID) -> WorkOrder:
    """P8: the work order of an accepted location, with what the tender says. Made once per placement.

    Raises StageDoesNotAllow where the placement was withdrawn or cancelled in the last moment.
    """
    placement = await placements.lock(work.session, placement_id)
    made = await work_orders.of_placement(work.session, placement_id)
    if made is not None:
        return made
    if placement.stage is PlacementStage.UNDOING:
        raise StageDoesNotAllow("The placement was called off; there is no work any more")
    tender = await placements.tender_of(work.session, placement)
    work_order = WorkOrder(
        reference=await _next_reference(work),
        placement_id=placement.id,
        attempt_id=(await placements.latest_attempt(work.session, placement_id)).id,
        installer_id=tender.installer_id,
        owner_id=tender.service_partner_id,
    )
    products = await tenders.products_of(work.session, tender.id)
    wanted = [product for product, quantity in products for _ in range(quantity * placement.stations)]
    await _put_in(work, work_order, wanted)
    await process.enter(work, workflow_id(work_order.reference), WORKFLOW, work_order.id)
    record(work, work_order, "work order made", lines=len(wanted))
    await deadline.enter(work, WORK_ORDER, work_order, None)
    await _tell_installer(work, work_order)
    return work_order


async def begin(
    work: Work, site: Site, installer_id: UUID, owner_id: UUID, wanted: Sequence[tuple[Product, Unit | None]]
) -> tuple[WorkOrder, Sequence[WorkOrderLine]]:
    """L6: the work order of stations that nobody has asked for, each with the hardware that it brings.

    Its process has no parent, and begins by itself.
    """
    work_order = WorkOrder(
        reference=await _next_reference(work), site_id=site.id, installer_id=installer_id, owner_id=owner_id
    )
    lines = await _put_in(work, work_order, [product for product, _ in wanted])
    record(work, work_order, "stations entered", lines=len(lines), site=site.reference)
    for line, (_, unit) in zip(lines, wanted, strict=True):
        if unit is not None:
            line.unit_id = unit.id
            work_order.stage = WORK_ORDER.next(work_order.stage, WorkOrderEvent.LINK_HARDWARE)
            record(work, work_order, "link hardware", line=line.number, hardware_id=unit.hardware_id)
    await deadline.begin(work, WORK_ORDER, work_order, site.country)
    await _tell_installer(work, work_order)
    await process.begin(work, workflow_id(work_order.reference), WORKFLOW, work_order.id, work_order.reference)
    return work_order, lines


async def _next_reference(work: Work) -> str:
    return f"WO-{work.now.year}-{await work_orders.next_number(work.session):06d}"


async def _put_in(work: Work, work_order: WorkOrder, wanted: Sequence[Product]) -> Sequence[WorkOrderLine]:
    """Store the work order with its acceptance test and a line for each product."""
    work.session.add(work_order)
    await work.session.flush()
    work.session.add(Sat(work_order_id=work_order.id))
    return [await _add_line(work, work_order, place, product) for place, product in enumerate(wanted, start=1)]


async def load(work: Work, work_order_id: UUID) -> WorkOrderProgress:
    """Where the work order stands, as its process needs to know it (rule 4)."""
    return await progress(work, await work_orders.lock(work.session, work_order_id))


async def add_line(work: Work, work_order: WorkOrder, product_code: str) -> WorkOrderLine:
    """P9: another station to come. Raises StageDoesNotAllow, UnknownProduct."""
    locked = await work_orders.lock(work.session, work_order.id)
    await advance(work, locked, WorkOrderEvent.CHANGE_LINES, product=product_code)
    product = await _product(work, product_code)
    lines = await work_orders.lines(work.session, locked.id)
    return await _add_line(work, locked, max((line.number for line, *_ in lines), default=0) + 1, product)


async def change_line(work: Work, work_order: WorkOrder, line_id: UUID, product_code: str) -> WorkOrderLine:
    """P9: another product on a line without hardware. Raises StageDoesNotAllow, UnknownProduct, LineInUse, NotFound."""
    locked = await work_orders.lock(work.session, work_order.id)
    await advance(work, locked, WorkOrderEvent.CHANGE_LINES, line=line_id, product=product_code)
    line = await _free_line(work, locked, line_id)
    product = await _product(work, product_code)
    await sats.drop_answers_of(work.session, line.id)
    await work_orders.drop_evses_of(work.session, [line.id])
    line.product_id, line.sat_template_id = product.id, await _template_id(work, product)
    return line


async def remove_line(work: Work, work_order: WorkOrder, line_id: UUID) -> None:
    """P9: one station less; the last line stays. Raises StageDoesNotAllow, LineInUse, NotFound."""
    locked = await work_orders.lock(work.session, work_order.id)
    await advance(work, locked, WorkOrderEvent.CHANGE_LINES, line=line_id)
    line = await _free_line(work, locked, line_id)
    if len(await work_orders.lines(work.session, locked.id)) == 1:
        raise LineInUse("This is the only line; add the other one first, or call the whole of it off")
    await sats.drop_answers_of(work.session, line.id)
    await work_orders.drop_evses_of(work.session, [line.id])
    await work.session.delete(line)


async def link_hardware(work: Work, work_order_id: UUID, decision: LinkHardware) -> WorkOrderProgress:
    """P12: the unit from the box stands on this line from now on.

    Raises StageDoesNotAllow, NotFound (line), UnknownHardware, WrongProduct, HardwareAlreadyLinked,
    HardwareNotHandedOver.
    """
    work_order = await work_orders.lock(work.session, work_order_id)
    line = await _line(work, work_order, decision.line_id)
    unit = await _fitting_unit(work, work_order, line, decision.hardware_id)
    await advance(work, work_order, WorkOrderEvent.LINK_HARDWARE, line=line.number, hardware_id=unit.hardware_id)
    line.unit_id = unit.id
    return await progress(work, work_order)


async def unlink_hardware(work: Work, work_order_id: UUID, decision: UnlinkHardware) -> WorkOrderProgress:
    """P12: undo a wrong link until acceptance; its station is deregistered and waits for other hardware.

    Raises StageDoesNotAllow, NotFound (line), HardwareNotLinked.
    """
    work_order = await work_orders.lock(work.session, work_order_id)
    line = await _line(work, work_order, decision.line_id)
    if line.unit_id is None:
        raise HardwareNotLinked(f"No hardware is linked to line {line.number}")
    if line.asset_id is not None:
        await commissioning.take_hardware_away(work, line.asset_id)
    unit = await units.lock(work.session, line.unit_id)
    await advance(work, work_order, WorkOrderEvent.UNLINK_HARDWARE, line=line.number, hardware_id=unit.hardware_id)
    line.unit_id, unit.state = None, off_the_line(unit)
    return await progress(work, work_order)


async def start_connection_test(work: Work, work_order_id: UUID, decision: StartConnectionTest) -> WorkOrderProgress:
    """P13: make the station (or take the one that failed), register it, and let it in from now on.

    Raises StageDoesNotAllow, NotFound (line), HardwareNotLinked.
    """
    work_order = await work_orders.lock(work.session, work_order_id)
    line = await _line(work, work_order, decision.line_id)
    if line.unit_id is None:
        raise HardwareNotLinked(f"Link the hardware to line {line.number} first", field="/line_id")
    if line.asset_id is None:
        brought = [each.evse_id for each in await work_orders.evses_of_line(work.session, line.id)]
        asset = await commissioning.make_station(work, work_order, line.product_id, brought)
        line.asset_id = asset.id
    else:
        asset = await assets.lock(work.session, line.asset_id)
        COMMISSIONING.next(asset.stage, CommissioningEvent.START_CONNECTION_TEST)
    unit = await units.lock(work.session, line.unit_id)
    await advance(work, work_order, WorkOrderEvent.START_CONNECTION_TEST, line=line.number, station=asset.name)
    unit.state = UnitState.INSTALLED
    await commissioning.start_test(work, asset, unit)
    return await progress(work, work_order)


async def advance(work: Work, work_order: WorkOrder, event: WorkOrderEvent, **detail: Any) -> None:
    """Move the work order by its table and put that on record. Raises StageDoesNotAllow."""
    before = work_order.stage
    work_order.stage = after = WORK_ORDER.next(before, event)
    await deadline.enter(work, WORK_ORDER, work_order, before)
    if after is not before and after in FILLING_IN:
        await deadline.follow(work, TaskKind.PERFORM_WORK_ORDER, work_order)
    record(work, work_order, event.value.replace("_", " "), before=before.value, after=after.value, **detail)


def record(work: Work, work_order: WorkOrder, what: str, *, why: str | None = None, **detail: Any) -> None:
    timeline.record(
        work,
        "work order",
        work_order.id,
        what,
        placement_id=work_order.placement_id,
        why=why,
        reference=work_order.reference,
        **detail,
    )


async def progress(work: Work, work_order: WorkOrder) -> WorkOrderProgress:
    lines = await work_orders.lines(work.session, work_order.id)
    installer = await organisations.named(work.session, work_order.installer_id)
    return WorkOrderProgress(
        stage=work_order.stage,
        organisation=installer.name,
        due_at=work_order.due_at,
        applied_number=await processes.applied_number(work.session, workflow_id(work_order.reference)),
        stations=tuple(
            Commissioned(asset_id=asset.id, name=asset.name)
            for *_, asset in lines
            if asset is not None and not COMMISSIONING.is_terminal(asset.stage)
        ),
        reported=work_order.report_id is not None,
    )


async def _fitting_unit(work: Work, work_order: WorkOrder, line: WorkOrderLine, hardware_id: str) -> Unit:
    unit = await units.lock_by_hardware_id(work.session, hardware_id)
    field = "/hardware_id"
    if unit is None:
        raise UnknownHardware(f"There is no hardware '{hardware_id}'; read the label again", field=field)
    other = await work_orders.line_of_unit(work.session, unit.id)
    if other is not None and other.id != line.id:
        raise HardwareAlreadyLinked(f"Hardware '{hardware_id}' is linked to another line; undo that first", field=field)
    if not _is_at_hand(unit, work_order):
        raise HardwareNotHandedOver(
            f"Hardware '{hardware_id}' was not handed to your company; ask the warehouse", field=field
        )
    if unit.return_for is not None or unit.return_for_order is not None:
        raise HardwareNotHandedOver(
            f"Hardware '{hardware_id}' is to go back to the warehouse first: its work was called off",
            field=field,
        )
    if unit.product_id != line.product_id:
        raise WrongProduct(
            f"Hardware '{hardware_id}' is not of the product that line {line.number} asks for", field=field
        )
    if line.unit_id is not None:
        raise HardwareAlreadyLinked(f"Line {line.number} has hardware already; undo that link first", field="/line_id")
    return unit


def off_the_line(unit: Unit) -> UnitState:
    """Where hardware is that was taken off its line: where it came with its station, or with the installer."""
    return UnitState.HANDED_OVER if unit.site_id is None else UnitState.ON_SITE


def _is_at_hand(unit: Unit, work_order: WorkOrder) -> bool:
    if unit.state is UnitState.ON_SITE:
        return unit.site_id == work_order.site_id
    return unit.state is UnitState.HANDED_OVER and unit.holder_id == work_order.installer_id


async def _line(work: Work, work_order: WorkOrder, line_id: UUID) -> WorkOrderLine:
    line = await work_orders.line(work.session, work_order.id, line_id)
    if line is None:
        raise NotFound(f"Work order {work_order.reference} has no such line", field="/line_id")
    return line


async def _free_line(work: Work, work_order: WorkOrder, line_id: UUID) -> WorkOrderLine:
    line = await _line(work, work_order, line_id)
    if line.unit_id is not None or line.asset_id is not None:
        raise LineInUse(f"Line {line.number} has hardware; undo the link first")
    return line


async def _product(work: Work, code: str) -> Product:
    product = await tenders.product_by_code(work.session, code)
    if product is None:
        raise UnknownProduct(f"There is no product '{code}'", field="/product")
    return product


async def _add_line(work: Work, work_order: WorkOrder, number: int, product: Product) -> WorkOrderLine:
    line = WorkOrderLine(
        work_order_id=work_order.id,
        number=number,
        product_id=product.id,
        sat_template_id=await _template_id(work, product),
    )
    work.session.add(line)
    await work.session.flush()
    return line


async def _template_id(work: Work, product: Product) -> UUID | None:
    template = await sats.latest_template(work.session, product.id)
    return template.id if template else None


async def _tell_installer(work: Work, work_order: WorkOrder) -> None:
    title = "Install the stations of this work order"
    await task.open_task(
        work,
        TaskKind.PERFORM_WORK_ORDER,
        Role.INSTALLER,
        work_order.installer_id,
        work_order.id,
        work_order.reference,
        title,
        for_stage=work_order,
    )
    data = {"reference": work_order.reference, "stage": work_order.stage.value}
    await notice.notify(work, work_order.installer_id, "work_order.created", data, placement_id=work_order.placement_id)


async def cancel(work: Work, work_order: WorkOrder, why: str | None) -> None:
    """P20: the placement was called off; the installer is told, its tasks close, the work order and its process end."""
    await _cancelled(work, work_order, WorkOrderEvent.CANCELLED, why)
    await process.hand_over(work, workflow_id(work_order.reference), "cancelled", {})
    await process.end(work, workflow_id(work_order.reference))


async def call_off(work: Work, work_order: WorkOrder, why: str) -> None:
    """P20: the same where the work order's own process has decided it. Raises StageDoesNotAllow."""
    await _cancelled(work, work_order, WorkOrderEvent.CANCEL, why)
    await process.end(work, workflow_id(work_order.reference))


async def _cancelled(work: Work, work_order: WorkOrder, event: WorkOrderEvent, why: str | None) -> None:
    await advance(work, work_order, event, why=why)
    work_order.cancelled_at, work_order.cancel_reason = work.now, why
    for kind in _TASKS:
        await task.close_task(work, kind, work_order.id)
    data = {"reference": work_order.reference, "stage": work_order.stage.value, "reason": why}
    await notice.notify(
        work, work_order.installer_id, "work_order.cancelled", data, placement_id=work_order.placement_id
    )


async def close(work: Work, work_order: WorkOrder) -> None:
    """P19: every station is active; the work order and its process end."""
    await advance(work, work_order, WorkOrderEvent.STATIONS_ACTIVE)
    work_order.closed_at = work.now
    data = {"reference": work_order.reference, "stage": work_order.stage.value}
    await notice.notify(work, work_order.installer_id, "work_order.closed", data, placement_id=work_order.placement_id)
    await process.end(work, workflow_id(work_order.reference))
