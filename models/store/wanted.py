"""What is wanted of products and stations, and what each station has of it."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.messages.wanted import Owner
from models.rules.commissioning import CommissioningStage
from models.tables.asset import Asset
from models.tables.wanted import StationSetting, StationUpkeep, WantedSetting, WantedSpread


async def settings_of(session: AsyncSession, owner: Owner) -> Sequence[WantedSetting]:
    """Wanted of exactly this product or station, by key."""
    found = await session.execute(
        select(WantedSetting).where(_of(WantedSetting, owner)).order_by(col(WantedSetting.name))
    )
    return found.scalars().all()


async def setting_of(session: AsyncSession, owner: Owner, name: str) -> WantedSetting | None:
    """OCPP 1.6 ed.2 §7.29: keys are case-insensitive."""
    same = sa.func.lower(col(WantedSetting.name)) == name.lower()
    found = await session.execute(select(WantedSetting).where(_of(WantedSetting, owner), same))
    return found.scalar_one_or_none()


async def known_settings(session: AsyncSession, asset_id: UUID) -> Sequence[StationSetting]:
    found = await session.execute(
        select(StationSetting).where(col(StationSetting.asset_id) == asset_id).order_by(col(StationSetting.name))
    )
    return found.scalars().all()


async def upkeep(session: AsyncSession, asset_id: UUID) -> StationUpkeep | None:
    """None: nobody has begun to keep the station as it is wanted."""
    return await session.get(StationUpkeep, asset_id)


async def spread_to(session: AsyncSession, product_id: UUID, correlation_id: str) -> None:
    """All stations of the product are to be told, those too that have been told just now of something else."""
    values = {"product_id": product_id, "after": None, "correlation_id": correlation_id}
    await session.execute(
        insert(WantedSpread).values(values).on_conflict_do_update(index_elements=["product_id"], set_=values)
    )


async def spreads(session: AsyncSession) -> Sequence[tuple[UUID, str]]:
    """The products whose stations have still to be told, with the id of the request that began it."""
    found = await session.execute(
        sa.select(col(WantedSpread.product_id), col(WantedSpread.correlation_id)).order_by(col(WantedSpread.created_at))
    )
    return [(row[0], row[1]) for row in found]


async def take_spread(session: AsyncSession, product_id: UUID) -> WantedSpread | None:
    """None where it is done, or where somebody else is at it."""
    found = await session.execute(
        select(WantedSpread).where(col(WantedSpread.product_id) == product_id).with_for_update(skip_locked=True)
    )
    return found.scalar_one_or_none()


async def stations_of(session: AsyncSession, product_id: UUID, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """The product's stations in operation, in the order of their ids."""
    query = select(Asset.id).where(col(Asset.product_id) == product_id, col(Asset.stage) == CommissioningStage.ACTIVE)
    if after is not None:
        query = query.where(col(Asset.id) > after)
    return (await session.execute(query.order_by(col(Asset.id)).limit(limit))).scalars().all()


def _of(table: type[WantedSetting], owner: Owner) -> sa.ColumnElement[bool]:
    if owner.asset_id is not None:
        return col(table.asset_id) == owner.asset_id
    return col(table.product_id) == owner.product_id
