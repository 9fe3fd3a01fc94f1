"""What the caller can do next: the state tables' decisions, as far as the policy lets them."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TypeVar

from api.auth.access import Access
from models.rules.access import Permission, Reach
from models.rules.commissioning import COMMISSIONING, CommissioningEvent, CommissioningStage
from models.rules.machine import Machine
from models.rules.placement import PLACEMENT, PlacementEvent, PlacementStage
from models.rules.subscriber import SUBSCRIBER, SubscriberEvent, SubscriberStage
from models.rules.work_order import FILLING_IN, WORK_ORDER, WorkOrderEvent
from models.tables.asset import Asset
from models.tables.work_order import WorkOrder, WorkOrderLine

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

_PLACEMENT = {
    **dict.fromkeys(PlacementEvent, Permission.PLACEMENTS_DECIDE),
    PlacementEvent.WITHDRAW: Permission.PLACEMENTS_WITHDRAW,
}
_WORK_ORDER = {
    WorkOrderEvent.PLAN: Permission.WORK_ORDERS_PLAN,
    WorkOrderEvent.CHANGE_LINES: Permission.WORK_ORDERS_CHANGE_LINES,
    WorkOrderEvent.SUBMIT_SAT: Permission.WORK_ORDERS_PERFORM,
    WorkOrderEvent.RETURN_SAT: Permission.SAT_REVIEW,
    WorkOrderEvent.APPROVE_SAT: Permission.SAT_REVIEW,
    WorkOrderEvent.CANCEL: Permission.STATIONS_ENTER,
}
"""What is decided of a whole work order; the rest is decided of a line."""

_CANCEL = WorkOrderEvent.CANCEL
_SUBSCRIPTION = {
    **dict.fromkeys(SubscriberEvent, Permission.SUBSCRIBERS_MANAGE),
    SubscriberEvent.SETTLE: Permission.SUBSCRIBERS_SETTLE,
}
_STATION = {CommissioningEvent.ACTIVATE: Permission.STATIONS_ACTIVATE}


def on_placement(access: Access, stage: PlacementStage) -> list[str]:
    return _decisions(access, PLACEMENT, stage, _PLACEMENT, None)


def on_work_order(access: Access, order: WorkOrder) -> list[str]:
    # One that has a placement is called off with it.
    needs = {event: needed for event, needed in _WORK_ORDER.items() if not order.placement_id or event != _CANCEL}
    return _decisions(access, WORK_ORDER, order.stage, needs, order)


def on_line(access: Access, order: WorkOrder, line: WorkOrderLine, station: Asset | None) -> list[str]:
    """Of one line of a work order; ``station`` is the line's, where it has one."""
    linked, stage = line.unit_id is not None, station.stage if station else None
    empty = not linked and station is None
    possible = {
        "change_product": empty and WORK_ORDER.allows(order.stage, WorkOrderEvent.CHANGE_LINES),
        "link_hardware": not linked and WORK_ORDER.allows(order.stage, WorkOrderEvent.LINK_HARDWARE),
        "unlink_hardware": linked
        and WORK_ORDER.allows(order.stage, WorkOrderEvent.UNLINK_HARDWARE)
        and _station_allows(stage, CommissioningEvent.HARDWARE_UNLINKED),
        "start_connection_test": linked
        and WORK_ORDER.allows(order.stage, WorkOrderEvent.START_CONNECTION_TEST)
        and _station_allows(stage, CommissioningEvent.START_CONNECTION_TEST),
        "start_test_charge": stage is not None and COMMISSIONING.allows(stage, CommissioningEvent.START_TEST_CHARGE),
    }
    needs = {"change_product": Permission.WORK_ORDERS_CHANGE_LINES}
    return [
        name
        for name, is_possible in possible.items()
        if is_possible and _may(access, needs.get(name, Permission.WORK_ORDERS_PERFORM), order)
    ]


def on_sat(access: Access, order: WorkOrder, filled_in_by: Collection[str]) -> list[str]:
    """Of the acceptance test; whoever filled it in reviews nothing."""
    filling_in = order.stage in FILLING_IN and _may(access, Permission.WORK_ORDERS_PERFORM, order)
    is_author = str(access.caller.id) in filled_in_by
    review = {WorkOrderEvent.RETURN_SAT, WorkOrderEvent.APPROVE_SAT}
    wanted = review if not is_author else set()
    decisions = {event: _WORK_ORDER[event] for event in {WorkOrderEvent.SUBMIT_SAT, *wanted}}
    return ["answer", "upload_photo"] * filling_in + _decisions(access, WORK_ORDER, order.stage, decisions, order)


def on_station(access: Access, stage: CommissioningStage) -> list[str]:
    return _decisions(access, COMMISSIONING, stage, _STATION, None)


def on_subscription(access: Access, stage: SubscriberStage) -> list[str]:
    return _decisions(access, SUBSCRIBER, stage, _SUBSCRIPTION, None)


def _station_allows(stage: CommissioningStage | None, event: CommissioningEvent) -> bool:
    """A line without a station yet stands in nobody's way."""
    return stage is None or COMMISSIONING.allows(stage, event)


def _decisions(
    access: Access, machine: Machine[S, E], stage: S, needs: Mapping[E, Permission], order: WorkOrder | None
) -> list[str]:
    return [
        event.value
        for event in machine.allowed(stage, "decision")
        if event in needs and _may(access, needs[event], order)
    ]


def _may(access: Access, permission: Permission, order: WorkOrder | None) -> bool:
    """Whoever reaches only their own organisation works on a work order as its installer."""
    reach = access.caller.reach(permission)
    if reach is Reach.OWN and order is not None:
        return order.installer_id == access.caller.organisation_id
    return reach is not None
