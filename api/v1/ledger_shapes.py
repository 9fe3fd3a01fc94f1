"""Shapes of the ledger: accounts, the lines of a statement, transactions, holds."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from api.paging import Page
from api.v1.shapes import Shape, example
from models.messages.base import Message
from models.messages.ledger import PaymentId
from models.messages.placement import Paragraph
from models.rules.holds import HOLD, HoldState
from models.rules.ledger import AccountKind, DebtCause, TransactionKind
from models.tables.ledger import Hold, LedgerAccount, LedgerEntry, LedgerTransaction

ACCOUNT_ID = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e01"
_TRANSACTION_ID = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e02"
_LINE: dict[str, Any] = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e03",
    "number": 7,
    "booked_at": "2026-12-01T09:12:00Z",
    "amount": "-12.3400",
    "balance_after": "37.6600",
    "transaction_id": _TRANSACTION_ID,
    "kind": "settlement",
    "debt": None,
    "session_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e04",
    "payment_id": None,
    "document_id": None,
    "reason": None,
    "booked_by": "Stationmaster",
}
Amount = Annotated[Decimal, Field(max_digits=19, decimal_places=4)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217; it is the account's own")]


class TopUpToBook(Message):
    amount: Amount = Field(gt=0)
    currency: Currency
    payment_id: PaymentId = Field(description="The bank's own reference; the same payment is credited once")


class AdjustmentToBook(Message):
    amount: Amount = Field(description="Above zero to give, below zero to take")
    currency: Currency
    reason: Paragraph


class Why(Message):
    reason: Paragraph


class AccountShape(Shape):
    model_config = example(
        id=ACCOUNT_ID,
        owner_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e05",
        kind="prepaid",
        currency="EUR",
        balance="37.6600",
        held="20.0000",
        credit_limit="0.0000",
        available="17.6600",
        entries=7,
        last_booked_at="2026-12-01T09:12:00Z",
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    owner_id: UUID | None = Field(description="The subscriber; null: the house's own books")
    kind: AccountKind
    currency: str
    balance: Decimal | None = Field(description="Above zero to the owner's credit; of the house's own: `…/balance`")
    held: Decimal | None = Field(description="By open holds; null: nothing is spent from it")
    credit_limit: Decimal | None
    available: Decimal | None = Field(description="The balance, less what is held, and the credit limit")
    entries: int | None = Field(description="How many entries an owner's account has")
    last_booked_at: datetime | None
    created_at: datetime


class BalanceShape(Shape):
    model_config = example(account_id=ACCOUNT_ID, currency="EUR", balance="37.6600", at=None)

    account_id: UUID
    currency: str
    balance: Decimal
    at: datetime | None = Field(description="Just before this instant; null: now")


class LineShape(Shape):
    """An entry of the account, and what it leads back to."""

    model_config = example(**_LINE)

    id: UUID
    number: int | None = Field(description="On an owner's account they count from 1")
    booked_at: datetime
    amount: Decimal = Field(description="Above zero to the owner's credit, below zero to their debit")
    balance_after: Decimal | None
    transaction_id: UUID
    kind: TransactionKind
    debt: DebtCause | None = Field(description="Why it could overdraw the account; null: it could not")
    session_id: UUID | None
    payment_id: str | None
    document_id: UUID | None
    reason: str | None
    booked_by: str


class StatementShape(Page[LineShape]):
    """The lines with the balances between which they run."""

    opening_balance: Decimal | None = Field(description="Before the period; null for the house's own books")
    closing_balance: Decimal | None = Field(description="At its end")


class SideShape(Shape):
    account_id: UUID
    account: AccountKind
    owner_id: UUID | None
    currency: str
    amount: Decimal


class TransactionShape(Shape):
    model_config = example(
        id=_TRANSACTION_ID,
        kind="adjustment",
        reference="adjustment:0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e06",
        debt=None,
        hold_id=None,
        reverses_id=None,
        session_id=None,
        payment_id=None,
        document_id=None,
        reason="The station was out of order",
        booked_by="Fien Finance",
        booked_at="2026-12-01T09:12:00Z",
        sides=[
            {"account_id": ACCOUNT_ID, "account": "prepaid", "owner_id": None, "currency": "EUR", "amount": "5.0000"}
        ],
    )

    id: UUID
    kind: TransactionKind
    reference: str = Field(description="Names the event: it is booked once")
    debt: DebtCause | None
    hold_id: UUID | None = Field(description="The hold that it settled")
    reverses_id: UUID | None = Field(description="The transaction that it corrects")
    session_id: UUID | None
    payment_id: str | None
    document_id: UUID | None
    reason: str | None
    booked_by: str
    booked_at: datetime
    sides: list[SideShape] = Field(description="They sum to zero in each currency")


class HoldShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e07",
        reference="session-0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e04",
        session_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2e04",
        amount="20.0000",
        currency="EUR",
        state="held",
        label="Held",
        settled_amount=None,
        expires_at="2026-12-02T09:00:00Z",
        ended_at=None,
        created_at="2026-12-01T09:00:00Z",
    )

    id: UUID
    reference: str
    session_id: UUID | None
    amount: Decimal
    currency: str
    state: HoldState
    label: str = Field(description="The state in plain words")
    settled_amount: Decimal | None = Field(description="What was taken of it; the rest was released")
    expires_at: datetime
    ended_at: datetime | None
    created_at: datetime


def account_shape(row: LedgerAccount) -> AccountShape:
    said = row.model_dump(include=set(AccountShape.model_fields))
    return AccountShape(**said, available=row.available, entries=None if row.owner_id is None else row.last_number)


def line_shape(entry: LedgerEntry, booked: LedgerTransaction) -> LineShape:
    own = {"id", "number", "booked_at", "amount", "balance_after", "transaction_id"}
    said = booked.model_dump(include=set(LineShape.model_fields) - own - {"booked_by"})
    return LineShape(**entry.model_dump(include=own), **said, booked_by=booked.booked_by_name)


def transaction_shape(
    booked: LedgerTransaction, sides: Sequence[tuple[LedgerEntry, LedgerAccount]]
) -> TransactionShape:
    said = booked.model_dump(include=set(TransactionShape.model_fields) - {"booked_by"})
    shown = [
        SideShape(
            account_id=row.id,
            account=row.kind,
            owner_id=row.owner_id,
            currency=entry.currency,
            amount=entry.amount,
        )
        for entry, row in sides
    ]
    return TransactionShape(**said, booked_by=booked.booked_by_name, sides=shown)


def hold_shape(row: Hold) -> HoldShape:
    return HoldShape(**row.model_dump(include=set(HoldShape.model_fields)), label=HOLD.state(row.state).label)
