"""The placement of stations: each function is one fact or one transition of it (P1-P9, P20)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.errors import NotFound, UnknownTender
from models.messages.grid import ConnectionAddress, ConnectionRequest
from models.messages.placement import (
    GridCallReceived,
    Location,
    NewPlacement,
    PlacementProgress,
    ProposeLocation,
    RejectPlacement,
)
from models.rules import grid
from models.rules.access import Role
from models.rules.grid import AttemptState, GridEvent
from models.rules.placement import PLACEMENT, PlacementEvent, PlacementStage, grid_event
from models.store import organisations, placements, processes, work_orders
from models.store.placements import Around, Ground
from models.store.viewer import Viewer
from models.tables.placement import GridCall, LocationAttempt, PlacementRequest
from models.tables.task import TaskKind
from models.usecases import deadline, left_to_undo, notice, process, task, timeline
from models.usecases.work import Work

WORKFLOW = "placement"


def workflow_id(reference: str) -> str:
    return f"placement-{reference}"


@dataclass(frozen=True)
class Submitted:
    """A new request, which is written at the end of its work, and what stands around it."""

    placement: PlacementRequest
    around: Around


async def submit(work: Work, new: NewPlacement, requester_id: UUID, viewer: Viewer) -> Submitted:
    """P1, P2: record the request, open the task for operations, start the process. Raises UnknownTender."""
    country = new.location.country
    ground = await placements.ground(work.session, new.tender, country, viewer)
    if ground is None or ground.requester.id != requester_id:
        raise UnknownTender(f"There is no tender '{new.tender}' for your organisation", field="/tender")
    placement = _requested(work, new, ground)
    attempt = LocationAttempt(placement_id=placement.id, number=1, **new.location.model_dump())
    work.new_rows += [placement, attempt]
    deadline.begin_by(work, PLACEMENT, placement, country, ground.deadline)
    title = "Decide on the placement request"
    task.open_first(work, TaskKind.REVIEW_PLACEMENT, Role.OPERATIONS, ground.operator_id, placement, title)
    _record(work, placement, "placement requested")
    process.begin_at_the_end(work, workflow_id(placement.reference), WORKFLOW, placement.id, placement.reference)
    return Submitted(placement, Around(ground.requester, ground.tender, attempt, None))


def _requested(work: Work, new: NewPlacement, ground: Ground) -> PlacementRequest:
    return PlacementRequest(
        reference=f"PR-{work.now.year}-{ground.number:06d}",
        requester_id=ground.requester.id,
        requester_reference=new.requester_reference,
        tender_id=ground.tender.id,
        stations=new.stations,
        contact_name=new.contact.name,
        contact_email=new.contact.email,
        contact_language=new.contact.language,
        remarks=new.remarks,
        created_at=ground.at,
    )


async def load(work: Work, placement_id: UUID) -> PlacementProgress:
    """Where the placement stands, as its process needs to know it (rule 4)."""
    return await progress(work, await placements.lock(work.session, placement_id))


async def load_by_attempt(work: Work, attempt_id: UUID) -> PlacementProgress:
    """Where the placement of a location attempt stands."""
    return await load(work, (await work.session.get_one(LocationAttempt, attempt_id)).placement_id)


async def approve(work: Work, placement_id: UUID) -> PlacementProgress:
    """P3, P5: the connection request to the grid operator follows. Raises StageDoesNotAllow."""
    placement = await placements.lock(work.session, placement_id)
    await advance(work, placement, PlacementEvent.APPROVE)
    await task.close_task(work, TaskKind.REVIEW_PLACEMENT, placement.id)
    await tell_requester(work, placement, "placement.approved")
    return await progress(work, placement)


async def reject(work: Work, placement_id: UUID, decision: RejectPlacement) -> PlacementProgress:
    """P4: the requester is told with the reason, the process ends. Raises StageDoesNotAllow."""
    placement = await placements.lock(work.session, placement_id)
    await advance(work, placement, PlacementEvent.REJECT, why=decision.reason)
    placement.rejection_reason = decision.reason
    for kind in (TaskKind.REVIEW_PLACEMENT, TaskKind.PROPOSE_LOCATION):
        await task.close_task(work, kind, placement.id)
    await tell_requester(work, placement, "placement.rejected", reason=decision.reason)
    await end(work, placement)
    return await progress(work, placement)


async def propose_location(work: Work, placement_id: UUID, decision: ProposeLocation) -> PlacementProgress:
    """P6: another location becomes a new attempt; all attempts are kept. Raises StageDoesNotAllow."""
    placement = await placements.lock(work.session, placement_id)
    await advance(work, placement, PlacementEvent.PROPOSE_LOCATION)
    last = await placements.latest_attempt(work.session, placement_id)
    await _add_attempt(work, placement, decision.location, last.number + 1)
    await task.close_task(work, TaskKind.PROPOSE_LOCATION, placement.id)
    await tell_requester(work, placement, "placement.location_proposed")
    return await progress(work, placement)


async def connection_request(work: Work, attempt_id: UUID) -> ConnectionRequest | None:
    """What the grid operator is asked for; None where it has taken the request already, or need not be asked any more.

    From here on the request may be on its way: whoever withdraws the placement after this has to look for it.
    """
    attempt, placement = await _attempt_of(work, attempt_id)
    if attempt.connection_request_id is not None or placement.stage is not PlacementStage.GRID_REQUESTED:
        return None
    attempt.asked_at = attempt.asked_at or work.now
    return _said_to_grid_operator(placement, attempt)


async def lost_connection_request(work: Work, attempt_id: UUID) -> ConnectionRequest | None:
    """P20: the same request once more, whose answer tells the id under which it is known; None where that is known."""
    attempt, placement = await _attempt_of(work, attempt_id)
    return None if attempt.connection_request_id is not None else _said_to_grid_operator(placement, attempt)


async def request_to_cancel(work: Work, attempt_id: UUID) -> str | None:
    """P20: the grid operator's id of what it is to cancel; None where nothing is left to cancel."""
    attempt, _ = await _attempt_of(work, attempt_id)
    return None if left_to_undo.of_attempt(attempt) is None else attempt.connection_request_id


async def note_grid_cancelled(work: Work, attempt_id: UUID) -> PlacementProgress:
    """P20: the grid operator has cancelled our connection request."""
    attempt, placement = await _attempt_of(work, attempt_id)
    attempt.unreachable_since, attempt.unreachable_reason = None, None
    if attempt.state not in grid.ENDS:
        attempt.state = AttemptState.CANCELLED
        grid_id = attempt.connection_request_id
        _record(work, placement, "grid connection cancelled", attempt=attempt.number, grid_id=grid_id)
    return await progress(work, placement)


async def note_cancel_refused(work: Work, attempt_id: UUID, detail: str) -> PlacementProgress:
    """P20: the grid operator does not let it be cancelled, since it is connected or unknown there: a person sees to it.

    The undoing goes on without it.
    """
    attempt, placement = await _attempt_of(work, attempt_id)
    attempt.cancel_refusal = detail
    attempt.unreachable_since, attempt.unreachable_reason = None, None
    _record(work, placement, "grid operator refuses to cancel", why=detail, attempt=attempt.number)
    title = f"Settle connection request {attempt.connection_request_id} with the grid operator: {detail}"
    await task.ask_to_look(work, placement.id, placement.reference, title)
    return await progress(work, placement)


async def _attempt_of(work: Work, attempt_id: UUID) -> tuple[LocationAttempt, PlacementRequest]:
    """The attempt as it stands under the lock of its placement."""
    attempt = await work.session.get_one(LocationAttempt, attempt_id)
    placement = await placements.lock(work.session, attempt.placement_id)
    await work.session.refresh(attempt)
    return attempt, placement


def _said_to_grid_operator(placement: PlacementRequest, attempt: LocationAttempt) -> ConnectionRequest:
    places = {name: getattr(attempt, name) for name in ConnectionAddress.model_fields}
    return ConnectionRequest(
        reference=f"{placement.reference}/{attempt.number}",
        address=ConnectionAddress(**places),
        latitude=attempt.latitude,
        longitude=attempt.longitude,
        municipality=attempt.municipality,
        charge_points=placement.stations,
    )


async def note_grid_refused(work: Work, attempt_id: UUID, detail: str) -> PlacementProgress:
    """P6: the grid operator does not even take the request; operations proposes another location or rejects."""
    attempt, placement = await _attempt_of(work, attempt_id)
    attempt.state, attempt.reason = AttemptState.REJECTED, detail
    attempt.unreachable_since, attempt.unreachable_reason = None, None
    if PLACEMENT.allows(placement.stage, PlacementEvent.GRID_REJECTED):
        await _move_by_grid(work, placement, GridEvent.REJECTED, detail)
    return await progress(work, placement)


async def note_grid_unreachable(work: Work, attempt_id: UUID, detail: str) -> None:
    """P5: the grid operator is tried for days, and operations sees since when and why."""
    attempt, placement = await _attempt_of(work, attempt_id)
    if attempt.state in grid.ENDS:
        return  # a try that nobody waits for any more
    if attempt.unreachable_since is None:
        attempt.unreachable_since = work.now
        _record(work, placement, "grid operator can't be reached", why=detail, attempt=attempt.number)
    attempt.unreachable_reason = detail


async def note_grid_requested(work: Work, attempt_id: UUID, connection_request_id: str) -> PlacementProgress:
    """P5: the grid operator has taken our connection request under its own id."""
    attempt, placement = await _attempt_of(work, attempt_id)
    attempt.unreachable_since, attempt.unreachable_reason = None, None
    if attempt.connection_request_id is not None:
        return await progress(work, placement)  # a try whose answer was believed lost has told it already
    attempt.connection_request_id = connection_request_id
    if attempt.state is AttemptState.REQUESTING:
        attempt.state = AttemptState.REQUESTED
    _record(work, placement, "grid connection requested", attempt=attempt.number, grid_id=connection_request_id)
    return await progress(work, placement)


async def record_grid_call(work: Work, call: GridCallReceived) -> bool:
    """P7: keep a call of the grid operator once and hand it over. False where it came before. Raises NotFound."""
    attempt = await placements.attempt_by_connection_request(work.session, call.connection_request_id)
    if attempt is None:
        raise NotFound(
            f"There is no connection request '{call.connection_request_id}'", field="/data/connection_request_id"
        )
    placement = await placements.lock(work.session, attempt.placement_id)
    if await placements.grid_call(work.session, call.webhook_id) is not None:
        return False
    kept = GridCall(**call.model_dump(exclude={"connection_request_id"}), attempt_id=attempt.id)
    work.session.add(kept)
    _record(work, placement, f"grid operator: {call.event.value}", why=call.reason, attempt=attempt.number)
    payload = {"webhook_id": call.webhook_id}
    if not await process.hand_over(work, workflow_id(placement.reference), "grid_call", payload):
        await work.session.refresh(attempt)
        if attempt.state in grid.ENDS and call.event.value in grid.ENDS:
            return True  # it confirms our cancelling, or says once more that nothing will be connected
        await _report_unexpected(work, placement, call.event, "the process had ended")
    return True


async def apply_grid_call(work: Work, placement_id: UUID, webhook_id: str) -> PlacementProgress:
    """P6-P8: let the call move its attempt and, where that is the one in play, the placement."""
    placement = await placements.lock(work.session, placement_id)
    call = await work.session.get_one(GridCall, webhook_id)
    attempt = await work.session.get_one(LocationAttempt, call.attempt_id)
    current = await placements.latest_attempt(work.session, placement_id)
    event = GridEvent(call.event)
    _note_on_attempt(work, attempt, call, event)
    if attempt.id != current.id:
        _record(work, placement, "late call about an earlier location", attempt=attempt.number, event=event.value)
    elif not PLACEMENT.allows(placement.stage, grid_event(event)):
        await _report_unexpected(work, placement, event, f"the placement is '{placement.stage}'")
    else:
        await _move_by_grid(work, placement, event, call.reason)
    return await progress(work, placement)


async def advance(work: Work, placement: PlacementRequest, event: PlacementEvent, *, why: str | None = None) -> None:
    """Move the placement by its table and put that on record. Raises StageDoesNotAllow."""
    before = placement.stage
    placement.stage = PLACEMENT.next(before, event)
    await deadline.enter(work, PLACEMENT, placement, before)
    _record(work, placement, event.value.replace("_", " "), why=why, before=before.value, after=placement.stage.value)


async def finish(work: Work, placement: PlacementRequest) -> None:
    """P19: every station is active; the placement has reached its end, and its process hears so last of all."""
    await advance(work, placement, PlacementEvent.STATIONS_ACTIVE)
    await tell_requester(work, placement, "placement.operating")
    await note_moved(work, placement)
    await end(work, placement)


async def note_hardware_returned(work: Work, placement_id: UUID, unit_id: UUID) -> None:
    """P20: tell the placement's process that the warehouse has booked a unit back in."""
    placement = await work.session.get_one(PlacementRequest, placement_id)
    await process.hand_over(work, workflow_id(placement.reference), "hardware_returned", {"unit_id": str(unit_id)})


async def note_moved(work: Work, placement: PlacementRequest) -> None:
    """Tell the placement's process that another process has moved it."""
    await process.hand_over(work, workflow_id(placement.reference), "stage_changed", {"stage": placement.stage.value})


async def _move_by_grid(work: Work, placement: PlacementRequest, event: GridEvent, reason: str | None) -> None:
    before = placement.stage
    after = PLACEMENT.next(before, grid_event(event))
    if after is before:
        return
    placement.stage = after
    await deadline.enter(work, PLACEMENT, placement, before)
    _record(work, placement, f"now {after.value.replace('_', ' ')}", why=reason, before=before.value, after=after.value)
    if after is PlacementStage.LOCATION_REJECTED:
        title = "The grid operator rejected the location: propose another or reject the request"
        await _ask_operations(work, placement, TaskKind.PROPOSE_LOCATION, title)
    await tell_requester(work, placement, f"placement.{after.value}", reason=reason)


def _note_on_attempt(work: Work, attempt: LocationAttempt, call: GridCall, event: GridEvent) -> None:
    attempt.state = grid.furthest(attempt.state, event)
    attempt.reason = call.reason or attempt.reason
    if attempt.state == event.value:
        # A call that was overtaken by a later step tells a date that no longer counts.
        attempt.scheduled_for = call.scheduled_for or attempt.scheduled_for
    if event is GridEvent.CONNECTED and attempt.connected_at is None:
        attempt.connected_at = work.now


async def _add_attempt(work: Work, placement: PlacementRequest, location: Location, number: int) -> None:
    work.session.add(LocationAttempt(placement_id=placement.id, number=number, **location.model_dump()))
    await work.session.flush()


async def _ask_operations(work: Work, placement: PlacementRequest, kind: TaskKind, title: str) -> None:
    operator = await organisations.operator(work.session)
    await task.open_task(
        work,
        kind,
        Role.OPERATIONS,
        operator.id,
        placement.id,
        placement.reference,
        title,
        for_stage=placement,
    )


async def _report_unexpected(work: Work, placement: PlacementRequest, event: GridEvent, why: str) -> None:
    _record(work, placement, "unexpected call of the grid operator", why=why, event=event.value)
    title = f"The grid operator says '{event.value}', but {why}"
    await task.ask_to_look(work, placement.id, placement.reference, title)


async def tell_requester(work: Work, placement: PlacementRequest, event: str, reason: str | None = None) -> None:
    data = {
        "reference": placement.reference,
        "requester_reference": placement.requester_reference,
        "stage": placement.stage.value,
        "reason": reason,
    }
    await notice.notify(
        work, placement.requester_id, event, data, placement_id=placement.id, contact=placement.contact_email
    )


async def end(work: Work, placement: PlacementRequest) -> None:
    placement.ended_at = work.now
    await process.end(work, workflow_id(placement.reference))


async def progress(work: Work, placement: PlacementRequest) -> PlacementProgress:
    attempt = await placements.latest_attempt(work.session, placement.id)
    work_order = await work_orders.of_placement(work.session, placement.id)
    requester = await organisations.named(work.session, placement.requester_id)
    return PlacementProgress(
        stage=placement.stage,
        organisation=requester.name,
        due_at=placement.due_at,
        applied_number=await processes.applied_number(work.session, workflow_id(placement.reference)),
        attempt_id=attempt.id,
        attempt_number=attempt.number,
        grid_requested=attempt.connection_request_id is not None,
        work_order_id=work_order.id if work_order else None,
        work_order_reference=work_order.reference if work_order else None,
        to_undo=await left_to_undo.of(work.session, placement),
    )


def _record(work: Work, placement: PlacementRequest, what: str, *, why: str | None = None, **detail: Any) -> None:
    timeline.record(work, "placement", placement.id, what, placement_id=placement.id, why=why, **detail)
