"""Charging sessions as they are listed and looked at, each with the names of what it leads to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.rules.session import Flag, SessionStage
from models.rules.vend import Vend
from models.store.viewer import Viewer
from models.store.window import Window, cut
from models.tables.asset import Asset, Evse
from models.tables.card import Card
from models.tables.charging import ChargingTransaction
from models.tables.session import Cdr, ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.vehicle import Vehicle

_Credit = aliased(Cdr)


@dataclass(frozen=True)
class SessionFilter:
    """Which sessions are wanted; None wants all."""

    stage: SessionStage | None = None
    flag: Annotated[Flag | None, Field(description="What is out of the ordinary about it")] = None
    vend: Annotated[Vend | None, Field(description="The station's terms at the start")] = None
    station: Annotated[str | None, Field(max_length=40, description="The station's name")] = None
    subscriber: Annotated[str | None, Field(max_length=40, description="The subscription's reference")] = None
    vehicle: Annotated[str | None, Field(max_length=40, description="The car's reference")] = None
    started_from: Annotated[AwareDatetime | None, Field(description="This instant or later")] = None
    started_to: Annotated[AwareDatetime | None, Field(description="Before this instant")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.stage is not None:
            yield col(ChargingSession.stage) == self.stage
        if self.flag is not None:
            yield col(ChargingSession.flags).contains([self.flag.value])
        if self.vend is not None:
            yield col(ChargingSession.vend) == self.vend
        if self.station is not None:
            yield col(Asset.name) == self.station
        if self.subscriber is not None:
            yield col(Subscriber.reference) == self.subscriber
        if self.vehicle is not None:
            yield col(Vehicle.reference) == self.vehicle
        if self.started_from is not None:
            yield col(ChargingSession.started_at) >= self.started_from
        if self.started_to is not None:
            yield col(ChargingSession.started_at) < self.started_to


@dataclass
class Shown:
    """A session with the names of its place and of whose it is, and what its standing record says."""

    id: UUID
    reference: str
    session: ChargingSession
    transaction: ChargingTransaction
    station: str
    evse_id: str | None
    subscriber: str | None
    card: str | None
    vehicle: str | None
    gross: Decimal | None
    currency: str | None

    @property
    def started_at(self) -> datetime:
        return self.session.started_at


async def page(session: AsyncSession, viewer: Viewer, wanted: SessionFilter, window: Window) -> Sequence[Shown]:
    query = _shown(viewer).where(*wanted.conditions())
    found = await session.execute(
        cut(query, col(ChargingSession.id), window, {"reference": col(ChargingSession.reference)})
    )
    return [Shown(*row) for row in found.all()]


async def find(session: AsyncSession, viewer: Viewer, reference: str) -> Shown | None:
    found = await session.execute(_shown(viewer).where(col(ChargingSession.reference) == reference))
    row = found.one_or_none()
    return None if row is None else Shown(*row)


def _shown(viewer: Viewer) -> Any:
    """A partner sees those at the stations that it keeps. Of a session's records at most one stands."""
    is_credited = sa.exists().where(col(_Credit.credits_id) == col(Cdr.id))
    standing = sa.and_(col(Cdr.session_id) == col(ChargingSession.id), col(Cdr.credits_id).is_(None), ~is_credited)
    return (
        sa.select(
            *(col(ChargingSession.id), col(ChargingSession.reference), ChargingSession, ChargingTransaction),
            *(col(Asset.name), col(Evse.evse_id), col(Subscriber.reference), col(Card.number)),
            col(Vehicle.reference),
            *(col(Cdr.gross), col(Cdr.currency)),
        )
        .join(ChargingTransaction, col(ChargingTransaction.number) == col(ChargingSession.transaction_number))
        .join(Asset, col(Asset.id) == col(ChargingSession.asset_id))
        .outerjoin(Evse, col(Evse.id) == col(ChargingSession.evse_id))
        .outerjoin(Subscriber, col(Subscriber.id) == col(ChargingSession.subscriber_id))
        .outerjoin(Card, col(Card.token_id) == col(ChargingSession.token_id))
        .outerjoin(Vehicle, col(Vehicle.id) == col(ChargingSession.vehicle_id))
        .outerjoin(Cdr, standing)
        .where(viewer.sees(col(Asset.service_partner_id)))
    )
