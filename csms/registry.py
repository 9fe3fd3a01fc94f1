"""The sockets that this node holds, one per station."""

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from csms.session import StationSession


class Registry:
    def __init__(self) -> None:
        self._sessions: dict[UUID, StationSession] = {}
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._sessions)

    def sessions(self) -> "tuple[StationSession, ...]":
        return tuple(self._sessions.values())

    def arriving(self, asset_id: UUID) -> asyncio.Lock:
        """Held while a socket takes its place, so that two of one station take it in the order in which they came."""
        lock = self._locks.get(asset_id)
        if lock is None:
            self._locks[asset_id] = lock = asyncio.Lock()
        return lock

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
