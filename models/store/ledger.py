"""The ledger's accounts, transactions and entries. A balance is never read and then written: one guarded update."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.ledger import AccountKind
from models.store.window import Window, cut
from models.tables.ledger import LedgerAccount, LedgerEntry, LedgerTransaction

# What is available falls below zero, or further below it, by what may overdraw only.
_MOVE = sa.text("""
    UPDATE ledger_account SET
        balance = balance + :amount,
        held = held - :freed,
        last_number = last_number + 1,
        last_booked_at = greatest(coalesce(last_booked_at, :now), :now)
    WHERE id = :account_id AND (
        :may_overdraw OR credit_limit IS NULL
        OR balance + :amount - held + :freed + credit_limit >= least(0, balance - held + credit_limit)
    )
    RETURNING last_number, balance, balance - held + credit_limit, last_booked_at
""")
_LIMIT = sa.text("""
    UPDATE ledger_account SET credit_limit = :limit
    WHERE id = :account_id AND (credit_limit <= :limit OR balance - held + :limit >= 0)
    RETURNING id
""")


class Moved(NamedTuple):
    """How an account stands after an entry of this number."""

    number: int
    balance: Decimal
    available: Decimal | None
    at: datetime


async def open_accounts(session: AsyncSession, accounts: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Those that are not there yet; which ones were made."""
    made = await session.execute(
        insert(LedgerAccount).values(accounts).on_conflict_do_nothing().returning(col(LedgerAccount.id))
    )
    return set(made.scalars())


async def account(session: AsyncSession, account_id: UUID) -> LedgerAccount | None:
    """As it stands now, only to be read."""
    return await session.get(LedgerAccount, account_id, populate_existing=True)


async def accounts_for(
    session: AsyncSession, owner_id: UUID, currency: str, kinds: Collection[AccountKind]
) -> Mapping[AccountKind, UUID]:
    """The owner's accounts of these kinds, and the house's own."""
    found = await session.execute(
        sa.select(col(LedgerAccount.kind), col(LedgerAccount.id)).where(
            sa.or_(col(LedgerAccount.owner_id) == owner_id, col(LedgerAccount.owner_id).is_(None)),
            col(LedgerAccount.currency) == currency,
            col(LedgerAccount.kind).in_(kinds),
        )
    )
    return {row[0]: row[1] for row in found}


async def move(
    session: AsyncSession, account_id: UUID, amount: Decimal, freed: Decimal, now: datetime, *, may_overdraw: bool
) -> Moved | None:
    """An owner's account takes an entry, and ``freed`` is no longer held. None where the balance doesn't cover it."""
    found = await session.execute(
        _MOVE,
        {"account_id": account_id, "amount": amount, "freed": freed, "now": now, "may_overdraw": may_overdraw},
    )
    row = found.one_or_none()
    return None if row is None else Moved(*row)


async def change_limit(session: AsyncSession, account_id: UUID, limit: Decimal) -> bool:
    """False where more than that is spent already, or nothing is spent from the account."""
    return (await session.execute(_LIMIT, {"account_id": account_id, "limit": limit})).first() is not None


async def add_transaction(session: AsyncSession, transaction: LedgerTransaction) -> bool:
    """False where there is one under this reference; waits for whoever is booking it at this moment."""
    values = transaction.model_dump()
    made = await session.execute(
        insert(LedgerTransaction)
        .values(values)
        .on_conflict_do_nothing(index_elements=["reference"])
        .returning(col(LedgerTransaction.id))
    )
    return made.first() is not None


async def add_entries(session: AsyncSession, entries: Iterable[LedgerEntry]) -> None:
    await session.execute(insert(LedgerEntry).values([each.model_dump() for each in entries]))


async def transaction(session: AsyncSession, transaction_id: UUID) -> LedgerTransaction | None:
    return await session.get(LedgerTransaction, transaction_id)


async def booked_under(session: AsyncSession, reference: str) -> LedgerTransaction | None:
    found = await session.execute(select(LedgerTransaction).where(col(LedgerTransaction.reference) == reference))
    return found.scalar_one_or_none()


async def settlement_of(session: AsyncSession, hold_id: UUID) -> LedgerTransaction | None:
    found = await session.execute(select(LedgerTransaction).where(col(LedgerTransaction.hold_id) == hold_id))
    return found.scalar_one_or_none()


async def entries_of(session: AsyncSession, transaction_id: UUID) -> Sequence[tuple[LedgerEntry, LedgerAccount]]:
    """The sides of a transaction with their accounts, owners' first."""
    found = await session.execute(
        sa.select(LedgerEntry, LedgerAccount)
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.account_id))
        .where(col(LedgerEntry.transaction_id) == transaction_id)
        .order_by(col(LedgerAccount.owner_id).is_(None), col(LedgerAccount.kind))
    )
    return [(row[0], row[1]) for row in found]


@dataclass(frozen=True)
class AccountFilter:
    """Which accounts are wanted; None wants all."""

    owner_id: UUID | None = None
    kind: AccountKind | None = None
    currency: str | None = None


async def accounts(session: AsyncSession, wanted: AccountFilter, window: Window) -> Sequence[LedgerAccount]:
    query = select(LedgerAccount)
    for name in ("owner_id", "kind", "currency"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(LedgerAccount, name) == value)
    return list((await session.execute(cut(query, col(LedgerAccount.id), window))).scalars())


async def balance_of_house(session: AsyncSession, account_id: UUID) -> Decimal:
    """The sum of all its entries."""
    found = await session.execute(
        select(sa.func.coalesce(sa.func.sum(col(LedgerEntry.amount)), 0)).where(
            col(LedgerEntry.account_id) == account_id
        )
    )
    return Decimal(found.scalar_one())


@dataclass(frozen=True)
class Period:
    """From an instant, and until before another; None: from the first, to the last entry."""

    at_from: datetime | None = None
    at_to: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        booked = col(LedgerEntry.booked_at)
        bounds = ((self.at_from, booked.__ge__), (self.at_to, booked.__lt__))
        return [beyond(bound) for bound, beyond in bounds if bound is not None]


async def statement(
    session: AsyncSession, account: LedgerAccount, period: Period, *, after: UUID | None, limit: int, oldest_first: bool
) -> Sequence[tuple[LedgerEntry, LedgerTransaction]]:
    """The account's entries with what they were for; ``after`` is the last entry of the page before."""
    key = col(LedgerEntry.id) if account.owner_id is None else col(LedgerEntry.number)
    query = (
        sa.select(LedgerEntry, LedgerTransaction)
        .join(LedgerTransaction, col(LedgerTransaction.id) == col(LedgerEntry.transaction_id))
        .where(col(LedgerEntry.account_id) == account.id, *period.conditions())
    )
    if after is not None:
        last = sa.select(key).where(col(LedgerEntry.id) == after).scalar_subquery()
        query = query.where(key > last if oldest_first else key < last)
    found = await session.execute(query.order_by(key if oldest_first else key.desc()).limit(limit))
    return [(row[0], row[1]) for row in found]


async def balance_before(session: AsyncSession, account: LedgerAccount, instant: datetime | None) -> Decimal:
    """How an owner's account stood just before; now, where no instant is named."""
    before = Period(at_to=instant).conditions()
    found = await session.execute(
        sa.select(col(LedgerEntry.balance_after))
        .where(col(LedgerEntry.account_id) == account.id, *before)
        .order_by(col(LedgerEntry.number).desc())
        .limit(1)
    )
    return found.scalar_one_or_none() or Decimal(0)
