"""What a station and we said to each other, page by page and live, and the connections over which it was said (L1)."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header
from pydantic import Field, field_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import StreamingResponse

from api.auth.access import Access, is_still_in
from api.paging import Page, Pages
from api.v1.shapes import Shape, example
from api.v1.station_events import LIFETIME_S, RECONNECT_AFTER_MS, STREAM_HEADERS
from api.v1.stations import Reading, found
from models.rules.access import OrganisationKind, Reach
from models.store import assets, messages
from models.store.messages import MessageFilter
from models.store.window import Window
from models.tables.asset import Asset, PastConnection
from models.tables.base import new_id
from models.tables.message import StationMessage

router = APIRouter(prefix="/stations", tags=["stations"])

LOOKED_AT_EVERY_S = 1.0
KEEP_ALIVE_AFTER = 15
"""Looks without anything new."""
BATCH = 200
BEFORE = 20
"""A stream without a place to go on from begins with so many of the latest."""
OVERLAP = timedelta(seconds=30)
"""A node writes its lines down a moment after they were said, and nodes' clocks differ: a line may turn up behind ones
that are younger."""

_MESSAGE = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c23",
    "at": "2026-12-08T10:20:00.120Z",
    "connection_id": "5a3c7b0e-97b4-4f4e-8a63-0c6f3f0d5e11",
    "direction": "received",
    "action": "Authorize",
    "message_id": "42",
    "payload": {"idTag": "…7A2C"},
    "answer": {"idTagInfo": {"status": "Accepted"}},
    "error": None,
    "took_ms": 4,
    "size": 41,
}


class MessageShape(Shape):
    """A call and its answer, with id tokens, keys and personal data masked."""

    model_config = example(**_MESSAGE)

    id: UUID
    at: datetime
    connection_id: UUID
    direction: Literal["received", "sent"] = Field(description="Whether the station called us or we called it")
    action: str | None = Field(description="Null for what was no message")
    message_id: str | None
    payload: Any = Field(description="The call; of a very long one the beginning")
    answer: Any = Field(description="Null where an error or nothing was answered")
    error: str | None = Field(description="The code of the error that was answered, or why nothing was")
    took_ms: int
    size: int = Field(description="Of the call's frame, in characters")

    @field_validator("payload", "answer", mode="before")
    @classmethod
    def _decoded(cls, value: str | None) -> Any:
        return None if value is None else orjson.loads(value)


class PastConnectionShape(Shape):
    """A socket of the station; ``ended_at`` is null while it is open.

    ``node`` and ``remote_ip`` are for the operator's own people: how its machines are called, and whose network it is.
    """

    model_config = example(
        protocol="ocpp1.6",
        node="csms-1",
        remote_ip="192.0.2.7",
        connected_at="2026-12-08T10:03:58Z",
        ended_at="2026-12-08T18:40:11Z",
        reason="connection lost",
    )

    protocol: str
    node: str | None
    remote_ip: str | None
    connected_at: datetime
    ended_at: datetime | None
    reason: str | None


@router.get("/{name}/connections", summary="The connections that the station has had, newest first")
async def show_connections(name: str, access: Reading, paging: Pages) -> Page[PastConnectionShape]:
    async with access.reading() as session:
        asset = await found(session, access, name)
        rows = await assets.past_connections(session, asset.id, paging.window)
    return paging.page(rows, lambda row: _connection(access, row))


@router.get("/{name}/messages", summary="What the station and we said to each other, newest first")
async def show_messages(
    name: str, access: Reading, paging: Pages, wanted: Annotated[MessageFilter, Depends()]
) -> Page[MessageShape]:
    """Kept for days. An installer sees what was said until the station was activated."""
    async with access.reading() as session:
        asset = await found(session, access, name)
        rows = await messages.page(session, asset.id, _allowed(access, asset, wanted), paging.window)
    return paging.page(rows, MessageShape.model_validate)


@router.get(
    "/{name}/messages/live",
    summary="Follow what the station and we say to each other",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Messages in the form of `MessageShape`, named by their direction",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def follow_messages(
    name: str,
    access: Reading,
    last_event_id: Annotated[
        UUID | None, Header(description="Go on behind this message; without it, with the latest few")
    ] = None,
) -> StreamingResponse:
    """A message is seen within a second or two. The stream ends now and then: connect again with `Last-Event-ID`.

    Messages of the half minute before that one come once more then, as some of them may have been written down late.
    """
    access.services.station_events.check_room(access.caller.id)
    async with access.reading() as session:
        asset = await found(session, access, name)
        after = messages.shortly_before(last_event_id, OVERLAP) if last_event_id else await _begin(session, asset.id)
    stream = _stream(access, asset, after)
    return StreamingResponse(stream, media_type="text/event-stream", headers=STREAM_HEADERS)


async def _begin(session: AsyncSession, asset_id: UUID) -> UUID:
    latest = await messages.page(session, asset_id, MessageFilter(), Window(BEFORE + 1))
    return latest[-1].id if len(latest) > BEFORE else UUID(int=0)


class Tail:
    """Where a follower is: it looks again at what may have been written down late, and shows nothing twice."""

    def __init__(self, begun: UUID) -> None:
        self._begun = self._latest = begun
        self._shown: set[UUID] = set()

    @property
    def after(self) -> UUID:
        """By the clock of here too: that of another node may be ahead."""
        latest = min(self._latest, new_id())
        return max(self._begun, messages.shortly_before(latest, OVERLAP))

    @property
    def shown(self) -> Collection[UUID]:
        return self._shown

    def pass_by(self, rows: Sequence[StationMessage]) -> None:
        self._latest = max(self._latest, rows[-1].id)
        after = self.after
        self._shown = {each for each in (*self._shown, *(row.id for row in rows)) if each > after}


async def _stream(access: Access, asset: Asset, begun: UUID) -> AsyncIterator[str]:
    tail = Tail(begun)
    ends_at = time.monotonic() + LIFETIME_S
    streams = access.services.station_events
    quiet = 0
    with streams.follow(asset.id, access.caller.id) as wake:
        yield f"retry: {RECONNECT_AFTER_MS}\n\n"
        while time.monotonic() < ends_at and not streams.ending and await is_still_in(access):
            wake.clear()
            rows = await _messages(access, asset, tail)
            for row in rows:
                yield _written(row)
            quiet = 0 if rows else quiet + 1
            if quiet >= KEEP_ALIVE_AFTER:
                quiet = 0
                yield ": alive\n\n"
            # Messages wake nobody, there are too many of them; a station's events often come with some.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), LOOKED_AT_EVERY_S)


async def _messages(access: Access, asset: Asset, tail: Tail) -> list[StationMessage]:
    async with access.reading() as session:
        # Read anew: it may have been activated since the stream began.
        now = await session.get_one(Asset, asset.id)
        until = _allowed(access, now, MessageFilter()).until
        rows = await messages.after(session, asset.id, tail.after, BATCH, besides=tail.shown)
    if rows:
        tail.pass_by(rows)
    return [row for row in rows if until is None or row.at < until]


def _connection(access: Access, row: PastConnection) -> PastConnectionShape:
    shape = PastConnectionShape.model_validate(row)
    if access.viewer.reach is Reach.ALL:
        return shape
    return shape.model_copy(update={"node": None, "remote_ip": None})


def _allowed(access: Access, asset: Asset, wanted: MessageFilter) -> MessageFilter:
    """An installer's part ends with the activation: what drivers do then is not his business."""
    is_installer = access.caller.organisation_kind is OrganisationKind.INSTALLER
    if access.viewer.reach is Reach.ALL or not is_installer or asset.activated_at is None:
        return wanted
    return replace(wanted, until=min(filter(None, (wanted.until, asset.activated_at))))


def _written(row: StationMessage) -> str:
    shape = MessageShape.model_validate(row)
    return f"id: {row.id}\nevent: {row.direction}\ndata: {shape.model_dump_json()}\n\n"
