"""Counts of requests, shared by every API process."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables.access import RequestCount


async def count(session: AsyncSession, counted_id: UUID, minute: int, most: int) -> tuple[int, int]:
    """Count one more request; gives the counts of this minute, up to ``most``, and of the one before."""
    kept = (col(RequestCount.minute), col(RequestCount.count), col(RequestCount.count_before))
    kept_minute, kept_count, kept_before = kept
    # The clock of another process may be in the next minute already.
    running = kept_minute >= minute
    statement = insert(RequestCount).values(counted_id=counted_id, minute=minute, count=1, count_before=0)
    fresh = {
        "minute": sa.func.greatest(kept_minute, minute),
        "count": sa.case((running, sa.func.least(kept_count + 1, most)), else_=1),
        "count_before": sa.case((running, kept_before), (kept_minute == minute - 1, kept_count), else_=0),
    }
    counted = await session.execute(
        statement.on_conflict_do_update(index_elements=["counted_id"], set_=fresh).returning(kept_count, kept_before)
    )
    row = counted.one()
    return int(row[0]), int(row[1])
