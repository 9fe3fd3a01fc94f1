"""Stations, their EVSEs, connections and events."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.commissioning import CommissioningStage
from models.rules.vend import Vend
from models.store import nodes
from models.store.sites import at_place, place_of
from models.store.viewer import Viewer
from models.store.window import Window, cut, like
from models.tables.access import Organisation
from models.tables.asset import (
    ASSET_NUMBER,
    STATION_EVENT_CHANNEL,
    Asset,
    Evse,
    PastConnection,
    StationConnection,
    StationEvent,
)
from models.tables.placement import LocationAttempt
from models.tables.site import Place, Site
from models.tables.tender import Product
from models.tables.unit import Unit
from models.tables.work_order import WorkOrder, WorkOrderLine


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(ASSET_NUMBER.next_value().select())).scalar_one())


async def lock(session: AsyncSession, asset_id: UUID) -> Asset:
    found = await session.execute(
        select(Asset).where(col(Asset.id) == asset_id).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def find(session: AsyncSession, name: str, viewer: Viewer) -> Asset | None:
    """A partner sees the stations it keeps, and those it installs."""
    found = await session.execute(
        select(Asset)
        .outerjoin(WorkOrderLine, col(WorkOrderLine.asset_id) == col(Asset.id))
        .outerjoin(WorkOrder, col(WorkOrder.id) == col(WorkOrderLine.work_order_id))
        .where(col(Asset.name) == name, viewer.sees(col(Asset.service_partner_id), col(WorkOrder.installer_id)))
    )
    return found.scalar_one_or_none()


@dataclass(frozen=True)
class StationFilter:
    """Which stations are wanted; None wants all."""

    stage: CommissioningStage | None = None
    service_partner_id: UUID | None = None
    vend: Annotated[Vend | None, Field(description="On what terms it gives energy")] = None
    q: Annotated[str | None, Field(max_length=100, description="Part of a name, a hardware id, a street")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.stage is not None:
            yield col(Asset.stage) == self.stage
        if self.vend is not None:
            yield col(Asset.vend) == self.vend
        if self.service_partner_id is not None:
            yield col(Asset.service_partner_id) == self.service_partner_id
        if self.q is not None:
            pattern = like(self.q)
            attempts = select(LocationAttempt.id).where(at_place(LocationAttempt, pattern))
            sites = select(Site.id).where(sa.or_(at_place(Site, pattern), col(Site.reference).ilike(pattern)))
            units = select(Unit.id).where(col(Unit.hardware_id).ilike(pattern))
            yield sa.or_(
                col(Asset.name).ilike(pattern),
                col(Asset.attempt_id).in_(attempts),
                col(Asset.site_id).in_(sites),
                col(Asset.unit_id).in_(units),
            )


async def page(session: AsyncSession, viewer: Viewer, wanted: StationFilter, window: Window) -> Sequence[Asset]:
    query = (
        select(Asset)
        .outerjoin(WorkOrderLine, col(WorkOrderLine.asset_id) == col(Asset.id))
        .outerjoin(WorkOrder, col(WorkOrder.id) == col(WorkOrderLine.work_order_id))
        .where(viewer.sees(col(Asset.service_partner_id), col(WorkOrder.installer_id)), *wanted.conditions())
    )
    keys = {"name": col(Asset.name), "stage": col(Asset.stage)}
    return list((await session.execute(cut(query, col(Asset.id), window, keys))).scalars())


@dataclass(frozen=True)
class Around:
    """What stands around a station: its product, place, hardware, socket and partner."""

    product: Product
    service_partner: Organisation
    attempt: LocationAttempt | None
    site: Site | None
    unit: Unit | None
    connection: StationConnection | None
    work_order: str | None
    """The reference of the work order on which it was installed."""

    @property
    def place(self) -> Place | None:
        return place_of(self.attempt, self.site) if self.attempt or self.site else None


async def around(session: AsyncSession, asset_ids: Sequence[UUID]) -> dict[UUID, Around]:
    """What belongs to several stations, by their ids."""
    parts = (Product, Organisation, LocationAttempt, Site, Unit, StationConnection, col(WorkOrder.reference))
    found = await session.execute(
        sa.select(col(Asset.id), *parts)
        .select_from(Asset)
        .join(Product, col(Product.id) == col(Asset.product_id))
        .join(Organisation, col(Organisation.id) == col(Asset.service_partner_id))
        .outerjoin(LocationAttempt, col(LocationAttempt.id) == col(Asset.attempt_id))
        .outerjoin(Site, col(Site.id) == col(Asset.site_id))
        .outerjoin(Unit, col(Unit.id) == col(Asset.unit_id))
        .outerjoin(StationConnection, sa.and_(col(StationConnection.asset_id) == col(Asset.id), nodes.is_held()))
        .outerjoin(WorkOrderLine, col(WorkOrderLine.asset_id) == col(Asset.id))
        .outerjoin(WorkOrder, col(WorkOrder.id) == col(WorkOrderLine.work_order_id))
        .where(col(Asset.id).in_(asset_ids))
    )
    return {row[0]: Around(*row[1:]) for row in found.all()}


async def by_identities(session: AsyncSession, identities: Collection[str]) -> dict[str, tuple[Asset, Unit]]:
    """The registered stations that answer to the OCPP identities, by these."""
    found = await session.execute(
        select(Asset, Unit)
        .join(Unit, col(Unit.id) == col(Asset.unit_id))
        .where(col(Unit.ocpp_identity).in_(identities), col(Asset.registered_at).is_not(None))
    )
    return {unit.ocpp_identity: (asset, unit) for asset, unit in found}


async def lock_registered(session: AsyncSession, asset_id: UUID, identity: str) -> bool:
    """Whether the station still answers to the OCPP identity; what is so stays so until the transaction ends."""
    found = await session.execute(
        select(Asset.id)
        .join(Unit, col(Unit.id) == col(Asset.unit_id))
        .where(col(Asset.id) == asset_id, col(Unit.ocpp_identity) == identity, col(Asset.registered_at).is_not(None))
        .with_for_update(of=Asset)
    )
    return found.first() is not None


async def evses(session: AsyncSession, asset_id: UUID) -> Sequence[Evse]:
    found = await session.execute(select(Evse).where(col(Evse.asset_id) == asset_id).order_by(col(Evse.connector)))
    return found.scalars().all()


async def add_event(
    session: AsyncSession, asset: Asset, kind: str, at: datetime, detail: Mapping[str, object]
) -> StationEvent:
    """Keep what happened to a station, and wake whoever follows it."""
    event = StationEvent(asset_id=asset.id, kind=kind, test_number=asset.test_number, detail=dict(detail), at=at)
    session.add(event)
    await session.flush()
    await session.execute(select(sa.func.pg_notify(STATION_EVENT_CHANNEL, str(asset.id))))
    return event


async def events_after(session: AsyncSession, asset_id: UUID, after: int, limit: int) -> Sequence[StationEvent]:
    """The station's events behind the one numbered ``after``, oldest first."""
    found = await session.execute(
        select(StationEvent)
        .where(col(StationEvent.asset_id) == asset_id, col(StationEvent.id) > after)
        .order_by(col(StationEvent.id))
        .limit(limit)
    )
    return found.scalars().all()


async def last_events(session: AsyncSession, asset_id: UUID, limit: int) -> Sequence[StationEvent]:
    """The station's latest events, newest first."""
    found = await session.execute(
        select(StationEvent)
        .where(col(StationEvent.asset_id) == asset_id)
        .order_by(col(StationEvent.id).desc())
        .limit(limit)
    )
    return found.scalars().all()


async def kinds_of_events(session: AsyncSession, asset_id: UUID) -> set[str]:
    """What has happened to the station at least once."""
    found = await session.execute(select(StationEvent.kind).where(col(StationEvent.asset_id) == asset_id).distinct())
    return set(found.scalars())


async def connection(session: AsyncSession, asset_id: UUID) -> StationConnection | None:
    return await session.get(StationConnection, asset_id)


REPLACED = "replaced by a newer connection"


async def drop_connection(session: AsyncSession, asset_id: UUID, connection_id: str, at: datetime, reason: str) -> bool:
    """False where another socket has taken the station over: then it is still connected."""
    gone = await session.execute(
        sa.delete(StationConnection).where(
            col(StationConnection.asset_id) == asset_id, col(StationConnection.connection_id) == connection_id
        )
    )
    await session.execute(
        sa.update(PastConnection)
        .where(
            col(PastConnection.asset_id) == asset_id,
            col(PastConnection.connection_id) == connection_id,
            col(PastConnection.ended_at).is_(None),
        )
        .values(ended_at=at, reason=reason)
        .execution_options(synchronize_session=False)
    )
    return bool(gone.rowcount)  # type: ignore[attr-defined]


async def past_connections(session: AsyncSession, asset_id: UUID, window: Window) -> Sequence[PastConnection]:
    """The sockets that the station has had, the newest first."""
    query = select(PastConnection).where(col(PastConnection.asset_id) == asset_id)
    return (await session.execute(cut(query, col(PastConnection.id), window))).scalars().all()


async def connectors_seen(session: AsyncSession, asset_id: UUID) -> int:
    """How many of the station's EVSEs have told their status."""
    found = await session.execute(
        select(sa.func.count()).select_from(Evse).where(col(Evse.asset_id) == asset_id, col(Evse.status).is_not(None))
    )
    return int(found.scalar_one())
