"""Brings facts that were just committed to their processes, behind the station's back.

The station is answered as soon as its fact is committed. What can't be delivered (Temporal is away) is left to the
workers' sweep, so nothing is lost here by giving up.
"""

import asyncio
from collections.abc import Iterable
from contextvars import Context
from typing import Protocol

import structlog

log = structlog.get_logger()

AT_ONCE = 4
WAITING_LIMIT = 10_000
PATIENCE_S = 5


class Relay(Protocol):
    async def deliver(self, workflow_ids: Iterable[str]) -> None:
        """Delivers what the workflows have still to hear, in order."""


class Courier:
    """A few deliveries at once: each holds a database connection while it calls Temporal."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._waiting: dict[str, None] = {}
        self._runs: set[asyncio.Task[None]] = set()

    def take(self, workflow_ids: Iterable[str]) -> None:
        for workflow_id in workflow_ids:
            if len(self._waiting) < WAITING_LIMIT:
                self._waiting[workflow_id] = None
        if self._waiting and len(self._runs) < AT_ONCE:
            # Of no station's context: it goes on with other stations' facts.
            run = asyncio.create_task(self._run(), context=Context())
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)

    async def close(self) -> None:
        """Ends what is under way, within a few seconds."""
        runs = tuple(self._runs)
        if runs:
            await asyncio.wait(runs, timeout=PATIENCE_S)
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)

    async def _run(self) -> None:
        while self._waiting:
            workflow_id = next(iter(self._waiting))
            del self._waiting[workflow_id]
            try:
                await self._relay.deliver([workflow_id])
            except (RuntimeError, OSError) as error:
                # So a client says that it could not connect at all.
                log.warning("fact_left_to_the_sweep", workflow=workflow_id, reason=str(error)[:200])
            except Exception:
                log.exception("fact_left_to_the_sweep", workflow=workflow_id)
