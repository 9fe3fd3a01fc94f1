"""A subscription, from the request to its closing, as one table (S1-S5)."""

from enum import StrEnum

from models.rules.machine import Event, Machine, State


class Payment(StrEnum):
    PREPAID = "prepaid"
    POSTPAID = "postpaid"


class SubscriberStage(StrEnum):
    REQUESTED = "requested"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    CLOSED = "closed"
    UNDOING = "undoing"
    REJECTED = "rejected"
    COMPENSATED = "compensated"


class SubscriberEvent(StrEnum):
    SET_UP = "set_up"
    REJECT = "reject"
    FAILED = "failed"
    REJECTION_DONE = "rejection_done"
    UNDONE = "undone"
    ASSIGN_CARD = "assign_card"
    REPLACE_CARD = "replace_card"
    CHANGE_TARIFF = "change_tariff"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLOSE = "close"
    SETTLED = "settled"


class Ending(StrEnum):
    """As what a subscription ends that came to nothing."""

    REJECTED = "rejected"
    FAILED = "failed"


S, E = SubscriberStage, SubscriberEvent

SUBSCRIBER = Machine(
    name="subscription",
    initial=S.REQUESTED,
    states=(
        State(S.REQUESTED, "Requested", column=0, waits_for="Stationmaster"),
        State(S.ACTIVE, "Active", column=1),
        State(S.SUSPENDED, "Suspended", column=1, row=1, waits_for="customer care"),
        State(S.CLOSING, "Closing", column=2, waits_for="finance"),
        State(S.CLOSED, "Closed", column=3, terminal=True),
        State(S.UNDOING, "Being undone", column=0, row=1, waits_for="Stationmaster"),
        State(S.REJECTED, "Rejected", column=1, row=2, terminal=True),
        State(S.COMPENSATED, "Came to nothing", column=0, row=2, terminal=True),
    ),
    events=(
        Event(E.SET_UP, "account, tariff and card are there", kind="step"),
        Event(E.REJECT, "reject", kind="decision"),
        Event(E.FAILED, "a step has failed for good", kind="step"),
        Event(E.REJECTION_DONE, "all undone, after a rejection", kind="step"),
        Event(E.UNDONE, "all undone, after a failure", kind="step"),
        Event(E.ASSIGN_CARD, "assign a card", kind="decision"),
        Event(E.REPLACE_CARD, "replace a card", kind="decision"),
        Event(E.CHANGE_TARIFF, "change the tariff from a date", kind="decision"),
        Event(E.SUSPEND, "suspend", kind="decision"),
        Event(E.RESUME, "resume", kind="decision"),
        Event(E.CLOSE, "close", kind="decision"),
        Event(E.SETTLED, "account settled", kind="decision"),
    ),
    transitions={
        (S.REQUESTED, E.SET_UP): S.ACTIVE,
        (S.REQUESTED, E.REJECT): S.UNDOING,
        (S.REQUESTED, E.FAILED): S.UNDOING,
        (S.UNDOING, E.REJECTION_DONE): S.REJECTED,
        (S.UNDOING, E.UNDONE): S.COMPENSATED,
        (S.ACTIVE, E.ASSIGN_CARD): S.ACTIVE,
        (S.ACTIVE, E.REPLACE_CARD): S.ACTIVE,
        (S.ACTIVE, E.CHANGE_TARIFF): S.ACTIVE,
        (S.ACTIVE, E.SUSPEND): S.SUSPENDED,
        (S.ACTIVE, E.CLOSE): S.CLOSING,
        (S.SUSPENDED, E.REPLACE_CARD): S.SUSPENDED,
        (S.SUSPENDED, E.CHANGE_TARIFF): S.SUSPENDED,
        (S.SUSPENDED, E.RESUME): S.ACTIVE,
        (S.SUSPENDED, E.CLOSE): S.CLOSING,
        (S.CLOSING, E.SETTLED): S.CLOSED,
    },
)
