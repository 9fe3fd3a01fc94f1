"""A card from the pool to its end, as one table: assigned once, blocked for good (S3, S4)."""

from enum import StrEnum

from models.rules.machine import Event, Machine, State
from models.rules.subscriber import SubscriberStage


class CardState(StrEnum):
    IN_POOL = "in_pool"
    ASSIGNED = "assigned"
    BLOCKED = "blocked"


class CardEvent(StrEnum):
    ASSIGN = "assign"
    BLOCK = "block"
    PUT_BACK = "put_back"


class BlockReason(StrEnum):
    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    REPLACED = "replaced"
    CLOSED = "closed"
    """The subscription was."""


S, E = CardState, CardEvent

CARD = Machine(
    name="card",
    initial=S.IN_POOL,
    states=(
        State(S.IN_POOL, "In the pool", column=0),
        State(S.ASSIGNED, "Assigned", column=1),
        State(S.BLOCKED, "Blocked", column=2, terminal=True),
    ),
    events=(
        Event(E.ASSIGN, "assign", kind="decision"),
        Event(E.BLOCK, "block", kind="decision"),
        Event(E.PUT_BACK, "subscription came to nothing", kind="step"),
    ),
    transitions={
        (S.IN_POOL, E.ASSIGN): S.ASSIGNED,
        (S.IN_POOL, E.BLOCK): S.BLOCKED,
        (S.ASSIGNED, E.PUT_BACK): S.IN_POOL,
        (S.ASSIGNED, E.BLOCK): S.BLOCKED,
    },
)


def may_charge(state: CardState, subscription: SubscriberStage | None) -> bool:
    """Whether a station may take the card: its token is blocked otherwise, on-line and in every local list."""
    return state is CardState.ASSIGNED and subscription is SubscriberStage.ACTIVE
