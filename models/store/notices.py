"""Endpoints and the notices that go to them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.messages.endpoint import ReplayNotices
from models.store.viewer import Viewer
from models.tables.notice import Endpoint, Notice, NoticeAttempt, NoticeState


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


def _waiting(endpoint_id: UUID) -> sa.ColumnElement[bool]:
    return sa.and_(col(Notice.endpoint_id) == endpoint_id, col(Notice.state) == NoticeState.WAITING)


async def next_waiting(session: AsyncSession, endpoint_id: UUID) -> Notice | None:
    """The oldest notice that the endpoint has not got yet."""
    found = await session.execute(select(Notice).where(_waiting(endpoint_id)).order_by(col(Notice.id)).limit(1))
    return found.scalar_one_or_none()


async def waiting_since(session: AsyncSession, endpoint_id: UUID) -> datetime | None:
    """Since when the one waits that has waited longest; one that is replayed, since that was asked for."""
    since = sa.func.min(sa.func.coalesce(Notice.replayed_at, Notice.created_at))
    oldest: datetime | None = (await session.execute(select(since).where(_waiting(endpoint_id)))).scalar_one()
    return oldest


async def waiting_counts(session: AsyncSession, endpoint_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many notices wait, for those endpoints that have any."""
    found = await session.execute(
        select(Notice.endpoint_id, sa.func.count())
        .where(col(Notice.endpoint_id).in_(endpoint_ids), col(Notice.state) == NoticeState.WAITING)
        .group_by(col(Notice.endpoint_id))
    )
    return {row[0]: row[1] for row in found.all()}


async def of_placement(session: AsyncSession, placement_id: UUID) -> Sequence[tuple[Notice, Endpoint]]:
    found = await session.execute(
        select(Notice, Endpoint)
        .join(Endpoint, col(Endpoint.id) == col(Notice.endpoint_id))
        .where(col(Notice.placement_id) == placement_id)
        .order_by(col(Notice.id))
    )
    return [(notice, endpoint) for notice, endpoint in found.all()]


async def about(session: AsyncSession, references: Collection[str]) -> Sequence[tuple[Notice, Endpoint]]:
    """The notices that name one of the references, oldest first."""
    found = await session.execute(
        select(Notice, Endpoint)
        .join(Endpoint, col(Endpoint.id) == col(Notice.endpoint_id))
        .where(col(Notice.data)["reference"].astext.in_(references))
        .order_by(col(Notice.id))
    )
    return [(notice, endpoint) for notice, endpoint in found.all()]


async def endpoints_of(session: AsyncSession, organisation_id: UUID) -> Sequence[Endpoint]:
    found = await session.execute(
        select(Endpoint).where(col(Endpoint.organisation_id) == organisation_id).order_by(col(Endpoint.id))
    )
    return found.scalars().all()


async def lock_endpoint(session: AsyncSession, endpoint_id: UUID, viewer: Viewer) -> Endpoint | None:
    """Notices can be queued for it all the same."""
    found = await session.execute(
        select(Endpoint)
        .where(col(Endpoint.id) == endpoint_id, viewer.sees(col(Endpoint.organisation_id)))
        .with_for_update(key_share=True)
    )
    return found.scalar_one_or_none()


async def endpoint_page(session: AsyncSession, viewer: Viewer, *, after: UUID | None, limit: int) -> Sequence[Endpoint]:
    """Newest first; ``after`` is the last id of the page before."""
    query = select(Endpoint).where(viewer.sees(col(Endpoint.organisation_id)))
    if after is not None:
        query = query.where(col(Endpoint.id) < after)
    found = await session.execute(query.order_by(col(Endpoint.id).desc()).limit(limit))
    return found.scalars().all()


async def log_of(
    session: AsyncSession,
    endpoint_id: UUID,
    *,
    after: UUID | None,
    limit: int,
    state: NoticeState | None = None,
    event: str | None = None,
    since: datetime | None = None,
) -> Sequence[Notice]:
    """The notices for the endpoint with what became of them, newest first."""
    query = select(Notice).where(col(Notice.endpoint_id) == endpoint_id)
    if after is not None:
        query = query.where(col(Notice.id) < after)
    if state is not None:
        query = query.where(col(Notice.state) == state)
    if event is not None:
        query = query.where(col(Notice.event) == event)
    if since is not None:
        query = query.where(col(Notice.created_at) >= since)
    found = await session.execute(query.order_by(col(Notice.id).desc()).limit(limit))
    return found.scalars().all()


async def lock_notice(session: AsyncSession, endpoint_id: UUID, notice_id: UUID) -> Notice | None:
    found = await session.execute(
        select(Notice).where(col(Notice.id) == notice_id, col(Notice.endpoint_id) == endpoint_id).with_for_update()
    )
    return found.scalar_one_or_none()


async def attempts_of(session: AsyncSession, notice_id: UUID, limit: int) -> Sequence[NoticeAttempt]:
    """The latest tries, newest first."""
    found = await session.execute(
        select(NoticeAttempt)
        .where(col(NoticeAttempt.notice_id) == notice_id)
        .order_by(col(NoticeAttempt.id).desc())
        .limit(limit)
    )
    return found.scalars().all()


async def give_up_waiting(
    session: AsyncSession, endpoint_id: UUID, why: str, *, before: datetime | None = None
) -> None:
    """What waits for the endpoint, since before ``before`` where that is given, gets no other try."""
    query = sa.update(Notice).where(_waiting(endpoint_id))
    if before is not None:
        query = query.where(sa.func.coalesce(Notice.replayed_at, Notice.created_at) < before)
    await session.execute(query.values(state=NoticeState.GIVEN_UP, last_error=why))


async def known_ids(session: AsyncSession, endpoint_id: UUID, notice_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are notices of the endpoint."""
    found = await session.execute(
        select(Notice.id).where(col(Notice.endpoint_id) == endpoint_id, col(Notice.id).in_(notice_ids))
    )
    return set(found.scalars().all())


def _to_replay(endpoint_id: UUID, wanted: ReplayNotices) -> list[sa.ColumnElement[bool]]:
    chosen = [col(Notice.endpoint_id) == endpoint_id, col(Notice.state) != NoticeState.WAITING]
    if wanted.notice_ids:
        chosen.append(col(Notice.id).in_(wanted.notice_ids))
    if wanted.since is not None:
        chosen.append(col(Notice.created_at) >= wanted.since)
    if wanted.until is not None:
        chosen.append(col(Notice.created_at) < wanted.until)
    return chosen


async def count_to_replay(session: AsyncSession, endpoint_id: UUID, wanted: ReplayNotices) -> int:
    chosen = _to_replay(endpoint_id, wanted)
    return (await session.execute(select(sa.func.count()).select_from(Notice).where(*chosen))).scalar_one()


async def replay(session: AsyncSession, endpoint_id: UUID, wanted: ReplayNotices, now: datetime) -> None:
    """What was delivered or given up waits again."""
    await session.execute(
        sa.update(Notice)
        .where(*_to_replay(endpoint_id, wanted))
        .values(state=NoticeState.WAITING, replays=Notice.replays + 1, replayed_at=now, last_error=None)
    )
