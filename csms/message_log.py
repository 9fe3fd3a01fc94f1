"""The message log. What is said is noted as it is; many lines together are masked and written.

A thousand lines in one go are masked in a third of the time that they take one by one, between everything else.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog

from csms import masking, metrics
from csms.frames import Payload
from csms.reading import clean
from models.store import messages
from models.store.database import Database
from models.store.messages import Direction, Exchange
from models.tables.base import new_id

log = structlog.get_logger()

WRITTEN_EVERY_S = 0.25
WRITTEN_AT_ONCE = 2_000
LINES_LIMIT = 50_000
CHARACTERS_LIMIT = 20_000_000
"""Lines that wait for the database, and how long the frames were; beyond it the oldest are given up: they are no
facts."""


class Noted(NamedTuple):
    """A call and its answer; ``error`` says why there is no answer, ``took_s`` how long it took."""

    direction: Direction
    action: str | None
    message_id: str | None
    payload: Payload | None
    answer: Payload | None
    error: str | None
    took_s: float
    size: int
    """Of the call's frame, in characters."""


class Said(NamedTuple):
    """What was noted: at which station, on which socket, and when it was over."""

    asset_id: UUID
    connection_id: UUID
    ended_at: datetime
    noted: Noted


class MessageLog:
    """Nobody waits for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Said] = deque()
        self._characters = 0
        self._writing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def note(self, said: Said) -> None:
        self._waiting.append(said)
        self._characters += said.noted.size
        while len(self._waiting) > LINES_LIMIT or self._characters > CHARACTERS_LIMIT:
            self._first()
            metrics.DROPPED.labels("log_full").inc()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all(), context=Context())

    async def close(self) -> None:
        """Until all that was noted is written."""
        self._closing.set()
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def _write_all(self) -> None:
        """Writes what has gathered, and ends where there is nothing."""
        try:
            while self._waiting:
                if len(self._waiting) < WRITTEN_AT_ONCE and not self._closing.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._closing.wait(), WRITTEN_EVERY_S)
                await self._write([self._first() for _ in range(min(len(self._waiting), WRITTEN_AT_ONCE))])
        finally:
            self._writing = None

    def _first(self) -> Said:
        said = self._waiting.popleft()
        self._characters -= said.noted.size
        return said

    async def _write(self, said: Sequence[Said]) -> None:
        try:
            lines = [_line(each) for each in said]
            async with self._database.transaction() as session:
                await messages.add(session, lines)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the log, stations go on
            metrics.DROPPED.labels("log_failed").inc(len(said))
            log.warning("messages_not_logged", lines=len(said), reason=type(error).__name__)


def _line(said: Said) -> Exchange:
    """With what is nobody's business masked."""
    noted = said.noted
    return Exchange(
        new_id(),
        said.ended_at - timedelta(seconds=noted.took_s),
        said.asset_id,
        said.connection_id,
        noted.direction,
        clean(noted.action) if noted.action else None,
        clean(noted.message_id) if noted.message_id else None,
        masking.shown(noted.payload),
        masking.shown(noted.answer),
        noted.error,
        int(noted.took_s * 1000),
        noted.size,
    )
