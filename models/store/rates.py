"""Counts of requests, shared by every API process."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.tables.access import RequestCount


def _counting() -> Any:
    table: sa.Table = RequestCount.__table__  # type: ignore[attr-defined]
    kept = table.c
    minute = sa.bindparam("minute", type_=sa.BigInteger)
    # The clock of another process may be in the next minute already.
    running = kept.minute >= minute
    counted_id = sa.bindparam("counted_id", type_=kept.counted_id.type)
    return (
        insert(table)
        .values(counted_id=counted_id, minute=minute, count=1, count_before=0)
        .on_conflict_do_update(
            index_elements=["counted_id"],
            set_={
                "minute": sa.func.greatest(kept.minute, minute),
                "count": sa.case(
                    (running, sa.func.least(kept.count + 1, sa.bindparam("most", type_=sa.Integer))), else_=1
                ),
                "count_before": sa.case((running, kept.count_before), (kept.minute == minute - 1, kept.count), else_=0),
            },
        )
        .returning(kept.count, kept.count_before)
    )


_COUNT = _counting()
"""Made once: to put it together costs more than to send it, and every request does."""


async def count(session: AsyncSession, counted_id: UUID, minute: int, most: int) -> tuple[int, int]:
    """Count one more request; gives the counts of this minute, up to ``most``, and of the one before."""
    said = {"counted_id": counted_id, "minute": minute, "most": most}
    row = (await session.execute(_COUNT, said)).one()
    return int(row[0]), int(row[1])
