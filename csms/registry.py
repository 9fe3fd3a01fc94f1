"""The sockets that this node holds, one per station."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from csms.session import StationSession


class OvertakenError(Exception):
    """A newer socket of the station came while this one waited to take its place."""


class Registry:
    def __init__(self) -> None:
        self._sessions: dict[UUID, StationSession] = {}
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._waiting: dict[UUID, asyncio.Timeout] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def sessions(self) -> "tuple[StationSession, ...]":
        return tuple(self._sessions.values())

    @asynccontextmanager
    async def arriving(self, asset_id: UUID) -> AsyncIterator[None]:
        """Entered while a socket takes its place, so that two of one station take it in the order in which they came.

        Raises OvertakenError: however many come meanwhile, only the newest of them waits.
        """
        lock = self._locks.get(asset_id)
        if lock is None:
            self._locks[asset_id] = lock = asyncio.Lock()
        if (older := self._waiting.get(asset_id)) is not None:
            older.reschedule(asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(None) as patience:
                self._waiting[asset_id] = patience
                await lock.acquire()
        except TimeoutError:
            raise OvertakenError from None
        finally:
            if self._waiting.get(asset_id) is patience:
                del self._waiting[asset_id]
        try:
            yield
        finally:
            lock.release()

    def enter(self, session: "StationSession") -> "StationSession | None":
        """Takes the station's place; returns the session that had it."""
        old = self._sessions.get(session.station.asset_id)
        self._sessions[session.station.asset_id] = session
        return old

    def leave(self, session: "StationSession") -> None:
        if self._sessions.get(session.station.asset_id) is session:
            del self._sessions[session.station.asset_id]

    def get(self, asset_id: UUID) -> "StationSession | None":
        return self._sessions.get(asset_id)
