"""Reserved connectors, by station."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.reservation import OPEN, ReservationState
from models.tables.command import RESERVATION_NUMBER, Reservation

_IS_OPEN = col(Reservation.state).in_([sa.literal_column(f"'{state.value}'") for state in sorted(OPEN)])


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(RESERVATION_NUMBER.next_value().select())).scalar_one())


async def lock(session: AsyncSession, asset_id: UUID, number: int) -> Reservation | None:
    """The station's reservation of this number, held until the transaction ends."""
    found = await session.execute(
        select(Reservation)
        .where(col(Reservation.asset_id) == asset_id, col(Reservation.number) == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def find(session: AsyncSession, asset_id: UUID, number: int) -> Reservation | None:
    found = await session.execute(
        select(Reservation).where(col(Reservation.asset_id) == asset_id, col(Reservation.number) == number)
    )
    return found.scalar_one_or_none()


async def page(
    session: AsyncSession, asset_id: UUID, *, state: ReservationState | None, after: UUID | None, limit: int
) -> Sequence[Reservation]:
    """The station's reservations, newest first; ``after`` is the last id of the page before."""
    query = select(Reservation).where(col(Reservation.asset_id) == asset_id)
    if state is not None:
        query = query.where(col(Reservation.state) == state)
    if after is not None:
        query = query.where(col(Reservation.id) < after)
    found = await session.execute(query.order_by(col(Reservation.id).desc()).limit(limit))
    return found.scalars().all()


async def over(session: AsyncSession, now: datetime, limit: int) -> Sequence[tuple[UUID, int]]:
    """Stations and numbers of open reservations whose time is over, only to be read."""
    found = await session.execute(
        sa.select(col(Reservation.asset_id), col(Reservation.number))
        .where(_IS_OPEN, col(Reservation.until) <= now)
        .order_by(col(Reservation.until))
        .limit(limit)
    )
    return [(row[0], row[1]) for row in found]
