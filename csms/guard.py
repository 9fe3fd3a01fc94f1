"""A bound on how long each of many things may take, kept by one timer: a timeout for each costs more than most take."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Guard:
    """``within_s`` is for each thing that is run, from its beginning. A task runs one at a time."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._begun: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Raises TimeoutError where it takes too long."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can be ended")
        self._begun[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._within_s, self._look)
        try:
            return await work
        except asyncio.CancelledError:
            # Whoever else has cancelled the task means all of it.
            if task in self._late and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            del self._begun[task]
            self._late.discard(task)

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
