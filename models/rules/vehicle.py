"""A car from its registration to its end, as one table: it charges for one subscription until it is removed (S9)."""

from enum import StrEnum

from models.rules.machine import Event, Machine, State
from models.rules.subscriber import SubscriberStage


class VehicleState(StrEnum):
    REGISTERED = "registered"
    REMOVED = "removed"


class VehicleEvent(StrEnum):
    CHANGE = "change"
    REMOVE = "remove"


class RemovalReason(StrEnum):
    SOLD = "sold"
    LOST = "lost"
    STOLEN = "stolen"
    MISTAKEN = "mistaken"
    """It was never theirs, or is not to charge by itself."""
    CLOSED = "closed"
    """The subscription was."""


S, E = VehicleState, VehicleEvent

VEHICLE = Machine(
    name="vehicle",
    initial=S.REGISTERED,
    states=(
        State(S.REGISTERED, "Registered", column=0),
        State(S.REMOVED, "Removed", column=1, terminal=True),
    ),
    events=(
        Event(E.CHANGE, "change", kind="decision"),
        Event(E.REMOVE, "remove", kind="decision"),
    ),
    transitions={
        (S.REGISTERED, E.CHANGE): S.REGISTERED,
        (S.REGISTERED, E.REMOVE): S.REMOVED,
    },
)
TAKES_VEHICLES = frozenset({SubscriberStage.ACTIVE, SubscriberStage.SUSPENDED})
"""Stages of a subscription at which a car can be registered for it."""


def may_charge(*, is_registered: bool, subscription: SubscriberStage | None) -> bool:
    """Whether a station may take the car's id: its token is blocked otherwise, on-line and in every local list."""
    return is_registered and subscription is SubscriberStage.ACTIVE
