"""On what terms stations have given energy, and since when (S7)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.rules.vend import Vend
from models.store import driver
from models.tables.asset import PastConnection, StationVend

_AT = """
    SELECT coalesce((
        SELECT v.vend FROM station_vend v WHERE v.asset_id = w.asset_id AND v.since <= w.at
        ORDER BY v.since DESC LIMIT 1
    ), 'contract')
    FROM unnest(%b::uuid[], %b::timestamptz[]) WITH ORDINALITY AS w (asset_id, at, place) ORDER BY w.place
"""


async def begin(session: AsyncSession, asset_id: UUID, vend: Vend, since: datetime) -> None:
    """What was set at the same instant before is as if it had not been."""
    await session.merge(StationVend(asset_id=asset_id, since=since, vend=vend))


async def at(session: AsyncSession, wanted: Sequence[tuple[UUID, datetime]]) -> list[Vend]:
    """The terms of each of the stations at its instant, in their order."""
    return [Vend(vend) for (vend,) in await driver.rows(session, _AT, driver.columns(wanted, 2))]


async def since(session: AsyncSession, asset_id: UUID) -> datetime | None:
    """When its terms were set last."""
    found = await session.execute(
        sa.select(sa.func.max(col(StationVend.since))).where(col(StationVend.asset_id) == asset_id)
    )
    return found.scalar_one()


async def was_free(session: AsyncSession, asset_id: UUID) -> bool:
    """Whether the station has ever let anyone charge."""
    of_it = (col(StationVend.asset_id) == asset_id, col(StationVend.vend) == Vend.FREE)
    return bool((await session.execute(sa.select(sa.exists().where(*of_it)))).scalar_one())


async def protocol_of(session: AsyncSession, asset_id: UUID) -> str | None:
    """Which the station spoke when it connected last."""
    found = await session.execute(
        sa.select(col(PastConnection.protocol))
        .where(col(PastConnection.asset_id) == asset_id)
        .order_by(col(PastConnection.id).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()
