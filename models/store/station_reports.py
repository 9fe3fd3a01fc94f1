"""What stations reported of themselves."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.tables.station_report import StationReport

PARTS_KEPT = 1_000
"""Of one station and kind: the newest; a station tells events for as long as it stands."""

FORGOTTEN_AT_ONCE = 10_000


async def keep(session: AsyncSession, report: StationReport) -> bool:
    """Keep a part; False where the newest of its request and number is the same: it was sent again."""
    newest = await session.execute(
        select(StationReport)
        .where(
            col(StationReport.asset_id) == report.asset_id,
            col(StationReport.kind) == report.kind,
            col(StationReport.request).is_not_distinct_from(report.request),
            col(StationReport.part).is_not_distinct_from(report.part),
        )
        .order_by(col(StationReport.id).desc())
        .limit(1)
    )
    known = newest.scalar_one_or_none()
    if known is not None and known.payload == report.payload:
        return False
    session.add(report)
    await session.flush()
    of_kind = (col(StationReport.asset_id) == report.asset_id, col(StationReport.kind) == report.kind)
    await session.execute(
        sa.delete(StationReport).where(*of_kind, col(StationReport.id) <= _last_to_go(*of_kind)),
        execution_options={"synchronize_session": False},
    )
    return True


async def parts(
    session: AsyncSession, asset_id: UUID, kind: str, *, request: int | None = None, limit: int = PARTS_KEPT
) -> Sequence[StationReport]:
    """The station's newest parts of this kind (and request), in the order in which they came."""
    query = select(StationReport).where(col(StationReport.asset_id) == asset_id, col(StationReport.kind) == kind)
    if request is not None:
        query = query.where(col(StationReport.request) == request)
    found = await session.execute(query.order_by(col(StationReport.id).desc()).limit(limit))
    return found.scalars().all()[::-1]


async def forget_before(session: AsyncSession, instant: datetime) -> None:
    """Throws away what was told before the instant, the oldest first, so many at a time."""
    oldest = select(col(StationReport.id)).order_by(col(StationReport.id)).limit(FORGOTTEN_AT_ONCE)
    await session.execute(
        sa.delete(StationReport).where(col(StationReport.id).in_(oldest), col(StationReport.at) < instant),
        execution_options={"synchronize_session": False},
    )


def _last_to_go(*of_kind: sa.ColumnElement[bool]) -> sa.ScalarSelect[int | None]:
    """The newest of those that are too many."""
    newest = select(col(StationReport.id)).where(*of_kind).order_by(col(StationReport.id).desc())
    return newest.offset(PARTS_KEPT).limit(1).scalar_subquery()
