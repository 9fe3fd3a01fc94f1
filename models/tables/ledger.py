"""The ledger: accounts, transactions with their entries, and holds (B8, C5).

Entries and transactions are only ever added, which triggers keep; at each commit the database checks that every new
transaction sums to zero.
"""

from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.money import AMOUNT_DIGITS, AMOUNT_PLACES
from models.rules.holds import HoldState
from models.rules.ledger import AccountKind, DebtCause, TransactionKind
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state

Amount = sa.Numeric(AMOUNT_DIGITS, AMOUNT_PLACES)
_IS_OWNED = "owner_id IS NOT NULL"
_IS_SPENT_FROM = "kind IN ('prepaid', 'unbilled')"


class LedgerAccount(SQLModel, table=True):
    """An owner's account, or one of the house's own books: those keep no balance, since every settlement would wait
    for their one row; theirs is the sum of their entries.

    ``balance``, ``held`` and ``last_number`` are moved by guarded updates only.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (
        sa.CheckConstraint(f"({_IS_OWNED}) = (kind IN ('prepaid', 'unbilled', 'receivable'))", name="owner"),
        sa.CheckConstraint(f"({_IS_OWNED}) = (balance IS NOT NULL)", name="balance"),
        sa.CheckConstraint(f"({_IS_SPENT_FROM}) = (held IS NOT NULL)", name="held"),
        sa.CheckConstraint(f"({_IS_SPENT_FROM}) = (credit_limit IS NOT NULL)", name="credit_limit"),
        sa.CheckConstraint("held >= 0 AND credit_limit >= 0", name="not_negative"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        sa.UniqueConstraint("id", "currency"),
        sa.Index("uq_ledger_account_owned", "owner_id", "kind", "currency", unique=True),
        sa.Index(
            "uq_ledger_account_house",
            "kind",
            "currency",
            unique=True,
            postgresql_where=sa.text("owner_id IS NULL"),
        ),
    )

    id: UUID = identity()
    owner_id: UUID | None = None
    """The subscriber; None: the house."""
    kind: AccountKind = Field(sa_type=text_state(AccountKind, "kind"))
    currency: str = Field(sa_type=sa.Text)
    balance: Decimal | None = Field(default=None, sa_type=Amount)
    held: Decimal | None = Field(default=None, sa_type=Amount)
    """By all open holds together."""
    credit_limit: Decimal | None = Field(default=None, sa_type=Amount)
    """How far below zero it may be spent on-line; None: nothing is spent from it."""
    last_number: int = Field(default=0, sa_type=sa.BigInteger)
    """Of its newest entry; they count from 1."""
    last_booked_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()

    @property
    def available(self) -> Decimal | None:
        """What can still be held; None where nothing is spent from it."""
        if self.balance is None or self.held is None or self.credit_limit is None:
            return None
        return self.balance - self.held + self.credit_limit


class Hold(SQLModel, table=True):
    """Money of an account that is set aside. Once it has ended no column moves any more, which a trigger keeps."""

    __tablename__ = "hold"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("settled_amount BETWEEN 0 AND amount", name="settled_amount"),
        sa.CheckConstraint("(state = 'settled') = (settled_amount IS NOT NULL)", name="settled"),
        sa.CheckConstraint("(state = 'held') = (ended_at IS NULL)", name="ended"),
        sa.ForeignKeyConstraint(["account_id", "currency"], ["ledger_account.id", "ledger_account.currency"]),
        sa.Index("ix_hold_account_id_id", "account_id", "id"),
        sa.Index("ix_hold_open", "expires_at", postgresql_where=sa.text("state = 'held'")),
    )

    id: UUID = identity()
    account_id: UUID
    currency: str = Field(sa_type=sa.Text)
    reference: str = Field(sa_type=sa.Text, unique=True)
    """Names it for whoever took it: taken again under it, it is the same hold."""
    session_id: UUID | None = Field(default=None, index=True)
    amount: Decimal = Field(sa_type=Amount)
    state: HoldState = Field(default=HoldState.HELD, sa_type=text_state(HoldState, "state"))
    settled_amount: Decimal | None = Field(default=None, sa_type=Amount)
    """What was taken of it; the rest was released."""
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()


class LedgerTransaction(SQLModel, table=True):
    """What one event has booked, and what it leads back to."""

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(session_id, payment_id, document_id, reason) > 0", name="leads_back"),
        sa.CheckConstraint("(kind = 'correction') = (reverses_id IS NOT NULL)", name="correction"),
        sa.Index("ix_ledger_transaction_payment", "payment_id", postgresql_where=sa.text("payment_id IS NOT NULL")),
        sa.Index("ix_ledger_transaction_session", "session_id", postgresql_where=sa.text("session_id IS NOT NULL")),
        sa.Index("ix_ledger_transaction_document", "document_id", postgresql_where=sa.text("document_id IS NOT NULL")),
    )

    id: UUID = identity()
    kind: TransactionKind = Field(sa_type=text_state(TransactionKind, "kind"))
    reference: str = Field(sa_type=sa.Text, unique=True)
    """Names the event: booked again under it, nothing moves."""
    debt: DebtCause | None = Field(default=None, sa_type=text_state(DebtCause, "debt"))
    """Why it could take an account below what is available; None: it could not."""
    hold_id: UUID | None = Field(default=None, foreign_key="hold.id", unique=True)
    """The hold that it settles."""
    reverses_id: UUID | None = Field(default=None, foreign_key="ledger_transaction.id", unique=True)
    session_id: UUID | None = None
    payment_id: str | None = Field(default=None, sa_type=sa.Text)
    """Ours, or the bank's own."""
    document_id: UUID | None = None
    reason: str | None = Field(default=None, sa_type=sa.Text)
    booked_by: UUID | None = Field(default=None, foreign_key="principal.id")
    booked_by_name: str = Field(sa_type=sa.Text)
    correlation_id: str = Field(sa_type=sa.Text)
    booked_at: datetime = Field(sa_type=Instant)


class LedgerEntry(SQLModel, table=True):
    """One side of a transaction. On an owner's account it has its number there, and says how the account stood."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        sa.CheckConstraint("amount <> 0", name="amount"),
        sa.CheckConstraint("(number IS NULL) = (balance_after IS NULL)", name="number"),
        sa.ForeignKeyConstraint(["account_id", "currency"], ["ledger_account.id", "ledger_account.currency"]),
        sa.UniqueConstraint("account_id", "number"),
        sa.UniqueConstraint("transaction_id", "account_id"),
        sa.Index("ix_ledger_entry_account_id_booked_at", "account_id", "booked_at"),
    )

    id: UUID = identity()
    transaction_id: UUID = Field(foreign_key="ledger_transaction.id")
    account_id: UUID
    currency: str = Field(sa_type=sa.Text)
    amount: Decimal = Field(sa_type=Amount)
    """Positive to the owner's credit, negative to their debit."""
    number: int | None = Field(default=None, sa_type=sa.BigInteger)
    balance_after: Decimal | None = Field(default=None, sa_type=Amount)
    available_after: Decimal | None = Field(default=None, sa_type=Amount)
    booked_at: datetime = Field(sa_type=Instant)
    """Never before that of the account's entry before."""
