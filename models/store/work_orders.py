"""Work orders and their lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from models.rules.work_order import WorkOrderStage
from models.store.sites import at_place, place_of
from models.store.viewer import Viewer
from models.store.window import UNDATED, Window, cut, like
from models.tables.access import Organisation
from models.tables.asset import Asset
from models.tables.crew import Crew
from models.tables.placement import LocationAttempt, PlacementRequest
from models.tables.sat import Sat
from models.tables.site import Place, Site
from models.tables.tender import Product
from models.tables.timeline import TimelineEntry
from models.tables.unit import Unit
from models.tables.work_order import WORK_ORDER_NUMBER, LineEvse, WorkOrder, WorkOrderLine


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(WORK_ORDER_NUMBER.next_value().select())).scalar_one())


async def lock(session: AsyncSession, work_order_id: UUID) -> WorkOrder:
    found = await session.execute(
        select(WorkOrder)
        .where(col(WorkOrder.id) == work_order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def find(session: AsyncSession, reference: str, viewer: Viewer) -> WorkOrder | None:
    found = await session.execute(
        select(WorkOrder).where(
            col(WorkOrder.reference) == reference, viewer.sees(col(WorkOrder.installer_id), col(WorkOrder.owner_id))
        )
    )
    return found.scalar_one_or_none()


async def find_to_work_on(session: AsyncSession, reference: str, viewer: Viewer) -> WorkOrder | None:
    """As its installer, or as one who may do so for all; the service partner that owns it only reads it."""
    found = await session.execute(
        select(WorkOrder).where(col(WorkOrder.reference) == reference, viewer.sees(col(WorkOrder.installer_id)))
    )
    return found.scalar_one_or_none()


@dataclass(frozen=True)
class Around:
    """What stands around a work order: whom it is for, where, and who works on it.

    It has a placement with a location attempt, or a site with its owner.
    """

    placement: PlacementRequest | None
    attempt: LocationAttempt | None
    site: Site | None
    site_owner: Organisation | None
    installer: Organisation
    owner: Organisation
    sat: Sat
    crew: str | None
    """The name of the crew that is planned."""

    @property
    def place(self) -> Place:
        return place_of(self.attempt, self.site)


async def around(session: AsyncSession, work_order_ids: Sequence[UUID]) -> dict[UUID, Around]:
    """What belongs to several work orders, by their ids."""
    installer, owner, site_owner = aliased(Organisation), aliased(Organisation), aliased(Organisation)
    parts = (PlacementRequest, LocationAttempt, Site, site_owner, installer, owner, Sat, col(Crew.name))
    found = await session.execute(
        sa.select(col(WorkOrder.id), *parts)
        .select_from(WorkOrder)
        .outerjoin(PlacementRequest, col(PlacementRequest.id) == col(WorkOrder.placement_id))
        .outerjoin(LocationAttempt, col(LocationAttempt.id) == col(WorkOrder.attempt_id))
        .outerjoin(Site, col(Site.id) == col(WorkOrder.site_id))
        .outerjoin(site_owner, col(site_owner.id) == col(Site.owner_id))
        .join(installer, col(installer.id) == col(WorkOrder.installer_id))
        .join(owner, col(owner.id) == col(WorkOrder.owner_id))
        .join(Sat, col(Sat.work_order_id) == col(WorkOrder.id))
        .outerjoin(Crew, col(Crew.id) == col(WorkOrder.crew_id))
        .where(col(WorkOrder.id).in_(work_order_ids))
    )
    return {row[0]: Around(*row[1:]) for row in found.all()}


async def timeline(session: AsyncSession, *subject_ids: UUID) -> Sequence[TimelineEntry]:
    """What was put on record about the work order itself, or about what belongs to it too, oldest first."""
    found = await session.execute(
        select(TimelineEntry)
        .where(col(TimelineEntry.subject_id).in_(subject_ids))
        .order_by(col(TimelineEntry.at), col(TimelineEntry.id))
    )
    return found.scalars().all()


@dataclass(frozen=True)
class WorkOrderFilter:
    """Which work orders are wanted; None wants all."""

    stage: WorkOrderStage | None = None
    installer_id: UUID | None = None
    planned_from: Annotated[date | None, Field(description="Planned for this day or later")] = None
    planned_to: Annotated[date | None, Field(description="Planned for this day or earlier")] = None
    q: Annotated[str | None, Field(max_length=100, description="Part of a reference, a street, a city")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.stage is not None:
            yield col(WorkOrder.stage) == self.stage
        if self.installer_id is not None:
            yield col(WorkOrder.installer_id) == self.installer_id
        if self.planned_from is not None:
            yield col(WorkOrder.planned_for) >= self.planned_from
        if self.planned_to is not None:
            yield col(WorkOrder.planned_for) <= self.planned_to
        if self.q is not None:
            pattern = like(self.q)
            attempts = select(LocationAttempt.id).where(at_place(LocationAttempt, pattern))
            sites = select(Site.id).where(sa.or_(at_place(Site, pattern), col(Site.reference).ilike(pattern)))
            requests = select(PlacementRequest.id).where(col(PlacementRequest.reference).ilike(pattern))
            yield sa.or_(
                col(WorkOrder.reference).ilike(pattern),
                col(WorkOrder.attempt_id).in_(attempts),
                col(WorkOrder.site_id).in_(sites),
                col(WorkOrder.placement_id).in_(requests),
            )


async def page(session: AsyncSession, viewer: Viewer, wanted: WorkOrderFilter, window: Window) -> Sequence[WorkOrder]:
    sees = viewer.sees(col(WorkOrder.installer_id), col(WorkOrder.owner_id))
    keys = {
        "reference": col(WorkOrder.reference),
        "planned_for": sa.func.coalesce(col(WorkOrder.planned_for), UNDATED, type_=sa.Date),
    }
    query = cut(select(WorkOrder).where(sees, *wanted.conditions()), col(WorkOrder.id), window, keys)
    return list((await session.execute(query)).scalars())


async def of_placement(session: AsyncSession, placement_id: UUID) -> WorkOrder | None:
    found = await session.execute(select(WorkOrder).where(col(WorkOrder.placement_id) == placement_id))
    return found.scalar_one_or_none()


async def of_asset(session: AsyncSession, asset_id: UUID) -> WorkOrder | None:
    """The work order on which the station was installed."""
    found = await session.execute(
        select(WorkOrder)
        .join(WorkOrderLine, col(WorkOrderLine.work_order_id) == col(WorkOrder.id))
        .where(col(WorkOrderLine.asset_id) == asset_id)
    )
    return found.scalar_one_or_none()


async def place(session: AsyncSession, order: WorkOrder) -> Place:
    """Where the stations of the work order stand."""
    attempt = None if order.attempt_id is None else await session.get_one(LocationAttempt, order.attempt_id)
    return place_of(attempt, None if order.site_id is None else await session.get_one(Site, order.site_id))


@dataclass(frozen=True)
class Asker:
    """For whom a work order is done: who asked for the placement, or who owns the site.

    ``reference`` is their own name of the matter, or of the place; ``contact`` a mail address.
    """

    organisation_id: UUID
    reference: str | None
    contact: str | None
    placement: PlacementRequest | None


async def asker(session: AsyncSession, order: WorkOrder) -> Asker:
    if order.placement_id is not None:
        request = await session.get_one(PlacementRequest, order.placement_id)
        return Asker(request.requester_id, request.requester_reference, request.contact_email, request)
    site = await session.get_one(Site, order.site_id)
    return Asker(site.owner_id, site.reference, site.contact_email, None)


async def evses_of_line(session: AsyncSession, line_id: UUID) -> Sequence[LineEvse]:
    """The EVSE ids that the line's station brings with it, by connector."""
    found = await session.execute(
        select(LineEvse).where(col(LineEvse.line_id) == line_id).order_by(col(LineEvse.connector))
    )
    return found.scalars().all()


async def drop_evses_of(session: AsyncSession, line_ids: Sequence[UUID]) -> None:
    """The lines' stations will not come, or are of another product: their EVSE ids are free again."""
    await session.execute(
        sa.delete(LineEvse).where(col(LineEvse.line_id).in_(line_ids)).execution_options(synchronize_session="fetch")
    )


async def line(session: AsyncSession, work_order_id: UUID, line_id: UUID) -> WorkOrderLine | None:
    found = await session.execute(
        select(WorkOrderLine).where(col(WorkOrderLine.id) == line_id, col(WorkOrderLine.work_order_id) == work_order_id)
    )
    return found.scalar_one_or_none()


async def line_of_unit(session: AsyncSession, unit_id: UUID) -> WorkOrderLine | None:
    found = await session.execute(select(WorkOrderLine).where(col(WorkOrderLine.unit_id) == unit_id))
    return found.scalar_one_or_none()


async def linked_units(session: AsyncSession, unit_ids: Sequence[UUID]) -> set[UUID]:
    """Which of the units stand on a line."""
    found = await session.execute(select(WorkOrderLine.unit_id).where(col(WorkOrderLine.unit_id).in_(unit_ids)))
    return {unit_id for unit_id in found.scalars() if unit_id is not None}


async def lines(
    session: AsyncSession, work_order_id: UUID
) -> Sequence[tuple[WorkOrderLine, Product, Unit | None, Asset | None]]:
    """The lines in their order, each with its product and, where there are, its hardware and its station."""
    found = await session.execute(
        select(WorkOrderLine, Product, Unit, Asset)
        .join(Product, col(Product.id) == col(WorkOrderLine.product_id))
        .outerjoin(Unit, col(Unit.id) == col(WorkOrderLine.unit_id))
        .outerjoin(Asset, col(Asset.id) == col(WorkOrderLine.asset_id))
        .where(col(WorkOrderLine.work_order_id) == work_order_id)
        .order_by(col(WorkOrderLine.number))
    )
    return [(line, product, unit, asset) for line, product, unit, asset in found.all()]
