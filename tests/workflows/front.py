"""The real OCPP front beside a house's processes, and simulated stations that come to it over sockets of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import Client

from activities.courier import Courier
from activities.rounds import go_round
from activities.station_watch import StationWatch
from csms.adapters import UseCaseRecords
from csms.life import tell_life
from csms.listener import CsmsServer
from csms.node import take_commands
from sandbox.stations.description import Description
from sandbox.stations.park import Park
from sandbox.stations.station import Station
from tests.people import FACTORY_KEY
from tests.workflows.house import House

VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
SPEED = 100
"""How much faster than in life the stations charge and wait."""
ROUND_EVERY_S = 0.2


class Front:
    """``park`` is where the stations are: what people do at them is done there."""

    def __init__(self, server: CsmsServer, park: Park) -> None:
        self.park = park
        self._server = server

    async def power_up(self, hardware_id: str, protocol: str, **changes: Any) -> Station:
        """The booked-in unit, with its factory key, two connectors and the serial that it was booked in with."""
        described = {
            "identity": f"CP-{hardware_id}",
            "protocol": protocol,
            "key": FACTORY_KEY,
            "serial": f"SN-{hardware_id}",
            "url": f"ws://127.0.0.1:{self._server.port}/ocpp",
            "firmware": "1.4.2",
            "connectors": 2,
            "speed": SPEED,
        }
        return await self.park.power_up(Description.model_validate({**described, **changes}))


@asynccontextmanager
async def fronted(house: House) -> AsyncIterator[Front]:
    """A node of its own with its commands, and the worker's round among the stations. The house is open."""
    stop, courier, park = asyncio.Event(), Courier(house.relay), Park()
    records, node = UseCaseRecords(house.desk, courier), f"front-{house.queue}"
    watch = StationWatch(house.desk)

    async def connect() -> Client:
        return house.client

    async with CsmsServer(records, host="127.0.0.1", port=0, node=node, clock=house.desk.clock) as server:
        running = asyncio.gather(
            take_commands(connect, node, server.registry, stop),
            tell_life(records, node, server.registry, stop),
            go_round(stop, ROUND_EVERY_S, watch.sweep, watch.spread),
        )
        try:
            yield Front(server, park)
        finally:
            await park.leave()
            stop.set()
            await running
    await courier.close()
