"""A connector that is kept for one token until an instant, as one table (OCPP 1.6 ed.2 §5.13, §5.2)."""

from enum import StrEnum

from models.rules.command import CommandState
from models.rules.machine import Event, Machine, State


class ReservationState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    USED = "used"
    EXPIRED = "expired"
    REMOVED = "removed"


class ReservationEvent(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    USED = "used"
    EXPIRED = "expired"
    REMOVED = "removed"


S, E = ReservationState, ReservationEvent

RESERVATION = Machine(
    name="reservation",
    initial=S.ASKED,
    states=(
        State(S.ASKED, "Asked for", column=0, waits_for="station"),
        State(S.ACCEPTED, "Reserved", column=1, waits_for="driver"),
        State(S.REFUSED, "Refused by the station", column=1, row=1, terminal=True),
        State(S.CANCELLED, "Cancelled", column=2, row=1, terminal=True),
        State(S.USED, "Used by a transaction", column=2, terminal=True),
        State(S.EXPIRED, "Expired", column=2, row=2, terminal=True),
        State(S.REMOVED, "Removed by the station", column=2, row=3, terminal=True),
    ),
    events=(
        Event(E.ACCEPTED, "station accepts"),
        Event(E.REFUSED, "station refuses, or was not reached"),
        Event(E.CANCELLED, "cancelled"),
        Event(E.USED, "a start names it"),
        Event(E.EXPIRED, "time is over", kind="step"),
        Event(E.REMOVED, "station no longer has it"),
    ),
    transitions={
        (S.ASKED, E.ACCEPTED): S.ACCEPTED,
        (S.ASKED, E.REFUSED): S.REFUSED,
        # The station may have taken it though its answer got lost.
        **{
            (state, event): S(event.value)
            for state in (S.ASKED, S.ACCEPTED)
            for event in (E.CANCELLED, E.USED, E.EXPIRED, E.REMOVED)
        },
    },
)

OPEN = frozenset({S.ASKED, S.ACCEPTED})

TOLD_BY = {"Expired": E.EXPIRED, "Removed": E.REMOVED, "NoTransaction": E.REMOVED}
"""The words of a station that tells by itself; the last one is OCPP 2.1's."""


def event_of(kind: str, state: CommandState) -> ReservationEvent | None:
    """What the end of the command says of its reservation; None where it says nothing.

    OCPP 1.6 ed.2 §5.2: a station rejects the cancelling of a reservation that it does not have.
    """
    known = {
        ("reserve_now", CommandState.ANSWERED): E.ACCEPTED,
        ("reserve_now", CommandState.REJECTED): E.REFUSED,
        ("reserve_now", CommandState.NOT_SUPPORTED): E.REFUSED,
        ("reserve_now", CommandState.EXPIRED): E.REFUSED,
        ("reserve_now", CommandState.GIVEN_UP): E.REFUSED,
        ("reserve_now", CommandState.CANCELLED): E.CANCELLED,
        ("cancel_reservation", CommandState.ANSWERED): E.CANCELLED,
        ("cancel_reservation", CommandState.REJECTED): E.REMOVED,
    }
    return known.get((kind, state))
