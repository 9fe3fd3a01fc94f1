"""Group commit: what many stations ask for at the same time is done in one go, and each hears of its own part.

A batch is whatever has gathered while those before were under way: alone, a message does not wait at all.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

import psycopg
import structlog

log = structlog.get_logger()

AT_MOST = 1_000
AT_ONCE = 2
"""While one batch waits for the disk, the next is on its way, where there is enough for one."""
ENOUGH = 250
"""What a batch costs beside its items is as much as a hundred of them."""
LATER_S = 0.005
"""Before what could not be done at this moment is tried again, where nothing else is to be done."""

Item = TypeVar("Item")
Result = TypeVar("Result")

Waiting = tuple[Item, asyncio.Future[Result]]


class Batches(Generic[Item, Result]):
    """``do`` gives a result for each item, in their order; ``later`` tells which results say: try again."""

    def __init__(
        self,
        do: Callable[[list[Item]], Awaitable[list[Result]]],
        *,
        at_most: int = AT_MOST,
        at_once: int = AT_ONCE,
        enough: int = ENOUGH,
        later: Callable[[Result], bool] = lambda _: False,
    ) -> None:
        self._do = do
        self._at_most = at_most
        self._later = later
        self._waiting: list[Waiting[Item, Result]] = []
        self._at_once = at_once
        self._enough = enough
        self._running = 0
        self._runs: set[asyncio.Task[None]] = set()

    def put(self, item: Item) -> "asyncio.Future[Result]":
        """The item's own result, or what was raised for it alone, or for all since the database is away.

        How many wait is bounded: each station has one call under way, which also keeps its calls in order.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if not self._running or (self._running < self._at_once and len(self._waiting) >= self._enough):
            self._running += 1
            # Of no station's context: it goes on with other stations' items.
            run = asyncio.create_task(self._work(), context=Context())
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)
        return future

    async def close(self) -> None:
        """Until all that waits is done."""
        while self._runs:
            await asyncio.wait(self._runs)

    async def _work(self) -> None:
        try:
            await self._serve_all()
        finally:
            self._running -= 1

    async def _serve_all(self) -> None:
        """What waits; the last who works leaves nothing."""
        while self._waiting and (self._running == 1 or len(self._waiting) >= self._enough):
            batch = self._waiting[: self._at_most]
            del self._waiting[: self._at_most]
            # Whoever has given up (a time-out) is not to be served later, when his message came again.
            put_off = await self._serve([each for each in batch if not each[1].done()])
            if put_off and not self._waiting:
                await asyncio.sleep(LATER_S)
            # Behind the others: a batch full of them in front would keep everybody else from being served.
            self._waiting += put_off

    async def _serve(self, batch: list[Waiting[Item, Result]]) -> list[Waiting[Item, Result]]:
        """Those that are to be tried again. One that can't be done takes none of the others with it."""
        if not batch:
            return []
        try:
            results = await self._do([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - told to those who wait
            if len(batch) == 1 or _is_away(error):
                _fail(batch, error)
                return []
            log.warning("batch_split", size=len(batch), reason=type(error).__name__)
            half = len(batch) // 2
            return [*await self._serve(batch[:half]), *await self._serve(batch[half:])]
        put_off = []
        for (item, future), result in zip(batch, results, strict=True):
            if self._later(result):
                put_off.append((item, future))
            elif not future.done():
                future.set_result(result)
        return put_off


def _is_away(error: Exception) -> bool:
    """The database can't be reached: to try each item by itself would only take long."""
    if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return False
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | OSError | TimeoutError) or isinstance(
        error.__cause__, psycopg.OperationalError
    )


def _fail(batch: list[Waiting[Item, Result]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
