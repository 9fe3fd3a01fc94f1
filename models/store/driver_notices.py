"""Notices to drivers: queued once for each fact and channel, taken by one worker at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.driver_notice import DriverChannel, DriverNoticeState
from models.store.window import Window, cut
from models.tables.driver_notice import DriverNotice, NoticeChoice
from models.tables.subscriber import Subscriber

_IS_TO_SEND = sa.text("driver_notice.state IN ('waiting', 'sending')")
_IS_ASKED_AFTER = sa.text("driver_notice.state = 'sent' AND driver_notice.ended_at IS NULL")
"""As literals, by which the partial indexes are found."""


async def queue(session: AsyncSession, rows: Sequence[DriverNotice]) -> None:
    """Those of facts that were not told yet by that channel."""
    values = [row.model_dump(exclude={"created_at"}) for row in rows]
    if values:
        await session.execute(insert(DriverNotice).values(values).on_conflict_do_nothing())


@dataclass(frozen=True)
class Due:
    """A notice with the addresses that its subscriber has now."""

    notice: DriverNotice
    email: str | None
    phone: str | None


async def take_due(session: AsyncSession, now: datetime, limit: int) -> Sequence[Due]:
    """Those to be sent, held until the transaction ends; past what another worker takes."""
    return await _due(session, _IS_TO_SEND, now, limit)


async def take_unknown(session: AsyncSession, now: datetime, limit: int) -> Sequence[Due]:
    """Those that were sent, of which it is time to ask what has become; as above."""
    return await _due(session, _IS_ASKED_AFTER, now, limit)


async def _due(session: AsyncSession, which: sa.TextClause, now: datetime, limit: int) -> Sequence[Due]:
    found = await session.execute(
        sa.select(DriverNotice, col(Subscriber.email), col(Subscriber.phone))
        .outerjoin(Subscriber, col(Subscriber.id) == col(DriverNotice.subscriber_id))
        .where(which, col(DriverNotice.due_at) <= now)
        .order_by(col(DriverNotice.due_at))
        .limit(limit)
        .with_for_update(of=DriverNotice, skip_locked=True)
    )
    return [Due(notice, email, phone or notice.phone) for notice, email, phone in found]


async def lock(session: AsyncSession, notice_id: UUID) -> DriverNotice | None:
    found = await session.execute(
        select(DriverNotice)
        .where(col(DriverNotice.id) == notice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def known_to_us(session: AsyncSession, provider_ids: Collection[str]) -> set[str]:
    """Those of the provider's ids that belong to a notice already."""
    found = await session.execute(
        select(DriverNotice.provider_id).where(col(DriverNotice.provider_id).in_(provider_ids))
    )
    return {each for each in found.scalars() if each is not None}


async def choice_of(session: AsyncSession, subscriber_id: UUID, *, lock: bool = False) -> NoticeChoice | None:
    query = select(NoticeChoice).where(col(NoticeChoice.subscriber_id) == subscriber_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


@dataclass(frozen=True)
class DriverNoticeFilter:
    """Which notices are wanted; None wants all."""

    channel: DriverChannel | None = None
    state: DriverNoticeState | None = None
    kind: str | None = None


async def page(
    session: AsyncSession, subscriber_id: UUID, wanted: DriverNoticeFilter, window: Window
) -> Sequence[DriverNotice]:
    query = select(DriverNotice).where(col(DriverNotice.subscriber_id) == subscriber_id)
    for name in ("channel", "state", "kind"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(DriverNotice, name) == value)
    return list((await session.execute(cut(query, col(DriverNotice.id), window))).scalars())
