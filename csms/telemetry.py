"""The batches of one node: what stations tell at high rates, the tokens that they show, and the message log."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from uuid import uuid4

import structlog

from activities.courier import Courier
from csms import metrics
from csms.batches import Batches
from models.messages.base import Actor
from models.messages.telemetry import Answer, Outcome, Seen, Shown, Verdict
from models.store import messages
from models.store.messages import Exchange
from models.usecases import telemetry
from models.usecases.work import Desk

log = structlog.get_logger()

LOGGED_EVERY_S = 0.25
LOGGED_AT_ONCE = 2_000
LOG_LIMIT = 50_000
LOG_CHARACTERS = 50_000_000
"""Lines that wait for the database, and what stands in them; beyond it the oldest are given up: they are no facts."""
FRONT = Actor(id=None, name="stations")


class Telemetry:
    """``desk`` with connections that nobody else uses: when all stations come back at once, these go on."""

    def __init__(self, desk: Desk, courier: Courier) -> None:
        self._desk = desk
        self._courier = courier
        self._facts: Batches[Seen, Answer] = Batches(self._keep, later=lambda answer: answer is Outcome.LATER)
        self._tokens: Batches[Shown, Verdict | None] = Batches(self._judge)
        self._lines: deque[Exchange] = deque()
        self._characters = 0
        self._logging: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def keep(self, fact: Seen) -> "asyncio.Future[Answer]":
        """Done once the fact is committed."""
        return self._facts.put(fact)

    def judge(self, shown: Shown) -> "asyncio.Future[Verdict | None]":
        return self._tokens.put(shown)

    def note(self, line: Exchange) -> None:
        """Nobody waits for the log."""
        self._lines.append(line)
        self._characters += _characters_of(line)
        while len(self._lines) > LOG_LIMIT or self._characters > LOG_CHARACTERS:
            self._first_line()
            metrics.DROPPED.labels("log_full").inc()
        if self._logging is None:
            self._logging = asyncio.create_task(self._log(), context=Context())

    async def close(self) -> None:
        self._closing.set()
        await self._facts.close()
        await self._tokens.close()
        if self._logging is not None:
            await asyncio.wait({self._logging})

    async def _keep(self, facts: Sequence[Seen]) -> list[Answer]:
        async with self._desk.work(FRONT, str(uuid4())) as work:
            answers = await telemetry.keep(work, facts)
        metrics.BATCHES.observe(len(facts))
        self._courier.take(work.handed_over)
        return answers

    async def _judge(self, shown: Sequence[Shown]) -> list[Verdict | None]:
        async with self._desk.work(FRONT, str(uuid4())) as work:
            return await telemetry.judge(work, shown)

    async def _log(self) -> None:
        """Writes the lines that have gathered, and ends where there are none."""
        try:
            while self._lines:
                if len(self._lines) < LOGGED_AT_ONCE and not self._closing.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._closing.wait(), LOGGED_EVERY_S)
                lines = [self._first_line() for _ in range(min(len(self._lines), LOGGED_AT_ONCE))]
                await self._write(lines)
        finally:
            self._logging = None

    def _first_line(self) -> Exchange:
        line = self._lines.popleft()
        self._characters -= _characters_of(line)
        return line

    async def _write(self, lines: Sequence[Exchange]) -> None:
        try:
            async with self._desk.database.transaction() as session:
                await messages.add(session, lines)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the log, stations go on
            metrics.DROPPED.labels("log_failed").inc(len(lines))
            log.warning("messages_not_logged", lines=len(lines), reason=type(error).__name__)


def _characters_of(line: Exchange) -> int:
    return len(line.payload or "") + len(line.answer or "")
