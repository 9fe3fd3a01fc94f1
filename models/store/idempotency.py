"""The answers that creating requests got."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables.access import IdempotencyKey

KEPT = timedelta(days=7)


async def take(
    session: AsyncSession, principal_id: UUID, key: str, request_hash: str, expired_before: datetime
) -> IdempotencyKey:
    """The key's row: a new one without an answer, or the one that is there; waits for a request that is making it.

    One that is older than ``expired_before`` is used anew.
    """
    fresh = {"request_hash": request_hash, "status": None, "body": None, "created_at": sa.func.now()}
    statement = insert(IdempotencyKey).values(principal_id=principal_id, key=key, request_hash=request_hash)
    taken = await session.scalars(
        statement.on_conflict_do_update(
            index_elements=["principal_id", "key"],
            set_=fresh,
            where=col(IdempotencyKey.created_at) < expired_before,
        ).returning(IdempotencyKey)
    )
    made: IdempotencyKey | None = taken.one_or_none()
    if made is not None:
        return made
    return await session.get_one(IdempotencyKey, (principal_id, key), with_for_update=True)


async def forget_before(session: AsyncSession, instant: datetime) -> None:
    await session.execute(sa.delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < instant))
