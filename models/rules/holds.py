"""A hold on an account while a session runs: how it ends, what is taken of it, what an overrun leads to (C5)."""

from datetime import timedelta
from enum import StrEnum

from models.errors import HoldExceeded
from models.money import Money
from models.rules.machine import Event, Machine, State

VALID = timedelta(hours=24)
"""So long a hold lasts unless it is extended: what was forgotten keeps nobody's money for longer."""


class HoldState(StrEnum):
    HELD = "held"
    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"


class HoldEvent(StrEnum):
    EXTENDED = "extended"
    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"


S, E = HoldState, HoldEvent

HOLD = Machine(
    name="hold",
    initial=S.HELD,
    states=(
        State(S.HELD, "Held", column=0, waits_for="the session's end"),
        State(S.SETTLED, "Settled", column=1, terminal=True),
        State(S.RELEASED, "Released", column=1, row=1, terminal=True),
        State(S.EXPIRED, "Expired", column=1, row=2, terminal=True),
    ),
    events=(
        Event(E.EXTENDED, "more is held, or for longer"),
        Event(E.SETTLED, "the session is paid"),
        Event(E.RELEASED, "nothing is to be paid"),
        Event(E.EXPIRED, "time is over", kind="step"),
    ),
    transitions={
        (S.HELD, E.EXTENDED): S.HELD,
        (S.HELD, E.SETTLED): S.SETTLED,
        (S.HELD, E.RELEASED): S.RELEASED,
        (S.HELD, E.EXPIRED): S.EXPIRED,
    },
)


class OverrunPolicy(StrEnum):
    """What is done for a session that costs more than is held for it."""

    EXTEND = "extend"
    """Hold more; stop it where that is not covered."""
    STOP = "stop"
    """Stop it before it costs more."""
    DEBT = "debt"
    """Let it charge, and record what is not covered as a debt."""


class Remedy(StrEnum):
    NONE = "none"
    EXTEND = "extend"
    STOP = "stop"
    DEBT = "debt"


def taken(held: Money, price: Money, *, may_exceed: bool = False) -> Money:
    """How much of the hold is used up by the price; the rest is released.

    Raises HoldExceeded where the hold doesn't cover the price: extend it, or settle it with a debt (``may_exceed``).
    """
    if price > held and not may_exceed:
        raise HoldExceeded(f"{held} is held and {price} is to be paid: extend the hold, or record a debt")
    return min(held, price)


def remedy(policy: OverrunPolicy, held: Money, needed: Money, available: Money, *, runs: bool) -> Remedy:
    """What the policy says of a session that needs ``needed``, and of what is ``available`` beside the hold.

    While it runs, ``needed`` is what it will have cost when it can be stopped; once it has ended, its price. What is
    available then pays for an overrun under every policy, and what is not is a debt under every policy: the energy has
    flowed.
    """
    if needed <= held:
        return Remedy.NONE
    is_covered = needed - held <= available
    if not runs:
        return Remedy.EXTEND if is_covered else Remedy.DEBT
    if policy is OverrunPolicy.STOP:
        return Remedy.STOP
    if is_covered:
        return Remedy.EXTEND
    return Remedy.DEBT if policy is OverrunPolicy.DEBT else Remedy.STOP
