"""What stations and we said to each other."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, Field
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store import driver, telemetry
from models.store.window import Window, cut, like
from models.tables.message import StationMessage

Direction = Literal["received", "sent"]

_BELOW_TIME = 80
"""So many bits of an id stand below its time, which is in ms (RFC 9562 §5.7)."""


class Exchange(NamedTuple):
    """One line, in the order of ``telemetry.MESSAGES``; see ``StationMessage``."""

    id: UUID
    at: datetime
    asset_id: UUID
    connection_id: UUID
    direction: Direction
    action: str | None
    message_id: str | None
    payload: str | None
    answer: str | None
    error: str | None
    took_ms: int
    size: int


@dataclass(frozen=True)
class MessageFilter:
    """Which messages are wanted; None wants all."""

    action: Annotated[str | None, Field(max_length=100, description="As in OCPP, such as `MeterValues`")] = None
    direction: Direction | None = None
    since: AwareDatetime | None = None
    until: Annotated[AwareDatetime | None, Field(description="Before this instant")] = None
    q: Annotated[str | None, Field(max_length=100, description="Part of a message, its answer or its error")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.action is not None:
            yield col(StationMessage.action) == self.action
        if self.direction is not None:
            yield col(StationMessage.direction) == self.direction
        if self.since is not None:
            yield col(StationMessage.at) >= self.since
        if self.until is not None:
            yield col(StationMessage.at) < self.until
        if self.q is not None:
            pattern = like(self.q)
            texts = (StationMessage.payload, StationMessage.answer, StationMessage.error, StationMessage.message_id)
            yield sa.or_(*(col(text).ilike(pattern) for text in texts))


async def add(session: AsyncSession, lines: Sequence[Exchange]) -> None:
    """Nobody is told that a line is kept: the disk is not waited for."""
    await session.execute(sa.text("SET LOCAL synchronous_commit = off"))
    await driver.copy(session, telemetry.MESSAGES, lines)


async def page(
    session: AsyncSession, asset_id: UUID, wanted: MessageFilter, window: Window
) -> Sequence[StationMessage]:
    query = select(StationMessage).where(col(StationMessage.asset_id) == asset_id, *wanted.conditions())
    return (await session.execute(cut(query, col(StationMessage.id), window))).scalars().all()


async def after(
    session: AsyncSession, asset_id: UUID, last: UUID, limit: int, *, besides: Collection[UUID] = ()
) -> Sequence[StationMessage]:
    """The station's messages behind the one named ``last``, oldest first, without those named ``besides``."""
    found = await session.execute(
        select(StationMessage)
        .where(
            col(StationMessage.asset_id) == asset_id,
            col(StationMessage.id) > last,
            col(StationMessage.id) != sa.all_(sa.literal(list(besides), ARRAY(sa.Uuid))),
        )
        .order_by(col(StationMessage.id))
        .limit(limit)
    )
    return found.scalars().all()


def shortly_before(message_id: UUID, span: timedelta) -> UUID:
    """Behind it are all messages that are at most so much older: ids are of version 7, and begin with their time."""
    at_ms = (message_id.int >> _BELOW_TIME) - int(span.total_seconds() * 1000)
    return UUID(int=max(at_ms, 0) << _BELOW_TIME)
