"""The placement of stations, from the request to operation, as one table (P1-P9, P16-P20)."""

from enum import StrEnum

from models.rules.grid import GridEvent
from models.rules.machine import Event, Machine, State


class PlacementStage(StrEnum):
    SUBMITTED = "submitted"
    GRID_REQUESTED = "grid_requested"
    GRID_APPROVED = "grid_approved"
    PREPARATION_SCHEDULED = "preparation_scheduled"
    PENDING_GRID_INSTALLATION = "pending_grid_installation"
    LOCATION_REJECTED = "location_rejected"
    IN_INSTALLATION = "in_installation"
    SAT_REVIEW = "sat_review"
    ACCEPTED = "accepted"
    OPERATING = "operating"
    REJECTED = "rejected"
    UNDOING = "undoing"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class PlacementEvent(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    PROPOSE_LOCATION = "propose_location"
    GRID_APPROVED = "grid_approved"
    GRID_REJECTED = "grid_rejected"
    GRID_PREPARATION_SCHEDULED = "grid_preparation_scheduled"
    GRID_CONNECTION_SCHEDULED = "grid_connection_scheduled"
    GRID_INSTALLATION_SCHEDULED = "grid_installation_scheduled"
    GRID_CONNECTED = "grid_connected"
    GRID_CANCELLED = "grid_cancelled"
    SAT_SUBMITTED = "sat_submitted"
    SAT_RETURNED = "sat_returned"
    SAT_APPROVED = "sat_approved"
    STATIONS_ACTIVE = "stations_active"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"
    WITHDRAWAL_DONE = "withdrawal_done"
    CANCELLATION_DONE = "cancellation_done"


S, E = PlacementStage, PlacementEvent

_GRID_ROAD = (S.GRID_REQUESTED, S.GRID_APPROVED, S.PREPARATION_SCHEDULED, S.PENDING_GRID_INSTALLATION)
_GRID_STEPS = (
    E.GRID_APPROVED,
    E.GRID_PREPARATION_SCHEDULED,
    E.GRID_CONNECTION_SCHEDULED,
    E.GRID_INSTALLATION_SCHEDULED,
)
_AFTER_STEP = (S.GRID_APPROVED, S.PREPARATION_SCHEDULED, S.PENDING_GRID_INSTALLATION, S.IN_INSTALLATION)
_WORKING = (S.IN_INSTALLATION, S.SAT_REVIEW, S.ACCEPTED)
_BEFORE_ACCEPTANCE = (S.SUBMITTED, *_GRID_ROAD, S.IN_INSTALLATION, S.SAT_REVIEW, S.LOCATION_REJECTED)


def _grid_transitions() -> dict[tuple[PlacementStage, PlacementEvent], PlacementStage]:
    """Grid events carry forward whatever order they come in; an overtaken one leaves the stage as it is."""
    table: dict[tuple[PlacementStage, PlacementEvent], PlacementStage] = {}
    for place, stage in enumerate(_GRID_ROAD):
        for step, (event, after) in enumerate(zip(_GRID_STEPS, _AFTER_STEP, strict=True)):
            table[stage, event] = after if step >= place else stage
        table[stage, E.GRID_REJECTED] = S.LOCATION_REJECTED
        table[stage, E.GRID_CANCELLED] = S.LOCATION_REJECTED
        table[stage, E.GRID_CONNECTED] = stage
    for stage in _WORKING:
        for event in (*_GRID_STEPS, E.GRID_CONNECTED):
            table[stage, event] = stage
    for event in (*_GRID_STEPS, E.GRID_CONNECTED, E.GRID_REJECTED, E.GRID_CANCELLED):
        # What is told while the request is taken back changes its location attempt, and nothing else.
        table[S.UNDOING, event] = S.UNDOING
    return table


def _ways_back() -> dict[tuple[PlacementStage, PlacementEvent], PlacementStage]:
    """Until acceptance the requester can withdraw and operations can cancel; what was done is undone first."""
    return {
        **{(stage, event): S.UNDOING for stage in _BEFORE_ACCEPTANCE for event in (E.WITHDRAW, E.CANCEL)},
        (S.UNDOING, E.WITHDRAWAL_DONE): S.WITHDRAWN,
        (S.UNDOING, E.CANCELLATION_DONE): S.CANCELLED,
    }


PLACEMENT = Machine(
    name="placement",
    initial=S.SUBMITTED,
    states=(
        State(S.SUBMITTED, "Request submitted", column=0, waits_for="operations"),
        State(S.GRID_REQUESTED, "Grid connection requested", column=1, waits_for="grid operator"),
        State(S.GRID_APPROVED, "Grid connection approved", column=2, waits_for="grid operator"),
        State(S.PREPARATION_SCHEDULED, "Preparation scheduled", column=3, waits_for="grid operator"),
        State(S.PENDING_GRID_INSTALLATION, "Pending grid installation", column=4, waits_for="grid operator"),
        State(S.IN_INSTALLATION, "In installation", column=5, waits_for="installer"),
        State(S.SAT_REVIEW, "Acceptance test in review", column=6, waits_for="operations"),
        State(S.ACCEPTED, "Accepted", column=7, waits_for="administration"),
        State(S.OPERATING, "Operating", column=8, terminal=True),
        State(S.LOCATION_REJECTED, "Location rejected", column=2, row=1, waits_for="operations"),
        State(S.REJECTED, "Rejected", column=0, row=1, terminal=True),
        State(S.UNDOING, "Being undone", column=5, row=1, waits_for="grid or warehouse"),
        State(S.WITHDRAWN, "Withdrawn", column=6, row=1, terminal=True),
        State(S.CANCELLED, "Cancelled", column=4, row=1, terminal=True),
    ),
    events=(
        Event(E.APPROVE, "approve", kind="decision"),
        Event(E.REJECT, "reject", kind="decision"),
        Event(E.PROPOSE_LOCATION, "propose another location", kind="decision"),
        Event(E.GRID_APPROVED, "grid operator approves"),
        Event(E.GRID_REJECTED, "grid operator rejects"),
        Event(E.GRID_PREPARATION_SCHEDULED, "preparation scheduled"),
        Event(E.GRID_CONNECTION_SCHEDULED, "connection scheduled"),
        Event(E.GRID_INSTALLATION_SCHEDULED, "installation scheduled"),
        Event(E.GRID_CONNECTED, "grid connected"),
        Event(E.GRID_CANCELLED, "grid operator cancels"),
        Event(E.SAT_SUBMITTED, "SAT submitted"),
        Event(E.SAT_RETURNED, "SAT returned"),
        Event(E.SAT_APPROVED, "SAT approved"),
        Event(E.STATIONS_ACTIVE, "all stations active"),
        Event(E.WITHDRAW, "withdraw", kind="decision"),
        Event(E.CANCEL, "cancel", kind="decision"),
        Event(E.WITHDRAWAL_DONE, "withdrawal done", kind="step"),
        Event(E.CANCELLATION_DONE, "cancellation done", kind="step"),
    ),
    transitions={
        (S.SUBMITTED, E.APPROVE): S.GRID_REQUESTED,
        (S.SUBMITTED, E.REJECT): S.REJECTED,
        (S.LOCATION_REJECTED, E.PROPOSE_LOCATION): S.GRID_REQUESTED,
        (S.LOCATION_REJECTED, E.REJECT): S.REJECTED,
        (S.IN_INSTALLATION, E.SAT_SUBMITTED): S.SAT_REVIEW,
        (S.SAT_REVIEW, E.SAT_RETURNED): S.IN_INSTALLATION,
        (S.SAT_REVIEW, E.SAT_APPROVED): S.ACCEPTED,
        (S.ACCEPTED, E.STATIONS_ACTIVE): S.OPERATING,
        **_grid_transitions(),
        **_ways_back(),
    },
)


def grid_event(event: GridEvent) -> PlacementEvent:
    """The placement's event for a grid operator's call."""
    return PlacementEvent(f"grid_{event.value}")
