"""A subscription, from the request to its closing, as one table (S1-S5)."""

from enum import StrEnum

from models.rules.machine import Event, Machine, State


class Payment(StrEnum):
    PREPAID = "prepaid"
    POSTPAID = "postpaid"


class Source(StrEnum):
    """Who asked: the consumer on a page of ours, or somebody of ours for them."""

    WEB = "web"
    AGENT = "agent"


class SubscriberStage(StrEnum):
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    CLOSED = "closed"
    REJECTED = "rejected"
    FAILED = "failed"


class SubscriberEvent(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    SET_UP = "set_up"
    FAIL = "fail"
    ASSIGN_CARD = "assign_card"
    REPLACE_CARD = "replace_card"
    CHANGE_TARIFF = "change_tariff"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLOSE = "close"
    SETTLE = "settle"


S, E = SubscriberStage, SubscriberEvent

SUBSCRIBER = Machine(
    name="subscription",
    initial=S.REQUESTED,
    states=(
        State(S.REQUESTED, "Requested", column=0, waits_for="customer care"),
        State(S.ACCEPTED, "Accepted, being set up", column=1, waits_for="Stationmaster, or a card for the pool"),
        State(S.ACTIVE, "Active", column=2),
        State(S.SUSPENDED, "Suspended", column=2, row=1, waits_for="customer care"),
        State(S.CLOSING, "Closing", column=3, waits_for="finance"),
        State(S.CLOSED, "Closed", column=4, terminal=True),
        State(S.REJECTED, "Rejected", column=0, row=1, terminal=True),
        State(S.FAILED, "Came to nothing", column=1, row=1, terminal=True),
    ),
    events=(
        Event(E.ACCEPT, "accept", kind="decision"),
        Event(E.REJECT, "reject", kind="decision"),
        Event(E.SET_UP, "account and card are there", kind="step"),
        Event(E.FAIL, "can't be set up", kind="step"),
        Event(E.ASSIGN_CARD, "assign a card", kind="decision"),
        Event(E.REPLACE_CARD, "replace a card", kind="decision"),
        Event(E.CHANGE_TARIFF, "change the tariff", kind="decision"),
        Event(E.SUSPEND, "suspend", kind="decision"),
        Event(E.RESUME, "resume", kind="decision"),
        Event(E.CLOSE, "close", kind="decision"),
        Event(E.SETTLE, "account settled", kind="decision"),
    ),
    transitions={
        (S.REQUESTED, E.ACCEPT): S.ACCEPTED,
        (S.REQUESTED, E.REJECT): S.REJECTED,
        (S.ACCEPTED, E.REJECT): S.REJECTED,
        (S.ACCEPTED, E.SET_UP): S.ACTIVE,
        (S.ACCEPTED, E.FAIL): S.FAILED,
        (S.ACTIVE, E.ASSIGN_CARD): S.ACTIVE,
        (S.ACTIVE, E.REPLACE_CARD): S.ACTIVE,
        (S.ACTIVE, E.CHANGE_TARIFF): S.ACTIVE,
        (S.ACTIVE, E.SUSPEND): S.SUSPENDED,
        (S.ACTIVE, E.CLOSE): S.CLOSING,
        (S.SUSPENDED, E.REPLACE_CARD): S.SUSPENDED,
        (S.SUSPENDED, E.CHANGE_TARIFF): S.SUSPENDED,
        (S.SUSPENDED, E.RESUME): S.ACTIVE,
        (S.SUSPENDED, E.CLOSE): S.CLOSING,
        (S.CLOSING, E.SETTLE): S.CLOSED,
    },
)
FIRST_STAGE = {Source.WEB: S.REQUESTED, Source.AGENT: S.ACCEPTED}
"""What one of ours enters is accepted by that."""
