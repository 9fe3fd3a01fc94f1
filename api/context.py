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

DELIVERY_PATIENCE_S = 2.0
"""An answer waits so long for its facts to reach their processes; after that they travel on without it."""


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

    @asynccontextmanager
    async def work(self, actor: Actor, correlation_id: str) -> AsyncIterator[Work]:
        """One transaction; the facts it wrote are delivered when it is committed."""
        async with self.desk.work(actor, correlation_id) as work:
            yield work
        await self._deliver(work.handed_over)

    async def close(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=DELIVERY_PATIENCE_S)
        self.hashing.close()
        await self.desk.database.close()

    async def _deliver(self, workflow_ids: set[str]) -> None:
        if not workflow_ids:
            return
        delivery = asyncio.create_task(self.relay.deliver(frozenset(workflow_ids)))
        self._under_way.add(delivery)
        delivery.add_done_callback(self._under_way.discard)
        await asyncio.wait({delivery}, timeout=DELIVERY_PATIENCE_S)


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def correlation_id_of(request: Request) -> str:
    return str(request.scope["correlation_id"])
