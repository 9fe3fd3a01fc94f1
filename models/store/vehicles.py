"""Cars and their electronic ids."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.authorisation import TokenKind
from models.rules.vehicle import VehicleState
from models.rules.vehicle_id import VehicleId, of_token
from models.store.window import Window, cut
from models.tables.base import new_id
from models.tables.charging import IdToken
from models.tables.subscriber import Subscriber
from models.tables.vehicle import VEHICLE_NUMBER, Vehicle, VehicleToken

_IS_REGISTERED = col(VehicleToken.removed_at).is_(None)


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(sa.select(VEHICLE_NUMBER.next_value()))).scalar_one())


async def find(session: AsyncSession, reference: str) -> Vehicle | None:
    return (await session.execute(select(Vehicle).where(col(Vehicle.reference) == reference))).scalar_one_or_none()


async def lock(session: AsyncSession, reference: str) -> Vehicle | None:
    """The car, held until the transaction ends, after its subscription."""
    known = await find(session, reference)
    if known is None:
        return None
    of_its = select(Subscriber.id).where(col(Subscriber.id) == known.subscriber_id)
    await session.execute(of_its.with_for_update())
    found = await session.execute(
        select(Vehicle).where(col(Vehicle.id) == known.id).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def lock_of(session: AsyncSession, subscriber_id: UUID) -> Sequence[Vehicle]:
    """Those that are registered for the subscription, held until the transaction ends."""
    found = await session.execute(
        select(Vehicle)
        .where(col(Vehicle.subscriber_id) == subscriber_id, col(Vehicle.state) == VehicleState.REGISTERED)
        .order_by(col(Vehicle.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalars().all()


async def lock_tokens(session: AsyncSession, vehicle_ids: Collection[UUID]) -> Sequence[tuple[VehicleToken, IdToken]]:
    """The ids of these cars by now, each with its token; both are held until the transaction ends."""
    found = await session.execute(
        select(VehicleToken, IdToken)
        .join(IdToken, col(IdToken.id) == col(VehicleToken.token_id))
        .where(col(VehicleToken.vehicle_id).in_(vehicle_ids), _IS_REGISTERED)
        .order_by(col(IdToken.token))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1]) for row in found.all()]


async def take_token(session: AsyncSession, token: str, at: datetime) -> IdToken:
    """The id's token, held until the transaction ends; made, and blocked, where there was none. Of two who want it at
    the same moment the second sees what the first has done."""
    made = {"id": new_id(), "token": token, "kind": TokenKind.VEHICLE, "blocked_at": at}
    await session.execute(insert(IdToken).values(made).on_conflict_do_nothing(index_elements=["token"]))
    found = await session.execute(
        select(IdToken).where(col(IdToken.token) == token).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def is_taken(session: AsyncSession, token_id: UUID) -> bool:
    found = await session.execute(select(VehicleToken.id).where(col(VehicleToken.token_id) == token_id, _IS_REGISTERED))
    return found.scalar_one_or_none() is not None


@dataclass(frozen=True)
class VehicleFilter:
    """Which cars are wanted; None wants all. Nothing personal: it stands in addresses."""

    state: VehicleState | None = None
    subscriber: Annotated[str | None, Field(max_length=40, description="The subscription's reference")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.state is not None:
            yield col(Vehicle.state) == self.state
        if self.subscriber is not None:
            yield col(Subscriber.reference) == self.subscriber


@dataclass(frozen=True)
class ShownId:
    """An id that a car has by now."""

    id: UUID
    known: VehicleId
    registered_at: datetime


@dataclass
class Shown:
    """A car with the reference of whose it is, and its ids by now."""

    id: UUID
    reference: str
    vehicle: Vehicle
    subscriber: str
    ids: Sequence[ShownId]


async def page(session: AsyncSession, wanted: VehicleFilter, window: Window) -> Sequence[Shown]:
    return await _cut(session, _shown().where(*wanted.conditions()), window)


async def of_group(session: AsyncSession, group_id: UUID, window: Window) -> Sequence[Shown]:
    """Those of the group's people."""
    return await _cut(session, _shown().where(col(Subscriber.group_id) == group_id), window)


async def shown(session: AsyncSession, reference: str) -> Shown | None:
    row = (await session.execute(_shown().where(col(Vehicle.reference) == reference))).one_or_none()
    return None if row is None else (await _with_ids(session, [row]))[0]


async def _cut(session: AsyncSession, query: Any, window: Window) -> Sequence[Shown]:
    found = await session.execute(cut(query, col(Vehicle.id), window, {"reference": col(Vehicle.reference)}))
    return await _with_ids(session, found.all())


async def _with_ids(session: AsyncSession, rows: Sequence[Any]) -> Sequence[Shown]:
    ids = await _ids(session, [row[0] for row in rows])
    return [Shown(row[0], row[1], row[2], row[3], ids.get(row[0], ())) for row in rows]


async def _ids(session: AsyncSession, vehicle_ids: Collection[UUID]) -> Mapping[UUID, Sequence[ShownId]]:
    query = (
        sa.select(
            *(col(VehicleToken.vehicle_id), col(VehicleToken.id), col(IdToken.token), col(VehicleToken.registered_at))
        )
        .join(IdToken, col(IdToken.id) == col(VehicleToken.token_id))
        .where(col(VehicleToken.vehicle_id).in_(vehicle_ids), _IS_REGISTERED)
        .order_by(col(VehicleToken.id))
    )
    found: dict[UUID, list[ShownId]] = {}
    for vehicle_id, own, token, registered_at in await session.execute(query):
        known = of_token(token)
        if known is not None:
            found.setdefault(vehicle_id, []).append(ShownId(own, known, registered_at))
    return found


def _shown() -> Any:
    return (
        sa.select(col(Vehicle.id), col(Vehicle.reference), Vehicle, col(Subscriber.reference))
        .join(Subscriber, col(Subscriber.id) == col(Vehicle.subscriber_id))
        .execution_options(populate_existing=True)
    )
