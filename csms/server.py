"""The process ``stationmaster csms``: the sockets, the records behind them, and the commands that come for them."""

import asyncio
import dataclasses
import gc
from collections.abc import Awaitable, Callable
from typing import Protocol

from activities.courier import Courier
from activities.gateways.certificate_authority import authority_from
from activities.relay import Relay
from csms.adapters import UseCaseRecords
from csms.entrance import Bounds, check_proxies
from csms.life import tell_life
from csms.listener import CsmsServer, Ports
from csms.node import take_commands
from csms.tls import Tls, TlsFiles
from models.rules.station_certificates import SecurityProfile
from models.settings import Settings
from models.store.database import Database
from models.usecases.work import Desk, Terms
from workflows.client import connect

HOT_CONNECTIONS = 5
"""For what comes at high rates (facts, tokens, the message log, stations that come back) and for the signs of life."""


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
    files, authority = TlsFiles.of(settings), authority_from(settings)
    proxies, lowest = check_proxies(settings.csms_proxies), SecurityProfile(settings.csms_lowest_profile)
    database = Database(settings.sqlalchemy_url)
    desk = Desk(database, Terms.of(settings))
    hot = Database(settings.sqlalchemy_url, pool_size=HOT_CONNECTIONS)
    courier = Courier(Relay(desk, await connect(settings, lazy=True)))
    records = UseCaseRecords(desk, courier, dataclasses.replace(desk, database=hot), authority)
    try:
        async with CsmsServer(
            records,
            host=settings.csms_host,
            node=settings.node,
            ports=ports_of(settings),
            tls=Tls(files) if files else None,
            lowest=lowest,
            bounds=Bounds(settings.csms_sockets, settings.csms_handshakes, settings.csms_handshakes_per_address),
            proxies=proxies,
        ) as server:
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


def ports_of(settings: Settings) -> Ports:
    """The plain port stays open for as long as somebody may use it: stations in profile 1, or proxies that end TLS."""
    plain = settings.csms_lowest_profile == 1 or settings.csms_proxies
    return Ports(settings.csms_port if plain else None, settings.csms_tls_port, settings.csms_tls_client_port)
