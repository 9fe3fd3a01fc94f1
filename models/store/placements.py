"""Placement requests, their location attempts and the grid operator's calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.placement import PlacementStage
from models.store.viewer import EVERYTHING, Viewer
from models.tables.access import Organisation
from models.tables.asset import Asset
from models.tables.document import Document
from models.tables.placement import PLACEMENT_NUMBER, GridCall, LocationAttempt, PlacementRequest
from models.tables.tender import Tender
from models.tables.timeline import TimelineEntry
from models.tables.work_order import WorkOrder


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(PLACEMENT_NUMBER.next_value().select())).scalar_one())


async def lock(session: AsyncSession, placement_id: UUID) -> PlacementRequest:
    found = await session.execute(
        select(PlacementRequest)
        .where(col(PlacementRequest.id) == placement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def find(session: AsyncSession, reference: str, viewer: Viewer) -> PlacementRequest | None:
    found = await session.execute(
        select(PlacementRequest).where(
            col(PlacementRequest.reference) == reference, viewer.sees(col(PlacementRequest.requester_id))
        )
    )
    return found.scalar_one_or_none()


async def page(
    session: AsyncSession, viewer: Viewer, *, stage: PlacementStage | None, after: UUID | None, limit: int
) -> Sequence[PlacementRequest]:
    """Newest first; ``after`` is the last id of the page before."""
    query = select(PlacementRequest).where(viewer.sees(col(PlacementRequest.requester_id)))
    if stage is not None:
        query = query.where(col(PlacementRequest.stage) == stage)
    if after is not None:
        query = query.where(col(PlacementRequest.id) < after)
    found = await session.execute(query.order_by(col(PlacementRequest.id).desc()).limit(limit))
    return found.scalars().all()


@dataclass(frozen=True)
class Around:
    """What stands around a placement request; ``attempt`` is the location in play."""

    requester: Organisation
    tender: Tender
    attempt: LocationAttempt
    work_order: str | None
    """Its reference."""


async def around(session: AsyncSession, placement_ids: Sequence[UUID]) -> dict[UUID, Around]:
    """What belongs to several placement requests, by their ids."""
    latest = (
        select(sa.func.max(LocationAttempt.number))
        .where(col(LocationAttempt.placement_id) == col(PlacementRequest.id))
        .correlate(PlacementRequest)
        .scalar_subquery()
    )
    found = await session.execute(
        sa.select(col(PlacementRequest.id), Organisation, Tender, LocationAttempt, col(WorkOrder.reference))
        .join(Organisation, col(Organisation.id) == col(PlacementRequest.requester_id))
        .join(Tender, col(Tender.id) == col(PlacementRequest.tender_id))
        .join(LocationAttempt, col(LocationAttempt.placement_id) == col(PlacementRequest.id))
        .outerjoin(WorkOrder, col(WorkOrder.placement_id) == col(PlacementRequest.id))
        .where(col(PlacementRequest.id).in_(placement_ids), col(LocationAttempt.number) == latest)
    )
    return {row[0]: Around(*row[1:]) for row in found.all()}


async def tender_of(session: AsyncSession, placement: PlacementRequest) -> Tender:
    found = await session.execute(select(Tender).where(col(Tender.id) == placement.tender_id))
    return found.scalar_one()


async def attempts(session: AsyncSession, placement_id: UUID) -> Sequence[LocationAttempt]:
    found = await session.execute(
        select(LocationAttempt)
        .where(col(LocationAttempt.placement_id) == placement_id)
        .order_by(col(LocationAttempt.number))
    )
    return found.scalars().all()


async def latest_attempt(session: AsyncSession, placement_id: UUID) -> LocationAttempt:
    return (await attempts(session, placement_id))[-1]


async def attempt_by_connection_request(session: AsyncSession, connection_request_id: str) -> LocationAttempt | None:
    found = await session.execute(
        select(LocationAttempt).where(col(LocationAttempt.connection_request_id) == connection_request_id)
    )
    return found.scalar_one_or_none()


async def of_subject(session: AsyncSession, subject_id: UUID) -> UUID | None:
    """The placement that a placement, a work order or a station belongs to; None for a station that came without."""
    found = await session.execute(
        sa.union(
            select(PlacementRequest.id).where(col(PlacementRequest.id) == subject_id),
            select(WorkOrder.placement_id).where(col(WorkOrder.id) == subject_id),
            select(LocationAttempt.placement_id)
            .join(Asset, col(Asset.attempt_id) == col(LocationAttempt.id))
            .where(col(Asset.id) == subject_id),
        )
    )
    return found.scalar_one_or_none()


async def grid_call(session: AsyncSession, webhook_id: str) -> GridCall | None:
    return await session.get(GridCall, webhook_id)


async def timeline(session: AsyncSession, placement_id: UUID) -> Sequence[TimelineEntry]:
    found = await session.execute(
        select(TimelineEntry)
        .where(col(TimelineEntry.placement_id) == placement_id)
        .order_by(col(TimelineEntry.at), col(TimelineEntry.id))
    )
    return found.scalars().all()


async def documents(session: AsyncSession, placement_id: UUID, viewer: Viewer) -> Sequence[Document]:
    """The request's documents; a requester sees those that are meant for it."""
    query = select(Document).where(col(Document.placement_id) == placement_id)
    if viewer != EVERYTHING and viewer.reach is not EVERYTHING.reach:
        query = query.where(sa.true() == col(Document.for_requester))
    found = await session.execute(query.order_by(col(Document.id)))
    return found.scalars().all()
