"""Bounds on how many things are done at once and how long each may take, kept by one timer.

A semaphore and a timeout for each cost more than most things that are done.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

Result = TypeVar("Result")
P = ParamSpec("P")


class Guard:
    """``within_s`` is for each thing, with its waiting for one of the ``places``. A task runs one at a time."""

    def __init__(self, within_s: float, places: int) -> None:
        self._within_s = within_s
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._begun: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, do: Callable[P, Awaitable[Result]], *of: P.args, **named: P.kwargs) -> Result:
        """Raises TimeoutError where it takes too long."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can be ended")
        self._begun[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._within_s, self._look)
        try:
            if self._free:
                self._free -= 1
            else:
                await self._place()
            try:
                return await do(*of, **named)
            finally:
                self._leave()
        except asyncio.CancelledError:
            # Whoever else has cancelled the task means all of it.
            if task in self._late and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            del self._begun[task]
            self._late.discard(task)

    async def _place(self) -> None:
        """Whoever came first is next."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        """The place goes to the next one who still waits."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    def _look(self) -> None:
        """Ends what is late, and comes again when the oldest of the others would be. They stand in their order."""
        loop, self._timer = asyncio.get_running_loop(), None
        for task, begun_s in self._begun.items():
            late_s = begun_s + self._within_s
            if late_s > loop.time():
                self._timer = loop.call_at(late_s, self._look)
                return
            if task not in self._late:
                self._late.add(task)
                task.cancel()
