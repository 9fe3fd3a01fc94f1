"""Hardware units."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.viewer import Viewer
from models.store.window import Window, cut, like
from models.tables.tender import Product
from models.tables.unit import Unit, UnitState


async def lock_by_hardware_id(session: AsyncSession, hardware_id: str) -> Unit | None:
    found = await session.execute(select(Unit).where(col(Unit.hardware_id) == hardware_id).with_for_update())
    return found.scalar_one_or_none()


async def find(session: AsyncSession, hardware_id: str, viewer: Viewer) -> Unit | None:
    found = await session.execute(
        select(Unit).where(col(Unit.hardware_id) == hardware_id, viewer.sees(col(Unit.holder_id)))
    )
    return found.scalar_one_or_none()


async def lock(session: AsyncSession, unit_id: UUID) -> Unit:
    found = await session.execute(select(Unit).where(col(Unit.id) == unit_id).with_for_update())
    return found.scalar_one()


@dataclass(frozen=True)
class UnitFilter:
    """Which units are wanted; None wants all."""

    state: UnitState | None = None
    product: Annotated[str | None, Field(max_length=40, description="The product's code")] = None
    holder_id: Annotated[UUID | None, Field(description="The installer that took them")] = None
    q: Annotated[str | None, Field(max_length=100, description="Part of a hardware id or serial number")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.state is not None:
            yield col(Unit.state) == self.state
        if self.product is not None:
            product = select(Product.id).where(col(Product.code) == self.product).scalar_subquery()
            yield col(Unit.product_id) == product
        if self.holder_id is not None:
            yield col(Unit.holder_id) == self.holder_id
        if self.q is not None:
            pattern = like(self.q)
            yield sa.or_(col(Unit.hardware_id).ilike(pattern), col(Unit.serial).ilike(pattern))


async def page(session: AsyncSession, viewer: Viewer, wanted: UnitFilter, window: Window) -> Sequence[Unit]:
    """An installer sees the units that it holds."""
    query = select(Unit).where(viewer.sees(col(Unit.holder_id)), *wanted.conditions())
    keys = {"hardware_id": col(Unit.hardware_id), "state": col(Unit.state)}
    return list((await session.execute(cut(query, col(Unit.id), window, keys))).scalars())


async def awaited_back(session: AsyncSession, placement_id: UUID) -> Sequence[Unit]:
    """What the installer has still to bring back of a placement that was called off."""
    found = await session.execute(
        select(Unit).where(col(Unit.return_for) == placement_id).order_by(col(Unit.hardware_id))
    )
    return found.scalars().all()


async def alike(
    session: AsyncSession,
    serials: Collection[str],
    hardware_ids: Collection[str],
    identities: Collection[str],
    *,
    hold: bool,
) -> Sequence[Unit]:
    """The units that have one of these names; where ``hold``, nobody else changes them until the transaction ends."""
    named = sa.or_(
        col(Unit.serial).in_(serials), col(Unit.hardware_id).in_(hardware_ids), col(Unit.ocpp_identity).in_(identities)
    )
    query = select(Unit).where(named).order_by(col(Unit.id))
    found = await session.execute(
        (query.with_for_update() if hold else query).execution_options(populate_existing=True)
    )
    return found.scalars().all()


async def known_values(session: AsyncSession, field: str, values: Collection[str]) -> set[str]:
    """Which of the values some unit has already; ``field`` names a column."""
    column = getattr(Unit, field)
    found = await session.execute(select(column).where(column.in_(values)))
    return set(found.scalars())


async def refreshed(session: AsyncSession, ids: Collection[UUID]) -> Sequence[Unit]:
    """The units as they are stored, in the order in which they were made."""
    found = await session.execute(
        select(Unit).where(col(Unit.id).in_(ids)).order_by(col(Unit.id)).execution_options(populate_existing=True)
    )
    return found.scalars().all()
