"""What is still to be undone of a placement that was withdrawn or cancelled, as its rows tell it (P20)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models.messages.placement import LeftToUndo
from models.rules import undoing
from models.rules.commissioning import COMMISSIONING
from models.rules.placement import PlacementStage
from models.rules.undoing import Undo
from models.rules.work_order import WORK_ORDER
from models.store import placements, units, work_orders
from models.tables.placement import LocationAttempt, PlacementRequest

Left = tuple[LeftToUndo, ...]


async def of(session: AsyncSession, placement: PlacementRequest) -> Left:
    """Everything that is left, in the order in which it is undone; nothing while nobody has called the request off."""
    if placement.stage is not PlacementStage.UNDOING:
        return ()
    attempts = await placements.attempts(session, placement.id)
    return (
        *await _on_site(session, placement.id),
        *(left for attempt in attempts for left in _at_grid_operator(placement, attempt)),
        *await _in_the_warehouse(session, placement.id),
    )


def of_attempt(attempt: LocationAttempt) -> Undo | None:
    """What is left to undo of the attempt at the grid operator."""
    return undoing.of_attempt(
        attempt.state,
        asked=attempt.asked_at is not None,
        taken=attempt.connection_request_id is not None,
        refused=attempt.cancel_refusal is not None,
    )


async def _on_site(session: AsyncSession, placement_id: UUID) -> Sequence[LeftToUndo]:
    order = await work_orders.of_placement(session, placement_id)
    if order is None:
        return ()
    cancelled = WORK_ORDER.is_terminal(order.stage)
    lines = await work_orders.lines(session, order.id)
    return (
        *([] if cancelled else [_left(Undo.CANCEL_WORK_ORDER, order.id, order.reference)]),
        *(
            _left(Undo.DEREGISTER_STATION, asset.id, asset.name)
            for *_, asset in lines
            if asset is not None and not COMMISSIONING.is_terminal(asset.stage)
        ),
        *(_left(Undo.UNLINK_HARDWARE, line.id, unit.hardware_id) for line, _, unit, _ in lines if unit is not None),
    )


def _at_grid_operator(placement: PlacementRequest, attempt: LocationAttempt) -> Sequence[LeftToUndo]:
    what = of_attempt(attempt)
    name = attempt.connection_request_id or f"{placement.reference}/{attempt.number}"
    return () if what is None else (_left(what, attempt.id, name),)


async def _in_the_warehouse(session: AsyncSession, placement_id: UUID) -> Sequence[LeftToUndo]:
    awaited = await units.awaited_back(session, placement_id)
    return [_left(Undo.RETURN_HARDWARE, unit.id, unit.hardware_id) for unit in awaited]


def _left(what: Undo, subject_id: UUID, reference: str) -> LeftToUndo:
    return LeftToUndo(what=what, subject_id=subject_id, reference=reference)
