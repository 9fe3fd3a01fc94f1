"""A station's states live, as server-sent events (P14).

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.responses import StreamingResponse

from api.auth.access import Access, is_still_in
from api.v1.station_shapes import LAST_EVENTS, StationEventShape, is_seen
from api.v1.stations import Reading, found
from models.store import assets
from models.tables.asset import StationEvent

router = APIRouter(prefix="/stations", tags=["stations"])

KEEP_ALIVE_S = 15.0
LIFETIME_S = 1800.0
"""Then the reader comes back with the last id it saw, and is asked again who it is."""
RECONNECT_AFTER_MS = 2000
BATCH = 100
STREAM_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
_EXAMPLE = (
    'id: 118\nevent: booted\ndata: {"id": 118, "kind": "booted", "test_number": 1, "at": "...", "detail": {}}\n\n'
)


@router.get(
    "/{name}/events",
    summary="Follow a station's states live",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events in the form of `StationEventShape`, named by their kind",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        }
    },
)
async def follow(
    name: str,
    access: Reading,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=2**63 - 1, description="Go on behind this event; without it, with the latest few")
    ] = None,
) -> StreamingResponse:
    """Begins with what was missed. The stream ends now and then: connect again with `Last-Event-ID`."""
    # Here, since a stream that has begun can't answer 503 any more.
    access.services.station_events.check_room(access.caller.id)
    async with access.reading() as session:
        asset = await found(session, access, name)
        after = last_event_id
        if after is None:
            latest = await assets.last_events(session, asset.id, LAST_EVENTS)
            after = (latest[-1].id or 1) - 1 if latest else 0
    return StreamingResponse(_stream(access, asset.id, after), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _stream(access: Access, asset_id: UUID, after: int) -> AsyncIterator[str]:
    ends_at = time.monotonic() + LIFETIME_S
    station_events = access.services.station_events
    with station_events.follow(asset_id, access.caller.id) as wake:
        yield f"retry: {RECONNECT_AFTER_MS}\n\n"
        # A login ends, or a person is shut out, perhaps long before the stream's time is over.
        while time.monotonic() < ends_at and not station_events.ending and await is_still_in(access):
            # Cleared before the rows are read: what comes meanwhile wakes again.
            wake.clear()
            while events := await _events(access, asset_id, after):
                for event in events:
                    if is_seen(access, event):
                        yield _written(event)
                after = events[-1].id or after
            try:
                await asyncio.wait_for(wake.wait(), KEEP_ALIVE_S)
            except TimeoutError:
                yield ": alive\n\n"


async def _events(access: Access, asset_id: UUID, after: int) -> list[StationEvent]:
    async with access.reading() as session:
        return list(await assets.events_after(session, asset_id, after, BATCH))


def _written(event: StationEvent) -> str:
    data = StationEventShape.model_validate(event).model_dump_json()
    return f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n"
