"""The process ``stationmaster csms``: the sockets, the records behind them, and the commands that come for them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from activities.courier import Courier
from activities.relay import Relay
from csms.adapters import UseCaseRecords
from csms.life import tell_life
from csms.listener import CsmsServer
from csms.node import take_commands
from models.settings import Settings
from models.store.database import Database
from models.usecases.work import Desk, Terms
from workflows.client import connect


class Readiness(Protocol):
    def add(self, name: str, check: Callable[[], Awaitable[bool]]) -> None: ...


async def serve(settings: Settings, stop: asyncio.Event, ready: Readiness) -> None:
    """Serves stations until ``stop``. It needs the database; Temporal may come and go."""
    database = Database(settings.sqlalchemy_url)
    desk = Desk(database, Terms.of(settings))
    courier = Courier(Relay(desk, await connect(settings, lazy=True)))
    records = UseCaseRecords(desk, courier)
    try:
        async with CsmsServer(records, host=settings.csms_host, port=settings.csms_port, node=settings.node) as server:
            commands = asyncio.create_task(
                take_commands(lambda: connect(settings), settings.node, server.registry, stop)
            )
            living = asyncio.create_task(tell_life(records, settings.node, server.registry, stop))
            ready.add("database", database.is_ready)
            await stop.wait()
        await asyncio.gather(commands, living)
    finally:
        await courier.close()
        await database.close()
