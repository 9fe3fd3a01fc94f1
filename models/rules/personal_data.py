"""Where a customer's personal data stand, what of them is told, and what is left after an erasure (S8).

GDPR Art. 15 and 20: everything that is told is told in a form that machines read. Art. 17: what the law makes us keep
(bill data records, the ledger, and what they rest on) is kept under pseudonyms; the rest goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.money import Money

ERASED = "(erased)"
"""Stands where something has to."""
EXPORT_VALID = timedelta(days=7)
"""So long an export can be fetched."""
PSEUDONYM_LENGTH = 20
"""OCPP 1.6 ed.2 §7.28: an id token has at most as many characters."""


class RequestKind(StrEnum):
    EXPORT = "export"
    ERASURE = "erasure"


class RequestState(StrEnum):
    ASKED = "asked"
    READY = "ready"
    """An export that can be fetched."""
    EXPIRED = "expired"
    DONE = "done"
    """Of an erasure the files are gone too, which come behind the rows."""


class Because(StrEnum):
    """Why somebody is erased. It is no free text, which might tell of them again."""

    ASKED_FOR = "asked_for"
    NOT_NEEDED = "not_needed"


class By(StrEnum):
    """By what a row is known to be a customer's."""

    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    CARD = "card"
    VEHICLE = "vehicle"
    TOKEN = "token"  # noqa: S105 - the id of one
    SESSION = "session"
    TRANSACTION = "transaction"
    ACCOUNT = "account"
    BOOKING = "booking"
    SUBJECT = "subject"
    """Of the audit trail: the customer, a subscription, a card, a car."""
    REFERENCE = "reference"


class Becomes(StrEnum):
    """What an erasure makes of a column."""

    NOTHING = "nothing"
    EMPTY = "empty"
    """A list, or a thing with nothing in it."""
    A_WORD = "a_word"
    """Where something stands there."""
    A_PSEUDONYM = "a_pseudonym"
    """Every uid in it, and every id of a car, whatever else it holds."""


@dataclass(frozen=True)
class Place:
    """``hidden`` columns are not told: they tell of our own people, or of how we work. A place that isn't ``told``
    holds what stands elsewhere too."""

    table: str
    column: str
    by: By
    told: bool = True
    hidden: frozenset[str] = frozenset()
    erased: Mapping[str, Becomes] = field(default_factory=dict)
    goes: bool = False
    """Whole rows are removed."""


_NOTHING, _EMPTY, _WORD, _PSEUDONYM = Becomes.NOTHING, Becomes.EMPTY, Becomes.A_WORD, Becomes.A_PSEUDONYM
_PERSON = dict.fromkeys(("name", "email", "street", "house_number", "postal_code", "city"), _WORD)
_LOOKS = ("name", "plate", "make", "model")
_RECORD = {"why": _WORD, "detail": _EMPTY, "changes": _EMPTY}
_OURS = frozenset({"actor", "actor_name", "changes", "correlation_id", "placement_id"})
_BOOKED = frozenset({"booked_by", "booked_by_name", "correlation_id"})
_SENT = frozenset({"provider_id", "correlation_id", "error"})
_WRITTEN = frozenset({"written_by", "written_by_name"})

PLACES: tuple[Place, ...] = (
    Place("customer", "id", By.CUSTOMER, erased={**_PERSON, "phone": _NOTHING, "external_id": _NOTHING}),
    Place("customer_contact", "customer_id", By.CUSTOMER, goes=True),
    Place("customer_note", "customer_id", By.CUSTOMER, hidden=_WRITTEN, goes=True),
    Place(
        "subscriber",
        "customer_id",
        By.CUSTOMER,
        erased={
            **dict.fromkeys(("email", "ending_reason", "suspended_because"), _WORD),
            **dict.fromkeys(("phone", "wanted_card", "letter_key"), _NOTHING),
        },
    ),
    Place("card", "subscriber_id", By.SUBSCRIPTION),
    Place("blocked_card_use", "card_id", By.CARD),
    Place("id_token", "id", By.TOKEN, erased={"token": _PSEUDONYM}),
    Place("past_block", "token_id", By.TOKEN),
    Place("vehicle", "subscriber_id", By.SUBSCRIPTION, erased=dict.fromkeys(_LOOKS, _NOTHING)),
    Place("vehicle_token", "vehicle_id", By.VEHICLE, goes=True),
    Place("tariff_assignment", "account_id", By.SUBSCRIPTION, hidden=frozenset({"created_by"})),
    Place("charging_session", "subscriber_id", By.SUBSCRIPTION),
    Place(
        "charging_transaction",
        "number",
        By.TRANSACTION,
        hidden=frozenset({"sequence"}),
        erased=dict.fromkeys(("token", "stop_token", "sequence"), _PSEUDONYM),
    ),
    Place("meter_reading", "transaction_number", By.TRANSACTION, erased={"samples": _PSEUDONYM}),
    Place("raw_frame", "transaction_number", By.TRANSACTION, told=False, erased={"frame": _PSEUDONYM}),
    Place("signed_value", "session_id", By.SESSION, erased={"value": _WORD}),
    Place("cdr", "subscriber_id", By.SUBSCRIPTION),
    Place("ledger_account", "owner_id", By.SUBSCRIPTION),
    Place("hold", "account_id", By.ACCOUNT),
    Place("ledger_entry", "account_id", By.ACCOUNT),
    Place("ledger_transaction", "id", By.BOOKING, hidden=_BOOKED),
    Place("driver_notice", "subscriber_id", By.SUBSCRIPTION, hidden=_SENT, goes=True),
    Place("text_message", "subscriber_id", By.SUBSCRIPTION, hidden=frozenset({"sender", "provider_id"}), goes=True),
    Place("notice_choice", "subscriber_id", By.SUBSCRIPTION, goes=True),
    Place("timeline_entry", "subject_id", By.SUBJECT, hidden=_OURS, erased=_RECORD),
    Place("timeline_entry", "reference", By.REFERENCE, told=False, erased=_RECORD),
)
"""In this order they are told, and erased."""

WITH_UIDS: Mapping[str, tuple[str, ...]] = {
    "reservation": ("token",),
    "station_command": ("arguments", "data"),
    "wanted_list": ("tokens",),
    "station_list": ("tokens", "chosen"),
}
"""Where else the uid of a card, or the id of a car, may stand, among other things that are nobody's."""


class ObstacleKind(StrEnum):
    OPEN_SUBSCRIPTION = "open_subscription"
    UNSETTLED_SESSION = "unsettled_session"
    OPEN_HOLD = "open_hold"
    MONEY_OWED = "money_owed"


@dataclass(frozen=True)
class Obstacle:
    """What stands against an erasure, and what to do."""

    kind: ObstacleKind
    reference: str
    detail: str

    def as_facts(self) -> dict[str, Any]:
        return {"kind": self.kind.value, "reference": self.reference, "detail": self.detail}


@dataclass(frozen=True)
class Open:
    """What is still open between a customer and us, by the references of subscriptions and sessions."""

    subscriptions: Sequence[str]
    sessions: Sequence[str]
    held: Sequence[str]
    balances: Sequence[tuple[str, Money]]
    """Of a subscription's account: above zero it is ours to pay, below zero theirs."""


def obstacles(standing: Open) -> tuple[Obstacle, ...]:
    """Nobody is erased with whom something is open; none where it can be done."""
    kinds = ObstacleKind
    return (
        *(Obstacle(kinds.OPEN_SUBSCRIPTION, each, "Close the subscription first") for each in standing.subscriptions),
        *(
            Obstacle(kinds.UNSETTLED_SESSION, each, "It is not settled yet; it will be by itself")
            for each in standing.sessions
        ),
        *(Obstacle(kinds.OPEN_HOLD, each, "Money of it is held; that ends by itself") for each in standing.held),
        *(
            Obstacle(kinds.MONEY_OWED, each, _owed(balance))
            for each, balance in standing.balances
            if not balance.is_zero
        ),
    )


def _owed(balance: Money) -> str:
    if balance > Money.zero(balance.currency):
        return f"We owe {balance.rounded()}; pay it back and book that first"
    return f"{(-balance).rounded()} is owed to us; have it paid, or write it off first"


def pseudonym(token_id: UUID) -> str:
    """What stands in place of a card's uid, or a car's id: as long as a token may be, and no uid."""
    return f"ERASED{token_id.hex[-(PSEUDONYM_LENGTH - len('ERASED')) :]}".upper()
