"""The process ``stationmaster csms``: the sockets, the records behind them, and the commands that come for them."""

import asyncio
import dataclasses
import gc
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

HOT_CONNECTIONS = 3
"""For what comes at high rates: facts, tokens and the message log are each written by one at a time."""


COLLECTED_AFTER = (50_000, 20, 50)
"""Objects made before the collector looks at the young ones, and how often it looks at older ones."""


class Readiness(Protocol):
    def add(self, name: str, check: Callable[[], Awaitable[bool]]) -> None: ...


def _spare_the_collector() -> None:
    """What was made at the start stays: the collector need not look through all of it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


async def serve(settings: Settings, stop: asyncio.Event, ready: Readiness) -> None:
    """Serves stations until ``stop``. It needs the database; Temporal may come and go."""
    database = Database(settings.sqlalchemy_url)
    desk = Desk(database, Terms.of(settings))
    hot = Database(settings.sqlalchemy_url, pool_size=HOT_CONNECTIONS)
    courier = Courier(Relay(desk, await connect(settings, lazy=True)))
    records = UseCaseRecords(desk, courier, dataclasses.replace(desk, database=hot))
    try:
        async with CsmsServer(records, host=settings.csms_host, port=settings.csms_port, node=settings.node) as server:
            commands = asyncio.create_task(
                take_commands(lambda: connect(settings), settings.node, server.registry, stop)
            )
            living = asyncio.create_task(tell_life(records, settings.node, server.registry, stop))
            ready.add("database", database.is_ready)
            _spare_the_collector()
            await stop.wait()
        await asyncio.gather(commands, living)
    finally:
        await courier.close()
        await hot.close()
        await database.close()
