"""The answers that creating requests got."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables.access import IdempotencyKey


async def take(session: AsyncSession, principal_id: UUID, key: str, request_hash: str) -> IdempotencyKey:
    """The key's row: a new one without an answer, or the one that is there; waits for a request that is making it."""
    statement = insert(IdempotencyKey).values(principal_id=principal_id, key=key, request_hash=request_hash)
    inserted = await session.scalars(statement.on_conflict_do_nothing().returning(IdempotencyKey))
    made: IdempotencyKey | None = inserted.one_or_none()
    if made is not None:
        return made
    return await session.get_one(IdempotencyKey, (principal_id, key), with_for_update=True)


async def forget_before(session: AsyncSession, principal_id: UUID, instant: datetime) -> None:
    """The principal's older keys may be used anew."""
    await session.execute(
        sa.delete(IdempotencyKey).where(
            col(IdempotencyKey.principal_id) == principal_id, col(IdempotencyKey.created_at) < instant
        )
    )
