"""Endpoints and the notices that go to them."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.viewer import Viewer
from models.tables.notice import Endpoint, Notice, NoticeState


async def endpoints_for(session: AsyncSession, organisation_id: UUID, event: str) -> Sequence[Endpoint]:
    """Where the organisation wants to be told of the event."""
    found = await session.execute(
        select(Endpoint)
        .where(
            col(Endpoint.organisation_id) == organisation_id,
            col(Endpoint.disabled_at).is_(None),
            sa.not_(col(Endpoint.only_when_named)),
            sa.or_(sa.func.cardinality(Endpoint.events) == 0, sa.literal(event) == sa.any_(col(Endpoint.events))),
        )
        .order_by(col(Endpoint.id))
    )
    return found.scalars().all()


async def next_waiting(session: AsyncSession, endpoint_id: UUID) -> Notice | None:
    """The oldest notice that the endpoint has not got yet."""
    found = await session.execute(
        select(Notice)
        .where(col(Notice.endpoint_id) == endpoint_id, col(Notice.state) == NoticeState.WAITING)
        .order_by(col(Notice.id))
        .limit(1)
    )
    return found.scalar_one_or_none()


async def of_placement(session: AsyncSession, placement_id: UUID) -> Sequence[tuple[Notice, Endpoint]]:
    found = await session.execute(
        select(Notice, Endpoint)
        .join(Endpoint, col(Endpoint.id) == col(Notice.endpoint_id))
        .where(col(Notice.placement_id) == placement_id)
        .order_by(col(Notice.id))
    )
    return [(notice, endpoint) for notice, endpoint in found.all()]


async def endpoints_of(session: AsyncSession, organisation_id: UUID) -> Sequence[Endpoint]:
    found = await session.execute(
        select(Endpoint).where(col(Endpoint.organisation_id) == organisation_id).order_by(col(Endpoint.id))
    )
    return found.scalars().all()


async def lock_endpoint(session: AsyncSession, endpoint_id: UUID, viewer: Viewer) -> Endpoint | None:
    found = await session.execute(
        select(Endpoint)
        .where(col(Endpoint.id) == endpoint_id, viewer.sees(col(Endpoint.organisation_id)))
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def endpoint_page(session: AsyncSession, viewer: Viewer, *, after: UUID | None, limit: int) -> Sequence[Endpoint]:
    """Newest first; ``after`` is the last id of the page before."""
    query = select(Endpoint).where(viewer.sees(col(Endpoint.organisation_id)))
    if after is not None:
        query = query.where(col(Endpoint.id) < after)
    found = await session.execute(query.order_by(col(Endpoint.id).desc()).limit(limit))
    return found.scalars().all()


async def log_of(session: AsyncSession, endpoint_id: UUID, *, after: UUID | None, limit: int) -> Sequence[Notice]:
    """Every notice for the endpoint with what became of it, newest first."""
    query = select(Notice).where(col(Notice.endpoint_id) == endpoint_id)
    if after is not None:
        query = query.where(col(Notice.id) < after)
    found = await session.execute(query.order_by(col(Notice.id).desc()).limit(limit))
    return found.scalars().all()


async def give_up_waiting(session: AsyncSession, endpoint_id: UUID, why: str) -> None:
    await session.execute(
        sa.update(Notice)
        .where(col(Notice.endpoint_id) == endpoint_id, col(Notice.state) == NoticeState.WAITING)
        .values(state=NoticeState.GIVEN_UP, last_error=why)
    )
