"""Placement requests, their location attempts and the grid operator's calls."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from models.rules.access import OrganisationKind, Reach
from models.rules.placement import PlacementStage
from models.store import deadlines
from models.store.viewer import EVERYTHING, Viewer, anybody
from models.store.window import Window, cut, like
from models.tables.access import Organisation
from models.tables.asset import Asset
from models.tables.deadline import Deadline
from models.tables.document import Document
from models.tables.placement import PLACEMENT_NUMBER, GridCall, LocationAttempt, PlacementRequest
from models.tables.tender import Tender
from models.tables.timeline import TimelineEntry
from models.tables.work_order import WorkOrder, WorkOrderLine


@dataclass(frozen=True)
class Ground:
    """What a new request stands on."""

    tender: Tender
    requester: Organisation
    """The tender's."""
    operator_id: UUID
    number: int
    """Drawn for this request."""
    at: datetime
    """The instant of the transaction, as the database takes it for ``created_at``."""
    deadline: Deadline | None
    """What the operator has settled for the first stage in the country."""


async def ground(session: AsyncSession, tender_code: str, country: str, viewer: Viewer) -> Ground | None:
    """All that a new request needs to know, read at once; None where the viewer sees no such tender."""
    said = {"tender_code": tender_code, "country": country, "organisation_id": viewer.organisation_id}
    row = (await session.execute(_ground(viewer.reach), said)).one_or_none()
    return None if row is None else Ground(*row)


@functools.cache
def _ground(reach: Reach) -> Any:
    """Made once: to put it together costs more than to send it."""
    operator = select(Organisation.id).where(col(Organisation.kind) == OrganisationKind.OPERATOR).scalar_subquery()
    own = deadlines.settled_query("placement", PlacementStage.SUBMITTED, sa.bindparam("country", type_=sa.Text))
    deadline = aliased(Deadline, own.subquery())
    visible = anybody(reach).sees(col(Tender.requester_id), col(Tender.installer_id))
    return (
        sa.select(Tender, Organisation, operator, PLACEMENT_NUMBER.next_value(), sa.func.now(), deadline)
        .join(Organisation, col(Organisation.id) == col(Tender.requester_id))
        .outerjoin(deadline, sa.true())
        .where(col(Tender.code) == sa.bindparam("tender_code"), visible)
    )


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


@dataclass(frozen=True)
class PlacementFilter:
    """Which requests are wanted; None wants all."""

    stage: PlacementStage | None = None
    municipality: Annotated[str | None, Field(max_length=200, description="Of the location in play")] = None
    tender: Annotated[str | None, Field(max_length=40, description="The tender's code")] = None
    requester_reference: Annotated[str | None, Field(max_length=80)] = None
    created_from: Annotated[AwareDatetime | None, Field(description="This instant or later")] = None
    created_to: Annotated[AwareDatetime | None, Field(description="Before this instant")] = None
    q: Annotated[str | None, Field(max_length=100, description="Part of a reference, a street, a city")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.stage is not None:
            yield col(PlacementRequest.stage) == self.stage
        if self.municipality is not None:
            yield _in_play(sa.func.lower(col(LocationAttempt.municipality)) == self.municipality.lower())
        if self.tender is not None:
            tender = select(Tender.id).where(col(Tender.code) == self.tender).scalar_subquery()
            yield col(PlacementRequest.tender_id) == tender
        if self.requester_reference is not None:
            yield col(PlacementRequest.requester_reference) == self.requester_reference
        if self.created_from is not None:
            yield col(PlacementRequest.created_at) >= self.created_from
        if self.created_to is not None:
            yield col(PlacementRequest.created_at) < self.created_to
        if self.q is not None:
            yield self._found(like(self.q))

    def _found(self, pattern: str) -> sa.ColumnElement[bool]:
        places = (LocationAttempt.street, LocationAttempt.postal_code, LocationAttempt.city)
        return sa.or_(
            col(PlacementRequest.reference).ilike(pattern),
            col(PlacementRequest.requester_reference).ilike(pattern),
            _in_play(sa.or_(*(col(place).ilike(pattern) for place in places))),
        )


def _in_play(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether the request's latest location fulfils the condition."""
    later = aliased(LocationAttempt)
    is_latest = ~sa.exists().where(
        col(later.placement_id) == col(LocationAttempt.placement_id), col(later.number) > col(LocationAttempt.number)
    )
    return (
        select(LocationAttempt.id)
        .where(col(LocationAttempt.placement_id) == col(PlacementRequest.id), is_latest, condition)
        .correlate(PlacementRequest)
        .exists()
    )


async def page(
    session: AsyncSession, viewer: Viewer, wanted: PlacementFilter, window: Window
) -> Sequence[PlacementRequest]:
    query = select(PlacementRequest).where(viewer.sees(col(PlacementRequest.requester_id)), *wanted.conditions())
    keys = {"reference": col(PlacementRequest.reference), "stage": col(PlacementRequest.stage)}
    return list((await session.execute(cut(query, col(PlacementRequest.id), window, keys))).scalars())


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
    """The placement that a placement, a work order, one of its lines or a station belongs to.

    None for a station that came without.
    """
    found: sa.Result[Any] = await session.execute(
        sa.union(
            sa.select(col(PlacementRequest.id)).where(col(PlacementRequest.id) == subject_id),
            sa.select(col(WorkOrder.placement_id)).where(col(WorkOrder.id) == subject_id),
            sa.select(col(WorkOrder.placement_id))
            .join(WorkOrderLine, col(WorkOrderLine.work_order_id) == col(WorkOrder.id))
            .where(col(WorkOrderLine.id) == subject_id),
            sa.select(col(LocationAttempt.placement_id))
            .join(Asset, col(Asset.attempt_id) == col(LocationAttempt.id))
            .where(col(Asset.id) == subject_id),
        )
    )
    placement_id: UUID | None = found.scalar_one_or_none()
    return placement_id


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
