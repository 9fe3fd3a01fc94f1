"""A station's boot, from its frame to the event stream of whoever watches the station."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import psycopg
from websockets.asyncio.client import ClientConnection, connect

from bench import road
from bench.house import House
from bench.measured import Times
from cli.demo.follower import Event, following

_NOTHING: dict[str, dict[str, Any]] = {"GetConfiguration": {"configurationKey": [], "unknownKey": []}}
_LIMIT_S = 30.0
_CHANNEL = "bench_boots"


async def measure(house: House, number: int, count: int) -> Times:
    """One station that boots again and again over its socket, while its connection test is under way."""
    (hardware_id,) = await house.stock(1)
    placed, _, address = await road.to_test(house, number, hardware_id)
    path = f"/v1/stations/{placed.station}/events"
    told: asyncio.Queue[float] = asyncio.Queue()

    def watch(event: Event) -> None:
        if event["kind"] == "booted":
            told.put_nowait(time.perf_counter())

    async def boot(station: Station) -> float:
        began = time.perf_counter()
        await station.boot(hardware_id)
        async with asyncio.timeout(_LIMIT_S):
            return await told.get() - began

    async with following(house.installer, path, watch), _station(house, hardware_id, address) as station:
        return Times.of([await boot(station) for _ in range(count)])


async def floor(house: House, count: int) -> Times:
    """One row that is inserted and told by NOTIFY, until a LISTEN has it."""
    url = house.deployment.postgres.url()
    taken = []
    async with (
        await psycopg.AsyncConnection.connect(url, autocommit=True) as listening,
        await psycopg.AsyncConnection.connect(url) as writing,
    ):
        await writing.execute("CREATE TABLE IF NOT EXISTS bench_boot (at timestamptz DEFAULT now())")
        await writing.commit()
        await listening.execute(f"LISTEN {_CHANNEL}".encode())
        heard = listening.notifies(timeout=_LIMIT_S)
        for _ in range(count):
            began = time.perf_counter()
            await writing.execute("INSERT INTO bench_boot DEFAULT VALUES")
            await writing.execute(f"NOTIFY {_CHANNEL}".encode())
            await writing.commit()
            await anext(heard)
            taken.append(time.perf_counter() - began)
        await heard.aclose()
    return Times.of(taken)


class Station:
    """A station that boots, and says yes to whatever it is asked."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def boot(self, serial: str) -> None:
        said = {
            "chargePointVendor": "Voltwerk",
            "chargePointModel": "Solo",
            "chargePointSerialNumber": f"SN-{serial}",
            "firmwareVersion": "1.4.2",
        }
        await self._socket.send(json.dumps([2, str(uuid4()), "BootNotification", said]))

    async def answer(self) -> None:
        """Until the socket ends."""
        async for text in self._socket:
            kind, message_id, *rest = json.loads(text)
            if kind == 2:
                await self._socket.send(json.dumps([3, message_id, _NOTHING.get(rest[0], {"status": "Accepted"})]))


@asynccontextmanager
async def _station(house: House, hardware_id: str, address: str) -> AsyncIterator[Station]:
    login = base64.b64encode(f"{hardware_id}:{house.keys[hardware_id]}".encode()).decode()
    headers = {"Authorization": f"Basic {login}"}
    async with connect(address, subprotocols=["ocpp1.6"], additional_headers=headers, proxy=None) as socket:  # type: ignore[list-item]
        station = Station(socket)
        answering = asyncio.create_task(station.answer())
        yield station
        answering.cancel()
