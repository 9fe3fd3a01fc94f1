"""Brings facts that were just committed to their processes, behind the back of whoever committed them.

Whoever sent the fact is answered as soon as it is committed. What can't be delivered (Temporal is away) is left to the
workers' sweep, so nothing is lost here by giving up.
"""

import asyncio
from collections.abc import Iterable
from contextvars import Context
from itertools import islice
from typing import Protocol

import structlog

log = structlog.get_logger()

TOGETHER = 20
"""Facts of so many processes travel in one transaction."""
AT_ONCE = 4
"""Each holds a database connection while it calls Temporal."""
QUICK_ONES = 2
"""So many are on their way before others wait for them, and then travel together."""
SLOW_S = 0.2
"""Where those that are on their way take longer, others do not wait for them."""
QUICK_S = 0.05
"""Whoever hands in may wait so long for the arrival, where the journey before took no longer."""
WAITING_LIMIT = 10_000
"""What comes beyond is left to the sweep."""
PATIENCE_S = 5.0

Journey = asyncio.Future[None]
"""Done once the facts have arrived, or were left to the sweep. Never fails."""


class Relay(Protocol):
    async def deliver(self, workflow_ids: Iterable[str]) -> None:
        """Delivers what the workflows have still to hear, in order."""


class Courier:
    """What is handed in while others are on their way waits for them, and then travels together."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._waiting: dict[str, Journey] = {}
        self._runs: set[asyncio.Task[None]] = set()
        self._slow: set[asyncio.Task[None]] = set()
        self._was_quick = True

    @property
    def is_quick(self) -> bool:
        """Whether what is handed in now sets out at once, and may be hoped to arrive at once."""
        return self._was_quick and not self._waiting and len(self._runs - self._slow) < QUICK_ONES

    def take(self, workflow_ids: Iterable[str]) -> list[Journey]:
        """Hand in what the workflows have still to hear; those that find no room any more are left out."""
        loop = asyncio.get_running_loop()
        journeys = [
            self._waiting.setdefault(workflow_id, loop.create_future())
            for workflow_id in workflow_ids
            if len(self._waiting) < WAITING_LIMIT
        ]
        if len(self._runs - self._slow) < QUICK_ONES:
            self._set_out()
        return journeys

    async def close(self) -> None:
        """Ends what is under way, within a few seconds."""
        runs = tuple(self._runs)
        if runs:
            await asyncio.wait(runs, timeout=PATIENCE_S)
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)

    def _set_out(self) -> None:
        if self._waiting and len(self._runs) < AT_ONCE:
            # Of nobody's context: it goes on with others' facts.
            run = asyncio.create_task(self._run(), context=Context())
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)

    async def _run(self) -> None:
        run = asyncio.current_task()
        assert run is not None  # noqa: S101 - only a task runs this
        while self._waiting:
            await self._travel(run)
        # At once: whoever hands in before the task counts as done would wait for a run that goes nowhere any more.
        self._runs.discard(run)

    async def _travel(self, run: asyncio.Task[None]) -> None:
        names = tuple(islice(self._waiting, TOGETHER))
        journeys = [self._waiting.pop(name) for name in names]
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        slow = loop.call_later(SLOW_S, self._is_slow, run)
        try:
            await self._relay.deliver(names)
        except (RuntimeError, OSError) as error:
            # So a client says that it could not connect at all.
            log.warning("facts_left_to_the_sweep", workflows=names, reason=str(error)[:200])
        except Exception:
            log.exception("facts_left_to_the_sweep", workflows=names)
        finally:
            slow.cancel()
            self._was_quick = loop.time() - began_s <= QUICK_S
            self._slow.discard(run)
            for journey in journeys:
                if not journey.done():
                    journey.set_result(None)

    def _is_slow(self, run: asyncio.Task[None]) -> None:
        """Nobody waits for it any more: neither who waits now, nor who is handed in later."""
        self._slow.add(run)
        self._set_out()
