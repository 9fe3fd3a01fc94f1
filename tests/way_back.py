"""A placement on its way back: withdrawn or cancelled, and undone step by step as its process does it (P20)."""

from models.messages.placement import CancelPlacement, LeftToUndo, PlacementProgress, WithdrawPlacement
from models.rules.undoing import Undo
from models.usecases import left_to_undo, placement, undoing, unit
from models.usecases.work import Work
from tests.road import NOBODY, Road, decision

REASON = "The street is going to be rebuilt"


async def withdraw(road: Road, reason: str | None = REASON) -> PlacementProgress:
    told = decision(WithdrawPlacement, road.world.requester, reason=reason)
    return await road.do(road.world.requester, lambda work: undoing.withdraw(work, road.placement.id, told))


async def cancel(road: Road, reason: str = "The tender has ended") -> PlacementProgress:
    told = decision(CancelPlacement, road.world.operations, reason=reason)
    return await road.do(road.world.operations, lambda work: undoing.cancel(work, road.placement.id, told))


async def left(road: Road) -> list[LeftToUndo]:
    """What the rows name now, in its order."""

    async def look(work: Work) -> list[LeftToUndo]:
        request = await work.session.get_one(type(road.placement), road.placement.id)
        return list(await left_to_undo.of(work.session, request))

    return await road.do(NOBODY, look)


async def undo_next(road: Road) -> LeftToUndo:
    """The first of what is left is undone, whoever does it."""
    first = (await left(road))[0]
    await road.do(NOBODY, lambda work: undo(work, road, first))
    return first


async def undo_all(road: Road) -> list[Undo]:
    """Everything is undone, and the placement ends; gives what was undone, in order."""
    undone = []
    while await left(road):
        undone.append((await undo_next(road)).what)
    await finish(road)
    return undone


async def finish(road: Road) -> PlacementProgress:
    return await road.do(NOBODY, lambda work: undoing.finish(work, road.placement.id))


async def undo(work: Work, road: Road, one: LeftToUndo) -> object:
    match one.what:
        case Undo.CANCEL_WORK_ORDER:
            return await undoing.cancel_work_order(work, one.subject_id)
        case Undo.DEREGISTER_STATION:
            return await undoing.deregister_station(work, one.subject_id)
        case Undo.UNLINK_HARDWARE:
            return await undoing.unlink_hardware(work, one.subject_id)
        case Undo.FIND_CONNECTION_REQUEST:
            given = f"GC-{road.placement.reference}-found"
            return await placement.note_grid_requested(work, one.subject_id, given)
        case Undo.CANCEL_CONNECTION_REQUEST:
            return await placement.note_grid_cancelled(work, one.subject_id)
        case Undo.RETURN_HARDWARE:
            return await unit.take_back(work, one.reference)
