"""Commands that were asked for, by station."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.command import OPEN, CommandState
from models.tables.asset import Asset
from models.tables.command import AskedCommand


async def lock(session: AsyncSession, command_id: UUID) -> AskedCommand:
    """The command, held until the transaction ends."""
    found = await session.execute(
        select(AskedCommand)
        .where(col(AskedCommand.id) == command_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def seen(session: AsyncSession, command_id: UUID) -> AskedCommand:
    """The command, only to be read."""
    return await session.get_one(AskedCommand, command_id)


async def find(session: AsyncSession, asset_id: UUID, command_id: UUID) -> AskedCommand | None:
    """A command of this station."""
    found = await session.execute(
        select(AskedCommand).where(col(AskedCommand.id) == command_id, col(AskedCommand.asset_id) == asset_id)
    )
    return found.scalar_one_or_none()


async def station_of(session: AsyncSession, command_id: UUID) -> Asset:
    """The station that the command is for, only to be read."""
    found = await session.execute(
        select(Asset)
        .join(AskedCommand, col(AskedCommand.asset_id) == col(Asset.id))
        .where(col(AskedCommand.id) == command_id)
    )
    return found.scalar_one()


async def open_ids(session: AsyncSession, asset_id: UUID) -> Sequence[UUID]:
    """The commands that wait for the station or for its answer, oldest first."""
    found = await session.execute(
        select(AskedCommand.id).where(col(AskedCommand.asset_id) == asset_id, _is_open()).order_by(col(AskedCommand.id))
    )
    return found.scalars().all()


async def awaiting(session: AsyncSession, asset_ids: Collection[UUID]) -> set[UUID]:
    """Those of the stations for which a command waits."""
    found = await session.execute(
        select(AskedCommand.asset_id).where(col(AskedCommand.asset_id).in_(asset_ids), _is_open()).distinct()
    )
    return set(found.scalars())


async def count_open(session: AsyncSession, asset_id: UUID) -> int:
    found = await session.execute(
        select(sa.func.count()).select_from(AskedCommand).where(col(AskedCommand.asset_id) == asset_id, _is_open())
    )
    return int(found.scalar_one())


@dataclass(frozen=True)
class CommandFilter:
    """Which commands are wanted; None wants all."""

    state: CommandState | None = None
    kind: str | None = None


async def page(
    session: AsyncSession,
    asset_id: UUID,
    wanted: CommandFilter,
    *,
    kinds: Collection[str] | None = None,
    after: UUID | None,
    limit: int,
) -> Sequence[AskedCommand]:
    """The station's commands of these kinds, newest first; ``after`` is the last id of the page before."""
    query = select(AskedCommand).where(col(AskedCommand.asset_id) == asset_id)
    if kinds is not None:
        query = query.where(col(AskedCommand.kind).in_(sorted(kinds)))
    if wanted.state is not None:
        query = query.where(col(AskedCommand.state) == wanted.state)
    if wanted.kind is not None:
        query = query.where(col(AskedCommand.kind) == wanted.kind)
    if after is not None:
        query = query.where(col(AskedCommand.id) < after)
    found = await session.execute(query.order_by(col(AskedCommand.id).desc()).limit(limit))
    return found.scalars().all()


def _is_open() -> Any:
    # As literals, which the partial index is found by.
    return col(AskedCommand.state).in_([sa.literal_column(f"'{state.value}'") for state in sorted(OPEN)])
