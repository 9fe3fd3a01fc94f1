"""Holds on accounts. What is held is moved by guarded updates: a hold is there only where the account covers it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.holds import HoldState
from models.store import driver
from models.tables.ledger import Hold

# One statement: who takes it at the same time waits for the account's row, and sees what is left.
_TAKE = """
    WITH covered AS (
        UPDATE ledger_account SET held = held + %(amount)s
        WHERE id = %(account_id)s AND currency = %(currency)s AND balance - held + credit_limit >= %(amount)s
        RETURNING id
    ), made AS (
        INSERT INTO hold (id, account_id, currency, reference, session_id, amount, state, expires_at, created_at)
        SELECT %(id)s, id, %(currency)s::text, %(reference)s::text, %(session_id)s::uuid, %(amount)s, 'held',
            %(expires_at)s, %(created_at)s
        FROM covered
        ON CONFLICT (reference) DO NOTHING
        RETURNING id
    )
    SELECT EXISTS (SELECT FROM covered), EXISTS (SELECT FROM made)
"""
_TAKEN = ("id", "account_id", "currency", "reference", "session_id", "amount", "expires_at", "created_at")
_COVER = sa.text("""
    UPDATE ledger_account SET held = held + :more
    WHERE id = :account_id AND balance - held + credit_limit >= :more
    RETURNING id
""")
_FREE = sa.text("UPDATE ledger_account SET held = held - :amount WHERE id = :account_id")
_EXPIRE = sa.text("""
    WITH due AS (
        SELECT id FROM hold WHERE state = 'held' AND expires_at <= :now
        ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE hold h SET state = 'expired', ended_at = :now FROM due WHERE h.id = due.id RETURNING h.account_id, h.amount
""")


async def take(session: AsyncSession, hold: Hold) -> bool:
    """False, and nothing more is held, where its account doesn't cover it or a hold goes by the reference already.

    A reference that is being used at this moment is waited for.
    """
    ((is_covered, is_made),) = await driver.rows(session, _TAKE, {name: getattr(hold, name) for name in _TAKEN})
    if is_covered and not is_made:
        await free(session, hold.account_id, hold.amount)
    return bool(is_made)


async def cover(session: AsyncSession, account_id: UUID, more: Decimal) -> bool:
    """Whether the account covers it; then so much more is held."""
    return (await session.execute(_COVER, {"account_id": account_id, "more": more})).first() is not None


async def free(session: AsyncSession, account_id: UUID, amount: Decimal) -> None:
    await session.execute(_FREE, {"account_id": account_id, "amount": amount})


async def lock(session: AsyncSession, hold_id: UUID) -> Hold | None:
    """The hold, kept until the transaction ends."""
    found = await session.execute(
        select(Hold).where(col(Hold.id) == hold_id).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def under(session: AsyncSession, reference: str) -> Hold | None:
    found = await session.execute(
        select(Hold).where(col(Hold.reference) == reference).execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def expire(session: AsyncSession, now: datetime, limit: int) -> int:
    """Ends holds whose time is over, those that somebody works on left out; how many.

    Their accounts are locked in the order of their ids, as by everybody.
    """
    ended = [(row[0], row[1]) for row in await session.execute(_EXPIRE, {"now": now, "limit": limit})]
    freed: dict[UUID, Decimal] = {}
    for account_id, amount in ended:
        freed[account_id] = freed.get(account_id, Decimal(0)) + amount
    for account_id in sorted(freed):
        await free(session, account_id, freed[account_id])
    return len(ended)


async def page(
    session: AsyncSession, account_id: UUID, *, state: HoldState | None, after: UUID | None, limit: int
) -> Sequence[Hold]:
    """The account's holds, newest first; ``after`` is the last id of the page before."""
    query = select(Hold).where(col(Hold.account_id) == account_id)
    if state is not None:
        query = query.where(col(Hold.state) == state)
    if after is not None:
        query = query.where(col(Hold.id) < after)
    found = await session.execute(query.order_by(col(Hold.id).desc()).limit(limit))
    return found.scalars().all()
