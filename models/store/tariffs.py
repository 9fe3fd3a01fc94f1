"""Tariffs, their versions, and for whom they hold."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.tariff_choice import Asked, Version
from models.store.window import Window, cut, like
from models.tables.asset import Asset
from models.tables.subscriber import Subscriber
from models.tables.tariff import Tariff, TariffAssignment, TariffVersion
from models.tables.vehicle import Vehicle

_NARROWER = (
    TariffAssignment.vehicle_id,
    TariffAssignment.group_id,
    TariffAssignment.asset_id,
    TariffAssignment.place_kind,
)


async def find(session: AsyncSession, code: str) -> Tariff | None:
    return (await session.execute(select(Tariff).where(col(Tariff.code) == code))).scalar_one_or_none()


async def lock(session: AsyncSession, code: str) -> Tariff | None:
    found = await session.execute(select(Tariff).where(col(Tariff.code) == code).with_for_update())
    return found.scalar_one_or_none()


async def named(session: AsyncSession, tariff_id: UUID) -> Tariff:
    return await session.get_one(Tariff, tariff_id)


@dataclass(frozen=True)
class TariffFilter:
    """Which tariffs are wanted; None wants all."""

    q: Annotated[str | None, Field(max_length=100, description="Part of a code or a name")] = None
    currency: Annotated[str | None, Field(max_length=3)] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.q is not None:
            yield sa.or_(col(Tariff.code).ilike(like(self.q)), col(Tariff.name).ilike(like(self.q)))
        if self.currency is not None:
            yield col(Tariff.currency) == self.currency


async def page(session: AsyncSession, wanted: TariffFilter, window: Window) -> Sequence[Tariff]:
    query = select(Tariff).where(*wanted.conditions())
    return list((await session.execute(cut(query, col(Tariff.id), window, {"code": col(Tariff.code)}))).scalars())


async def heads(session: AsyncSession, tariff_ids: Collection[UUID]) -> dict[UUID, list[Version]]:
    """Each tariff's versions without what they say, in their order."""
    query = sa.select(col(TariffVersion.tariff_id), col(TariffVersion.number), col(TariffVersion.valid_from))
    rows = await session.execute(
        query.where(col(TariffVersion.tariff_id).in_(tariff_ids)).order_by(col(TariffVersion.number))
    )
    found: dict[UUID, list[Version]] = {tariff_id: [] for tariff_id in tariff_ids}
    for tariff_id, number, valid_from in rows:
        found[tariff_id].append(Version(number, valid_from))
    return found


async def version(session: AsyncSession, tariff_id: UUID, number: int) -> TariffVersion | None:
    found = await session.execute(
        select(TariffVersion).where(col(TariffVersion.tariff_id) == tariff_id, col(TariffVersion.number) == number)
    )
    return found.scalar_one_or_none()


async def versions(session: AsyncSession, tariff_id: UUID, window: Window) -> Sequence[TariffVersion]:
    query = select(TariffVersion).where(col(TariffVersion.tariff_id) == tariff_id)
    return list((await session.execute(cut(query, col(TariffVersion.id), window))).scalars())


@dataclass
class ShownAssignment:
    """With the names of whom and what it holds for."""

    id: UUID
    row: TariffAssignment
    account: str | None
    vehicle: str | None
    station: str | None


async def assignments(session: AsyncSession, tariff_id: UUID, window: Window) -> Sequence[ShownAssignment]:
    query = _shown().where(col(TariffAssignment.tariff_id) == tariff_id)
    rows = await session.execute(cut(query, col(TariffAssignment.id), window))
    return [ShownAssignment(*row) for row in rows.all()]


async def assignment(session: AsyncSession, tariff_id: UUID, assignment_id: UUID) -> ShownAssignment | None:
    wanted = (col(TariffAssignment.id) == assignment_id, col(TariffAssignment.tariff_id) == tariff_id)
    found = (await session.execute(_shown().where(*wanted))).one_or_none()
    return None if found is None else ShownAssignment(*found)


@dataclass
class OwnTariff:
    """An assignment to an account, wherever it charges, with the tariff's code."""

    row: TariffAssignment
    code: str


async def of_account(session: AsyncSession, account_id: UUID, at: datetime) -> Sequence[OwnTariff]:
    """Those that hold for the account everywhere at the instant, or later; in the order in which they begin."""
    found = await session.execute(
        sa.select(TariffAssignment, col(Tariff.code))
        .join(Tariff, col(Tariff.id) == col(TariffAssignment.tariff_id))
        .where(
            col(TariffAssignment.account_id) == account_id,
            *(col(each).is_(None) for each in _NARROWER),
            sa.or_(col(TariffAssignment.valid_until).is_(None), col(TariffAssignment.valid_until) > at),
        )
        .order_by(col(TariffAssignment.valid_from), col(TariffAssignment.id))
        .execution_options(populate_existing=True)
    )
    return [OwnTariff(*row) for row in found.all()]


async def fitting(session: AsyncSession, asked: Asked) -> Sequence[TariffAssignment]:
    """Those that may hold; which one does is for ``tariff_choice`` to say."""

    def asks(column: UUID | None, value: UUID | None) -> sa.ColumnElement[bool]:
        return col(column).is_(None) if value is None else sa.or_(col(column).is_(None), col(column) == value)

    found = await session.execute(
        select(TariffAssignment).where(
            asks(TariffAssignment.vehicle_id, asked.vehicle_id),
            asks(TariffAssignment.account_id, asked.account_id),
            asks(TariffAssignment.group_id, asked.group_id),
            asks(TariffAssignment.asset_id, asked.asset_id),
            col(TariffAssignment.valid_from) <= asked.at,
            sa.or_(col(TariffAssignment.valid_until).is_(None), col(TariffAssignment.valid_until) > asked.at),
        )
    )
    return found.scalars().all()


def _shown() -> Any:
    return (
        sa.select(
            *(col(TariffAssignment.id), TariffAssignment),
            *(col(Subscriber.reference), col(Vehicle.reference), col(Asset.name)),
        )
        .outerjoin(Subscriber, col(Subscriber.id) == col(TariffAssignment.account_id))
        .outerjoin(Vehicle, col(Vehicle.id) == col(TariffAssignment.vehicle_id))
        .outerjoin(Asset, col(Asset.id) == col(TariffAssignment.asset_id))
    )
