"""What is wanted of products and stations, and what each station has of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.messages.wanted import Owner
from models.rules.authorisation import TokenKind
from models.rules.commissioning import CommissioningStage
from models.rules.firmware import Counts, FirmwareState
from models.rules.local_list import TOKENS_LIMIT
from models.rules.wanted import SettingState
from models.tables.asset import Asset
from models.tables.base import Texts
from models.tables.charging import IdToken
from models.tables.wanted import (
    StationFirmware,
    StationList,
    StationSetting,
    StationUpkeep,
    WantedFirmware,
    WantedList,
    WantedSetting,
    WantedSpread,
)


async def settings_of(session: AsyncSession, owner: Owner) -> Sequence[WantedSetting]:
    """Wanted of exactly this product or station, by key."""
    found = await session.execute(
        select(WantedSetting).where(_of(WantedSetting, owner)).order_by(col(WantedSetting.name))
    )
    return found.scalars().all()


async def counts_by_setting(session: AsyncSession, product_id: UUID) -> dict[str, dict[SettingState, int]]:
    """By key how many of the product's stations in operation stand how with what is wanted of the product now."""
    same = sa.and_(
        col(StationSetting.name) == col(WantedSetting.name), col(StationSetting.wanted) == col(WantedSetting.value)
    )
    found = await session.execute(
        sa.select(col(StationSetting.name), col(StationSetting.state), sa.func.count())
        .join(Asset, col(Asset.id) == col(StationSetting.asset_id))
        .join(WantedSetting, sa.and_(same, col(WantedSetting.product_id) == product_id))
        .where(col(Asset.product_id) == product_id, col(Asset.stage) == CommissioningStage.ACTIVE)
        .group_by(col(StationSetting.name), col(StationSetting.state))
    )
    counts: dict[str, dict[SettingState, int]] = {}
    for name, state, count in found:
        counts.setdefault(name, {})[SettingState(state)] = count
    return counts


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


async def awaiting(session: AsyncSession, asset_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Those of the stations for which their process has something to do as soon as they are there."""
    found = await session.execute(
        select(StationUpkeep.asset_id).where(
            col(StationUpkeep.asset_id).in_(asset_ids), col(StationUpkeep.due_at) <= now
        )
    )
    return set(found.scalars())


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
    """None where it is done, or where somebody else is at it.

    Its row is not locked: stations are locked before it, here as wherever else their roll-out goes on.
    """
    alone = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(f"spread:{product_id}", 0))
    if not (await session.execute(sa.select(alone))).scalar_one():
        return None
    return await session.get(WantedSpread, product_id)


async def note_spread(session: AsyncSession, product_id: UUID, before: UUID | None, after: UUID | None) -> None:
    """Told as far as ``after``, None for all; unless it has begun anew meanwhile."""
    same = (col(WantedSpread.product_id) == product_id, col(WantedSpread.after).is_not_distinct_from(before))
    plain = {"synchronize_session": False}
    if after is None:
        await session.execute(sa.delete(WantedSpread).where(*same).execution_options(**plain))
    else:
        await session.execute(sa.update(WantedSpread).where(*same).values(after=after).execution_options(**plain))


async def stations_of(session: AsyncSession, product_id: UUID, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """The product's stations in operation, in the order of their ids."""
    query = select(Asset.id).where(col(Asset.product_id) == product_id, col(Asset.stage) == CommissioningStage.ACTIVE)
    if after is not None:
        query = query.where(col(Asset.id) > after)
    return (await session.execute(query.order_by(col(Asset.id)).limit(limit))).scalars().all()


async def firmware_of(session: AsyncSession, owner: Owner, *, lock: bool = False) -> WantedFirmware | None:
    """Wanted of exactly this product or station."""
    query = select(WantedFirmware).where(_of(WantedFirmware, owner)).execution_options(populate_existing=True)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def firmware_for(session: AsyncSession, asset: Asset, *, lock: bool = False) -> WantedFirmware | None:
    """What holds for the station: its own before its product's."""
    own = await firmware_of(session, Owner(asset.name, asset_id=asset.id), lock=lock)
    return own or await firmware_of(session, Owner(asset.name, product_id=asset.product_id), lock=lock)


async def lock_round(session: AsyncSession, round_id: UUID) -> WantedFirmware | None:
    """The roll-out, held until the transaction ends; None where something else is wanted by now."""
    found = await session.execute(
        select(WantedFirmware)
        .where(col(WantedFirmware.round) == round_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def known_firmware(session: AsyncSession, asset_id: UUID) -> StationFirmware | None:
    return await session.get(StationFirmware, asset_id)


async def firmware_counts(session: AsyncSession, wish: WantedFirmware) -> Counts:
    """How far the roll-out has come, over the product's stations in operation."""
    states = await session.execute(
        sa.select(col(StationFirmware.state), sa.func.count())
        .where(col(StationFirmware.round) == wish.round)
        .group_by(col(StationFirmware.state))
    )
    by_state = {row[0]: int(row[1]) for row in states}
    stations = await session.execute(
        select(sa.func.count())
        .select_from(Asset)
        .where(col(Asset.product_id) == wish.product_id, col(Asset.stage) == CommissioningStage.ACTIVE)
    )
    return Counts(
        stations=int(stations.scalar_one()),
        under_way=by_state.get(FirmwareState.UNDER_WAY, 0),
        done=by_state.get(FirmwareState.DONE, 0),
        failed=by_state.get(FirmwareState.FAILED, 0),
    )


async def list_of(session: AsyncSession, owner: Owner) -> WantedList | None:
    """Wanted of exactly this product or station."""
    return (await session.execute(select(WantedList).where(_of(WantedList, owner)))).scalar_one_or_none()


async def list_for(session: AsyncSession, asset: Asset) -> WantedList | None:
    """What holds for the station: its own before its product's."""
    own = await list_of(session, Owner(asset.name, asset_id=asset.id))
    return own or await list_of(session, Owner(asset.name, product_id=asset.product_id))


async def tokens_for(session: AsyncSession, asset: Asset) -> Sequence[str] | None:
    """The keys of tokens that the station is to know, at most one more than it may; None where it needs no list."""
    wish = await list_for(session, asset)
    if wish is None:
        return None
    query = select(IdToken.token).where(col(IdToken.kind) != TokenKind.TEST, col(IdToken.blocked_at).is_(None))
    if wish.chosen:
        known = await known_list(session, asset.id)
        query = query.where(col(IdToken.token).in_(known.chosen if known else ()))
    elif not wish.all_cards:
        query = query.where(col(IdToken.token).in_(wish.tokens))
    return (await session.execute(query.order_by(col(IdToken.token)).limit(TOKENS_LIMIT + 1))).scalars().all()


async def products_listing(session: AsyncSession, tokens: Sequence[str]) -> Sequence[UUID]:
    """The products of which some station is to know one of the cards by name, or as all; in the order of their rows'
    locks."""
    product = sa.func.coalesce(col(WantedList.product_id), col(Asset.product_id))
    lists_some = sa.or_(col(WantedList.all_cards), WantedList.tokens.has_any(sa.cast(list(tokens), Texts)))  # type: ignore[attr-defined]
    query = sa.select(product).select_from(WantedList).outerjoin(Asset, col(Asset.id) == col(WantedList.asset_id))
    found = await session.execute(query.where(lists_some).distinct().order_by(product))
    return found.scalars().all()


async def products_of_group(session: AsyncSession, group_id: UUID) -> Sequence[UUID]:
    """Of the group's stations, in the order of their rows' locks."""
    found = await session.execute(
        select(Asset.product_id).where(col(Asset.group_id) == group_id).distinct().order_by(col(Asset.product_id))
    )
    return found.scalars().all()


async def unknown_tokens(session: AsyncSession, tokens: Collection[str]) -> set[str]:
    """Of these tokens those that are no ordinary cards of ours, and no cars that were registered."""
    found = await session.execute(
        select(IdToken.token).where(col(IdToken.token).in_(tokens), col(IdToken.kind) != TokenKind.TEST)
    )
    return set(tokens) - set(found.scalars())


async def known_list(session: AsyncSession, asset_id: UUID) -> StationList | None:
    return await session.get(StationList, asset_id)


def _of(table: type[WantedSetting | WantedFirmware | WantedList], owner: Owner) -> sa.ColumnElement[bool]:
    if owner.asset_id is not None:
        return col(table.asset_id) == owner.asset_id
    return col(table.product_id) == owner.product_id
