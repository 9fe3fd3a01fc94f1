"""What a request needs of the process that serves it, and the id under which everything it causes is found."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request
from temporalio.client import Client

from activities.courier import QUICK_S, Courier
from activities.gateways.documents import Documents
from api.auth.passwords import Hashing
from api.auth.throttle import LoginThrottle
from api.events import StationEvents
from models.messages.base import Actor
from models.secrets import KeyRing
from models.settings import Settings
from models.usecases.work import Desk, Work


@dataclass(frozen=True)
class Services:
    """What lives as long as the process."""

    settings: Settings
    desk: Desk
    keys: KeyRing
    temporal: Client
    courier: Courier
    hashing: Hashing
    throttle: LoginThrottle
    documents: Documents
    station_events: StationEvents

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
        await self.courier.close()
        self.hashing.close()
        await self.desk.database.close()

    async def deliver(self, workflow_ids: set[str]) -> None:
        """Waits for the facts' arrival for a moment, where there is hope for it; they travel on without the answer."""
        is_quick = self.courier.is_quick
        journeys = self.courier.take(workflow_ids)
        if journeys and is_quick:
            await asyncio.wait(journeys, timeout=QUICK_S)


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def correlation_id_of(request: Request) -> str:
    return str(request.scope["correlation_id"])
