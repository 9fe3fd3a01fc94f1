"""The installation work order, from its making to its closing, as one table (P8-P12, P16-P20)."""

from enum import StrEnum

from models.rules.machine import Event, Machine, State


class WorkOrderStage(StrEnum):
    OPEN = "open"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    SAT_REVIEW = "sat_review"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class WorkOrderEvent(StrEnum):
    PLAN = "plan"
    CHANGE_LINES = "change_lines"
    LINK_HARDWARE = "link_hardware"
    UNLINK_HARDWARE = "unlink_hardware"
    START_CONNECTION_TEST = "start_connection_test"
    SUBMIT_SAT = "submit_sat"
    RETURN_SAT = "return_sat"
    APPROVE_SAT = "approve_sat"
    STATIONS_ACTIVE = "stations_active"
    CANCEL = "cancel"
    CANCELLED = "cancelled"


S, E = WorkOrderStage, WorkOrderEvent

FILLING_IN = frozenset({S.OPEN, S.PLANNED, S.IN_PROGRESS})
"""While the acceptance test can be filled in, and photos be added to it."""

BEFORE_ACCEPTANCE = (*sorted(FILLING_IN), S.SAT_REVIEW)
"""While the work can be called off: with its placement, or by itself where it has none."""

WORK_ORDER = Machine(
    name="work order",
    initial=S.OPEN,
    states=(
        State(S.OPEN, "Open", column=0, waits_for="installer"),
        State(S.PLANNED, "Planned", column=1, waits_for="installer"),
        State(S.IN_PROGRESS, "In progress", column=2, waits_for="installer"),
        State(S.SAT_REVIEW, "Acceptance test in review", column=3, waits_for="operations"),
        State(S.ACCEPTED, "Accepted", column=4, waits_for="administration"),
        State(S.CLOSED, "Closed", column=5, terminal=True),
        State(S.CANCELLED, "Cancelled", column=2, row=1, terminal=True),
    ),
    events=(
        Event(E.PLAN, "plan", kind="decision"),
        Event(E.CHANGE_LINES, "change lines", kind="decision"),
        Event(E.LINK_HARDWARE, "link hardware", kind="decision"),
        Event(E.UNLINK_HARDWARE, "undo hardware link", kind="decision"),
        Event(E.START_CONNECTION_TEST, "start connection test", kind="decision"),
        Event(E.SUBMIT_SAT, "submit SAT", kind="decision"),
        Event(E.RETURN_SAT, "return SAT", kind="decision"),
        Event(E.APPROVE_SAT, "approve SAT", kind="decision"),
        Event(E.STATIONS_ACTIVE, "all stations active"),
        Event(E.CANCEL, "cancel", kind="decision"),
        Event(E.CANCELLED, "placement withdrawn or cancelled"),
    ),
    transitions={
        (S.OPEN, E.PLAN): S.PLANNED,
        (S.OPEN, E.CHANGE_LINES): S.OPEN,
        (S.OPEN, E.LINK_HARDWARE): S.IN_PROGRESS,
        (S.PLANNED, E.PLAN): S.PLANNED,
        (S.PLANNED, E.CHANGE_LINES): S.PLANNED,
        (S.PLANNED, E.LINK_HARDWARE): S.IN_PROGRESS,
        (S.IN_PROGRESS, E.CHANGE_LINES): S.IN_PROGRESS,
        (S.IN_PROGRESS, E.LINK_HARDWARE): S.IN_PROGRESS,
        (S.IN_PROGRESS, E.UNLINK_HARDWARE): S.IN_PROGRESS,
        (S.IN_PROGRESS, E.START_CONNECTION_TEST): S.IN_PROGRESS,
        (S.IN_PROGRESS, E.SUBMIT_SAT): S.SAT_REVIEW,
        (S.SAT_REVIEW, E.RETURN_SAT): S.IN_PROGRESS,
        (S.SAT_REVIEW, E.APPROVE_SAT): S.ACCEPTED,
        (S.ACCEPTED, E.STATIONS_ACTIVE): S.CLOSED,
        **{(stage, event): S.CANCELLED for stage in BEFORE_ACCEPTANCE for event in (E.CANCEL, E.CANCELLED)},
    },
)
