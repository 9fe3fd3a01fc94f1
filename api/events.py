"""Wakes the streams that follow a station: one LISTEN connection per process, whatever the number of streams."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import psycopg
import structlog

from models.errors import Overloaded
from models.tables.asset import STATION_EVENT_CHANNEL

log = structlog.get_logger(__name__)

STREAMS_LIMIT = 500
STREAMS_OF_ONE = 50
"""So that one caller does not take them all."""
RECONNECT_AFTER_S = 1.0
# A server that is gone without a word is noticed within a minute.
_KEEPALIVE: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


class StationEvents:
    """``database_url`` as libpq takes it. A wake-up says that there may be something new, the rows say what."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.ending = False
        self._followers: Counter[UUID] = Counter()

    @property
    def streams(self) -> int:
        return self._followers.total()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listens until the end of the block; while PostgreSQL is away, tries again each second."""
        listener = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    def end_streams(self) -> None:
        """The process is to end: every stream ends now, and its reader comes back to another one."""
        self.ending = True
        for name in list(self._waiting):
            self._wake(name)

    def check_room(self, follower: UUID) -> None:
        """Whether one more stream can be opened by whoever calls. Raises Overloaded."""
        if self.streams >= STREAMS_LIMIT or self._followers[follower] >= STREAMS_OF_ONE:
            raise Overloaded("Too many event streams are open at this moment; try again later", retry_after_s=30)

    @contextmanager
    def follow(self, asset_id: UUID, follower: UUID) -> Iterator[asyncio.Event]:
        """An event that is set whenever the station has something new. Raises Overloaded."""
        self.check_room(follower)
        name, wake = str(asset_id), asyncio.Event()
        self._followers[follower] += 1
        self._waiting.setdefault(name, set()).add(wake)
        try:
            yield wake
        finally:
            self._followers -= Counter((follower,))
            self._waiting[name].discard(wake)
            if not self._waiting[name]:
                del self._waiting[name]

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError) as error:
                log.warning("event_listener_lost", reason=type(error).__name__)
            await asyncio.sleep(RECONNECT_AFTER_S)

    async def _hear(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._database_url, autocommit=True, **_KEEPALIVE)
        async with connection:
            await connection.execute(f"LISTEN {STATION_EVENT_CHANNEL}".encode())
            # Whatever was told while nobody listened.
            for name in list(self._waiting):
                self._wake(name)
            async for heard in connection.notifies():
                self._wake(heard.payload)

    def _wake(self, name: str) -> None:
        for wake in self._waiting.get(name, ()):
            wake.set()
