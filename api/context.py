"""What a request needs of the process that serves it, and the id under which everything it causes is found."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import Request
from temporalio.client import Client

from activities.gateways.documents import Documents
from api.auth.passwords import Hashing
from api.auth.throttle import LoginThrottle
from api.events import StationEvents
from models.messages.base import Actor
from models.secrets import KeyRing
from models.settings import Settings
from models.usecases.work import Desk, Work

DELIVERY_PATIENCE_S = 0.05
"""An answer waits so long for its facts to reach their processes; after that they travel on without it."""
ENDING_S = 2.0
"""So long a process that ends waits for the deliveries that are under way."""
DELIVERIES_AT_ONCE = 4
"""Each holds a database connection while it calls Temporal. Where more wait for their turn, no answer waits."""
DELIVERIES_WAITING = 500
"""What comes beyond is left to the workers' sweep."""


class Relay(Protocol):
    """Brings committed facts to their processes at once; never raises, since the workers sweep up what is left."""

    async def deliver(self, workflow_ids: Iterable[str]) -> None: ...


@dataclass(frozen=True)
class Services:
    """What lives as long as the process."""

    settings: Settings
    desk: Desk
    keys: KeyRing
    temporal: Client
    relay: Relay
    hashing: Hashing
    throttle: LoginThrottle
    documents: Documents
    station_events: StationEvents
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DELIVERIES_AT_ONCE))

    @asynccontextmanager
    async def work(self, actor: Actor, correlation_id: str, later: set[str] | None = None) -> AsyncIterator[Work]:
        """One transaction; the facts it wrote are delivered when it is committed.

        ``later`` takes the names of the processes instead, for whoever does many and delivers once.
        """
        async with self.desk.work(actor, correlation_id) as work:
            yield work
        if later is None:
            await self.deliver(work.handed_over)
        else:
            later |= work.handed_over

    async def close(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=ENDING_S)
        self.hashing.close()
        await self.desk.database.close()

    async def deliver(self, workflow_ids: set[str]) -> None:
        if not workflow_ids or len(self._under_way) >= DELIVERIES_WAITING:
            return
        delivery = asyncio.create_task(self._deliver_in_turn(frozenset(workflow_ids)))
        self._under_way.add(delivery)
        delivery.add_done_callback(self._under_way.discard)
        if len(self._under_way) <= DELIVERIES_AT_ONCE:
            await asyncio.wait({delivery}, timeout=DELIVERY_PATIENCE_S)

    async def _deliver_in_turn(self, workflow_ids: frozenset[str]) -> None:
        async with self._turns:
            await self.relay.deliver(workflow_ids)


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def correlation_id_of(request: Request) -> str:
    return str(request.scope["correlation_id"])
