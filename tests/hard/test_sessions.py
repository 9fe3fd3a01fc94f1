"""Two hundred drivers charge at once while workers and nodes are killed: every session is billed once (C1, C5, B1)."""

import asyncio
import contextlib
import itertools
import json
import random
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from models.rules.session import SessionStage
from models.rules.subscriber import Payment
from models.settings import Settings
from models.tables.session import Cdr, ChargingSession
from tests.charging import PRICE, Street, priced_by
from tests.csms.station import basic
from tests.hard.fleet import LONGEST_PAUSE_S, Station, settled
from tests.hard.test_nodes import Programs, temporal, until
from tests.people import World
from tests.subscribing import uid_of

__all__ = ["temporal"]

pytestmark = [pytest.mark.hard, pytest.mark.house, pytest.mark.timeout(420)]

SESSIONS = 200
VICTIMS = {"worker": "worker", "node": "csms"}
KILLS = 8
SHORTEST_LIFE_S, LONGEST_LIFE_S = 2.0, 8.0
ANSWER_LIMIT_S = 10.0
SETTLED_WITHIN_S = 180.0
PAID_AHEAD = Decimal(60)


class Wire:
    """A station's side: whatever is not answered is said again, to whichever node is there."""

    def __init__(self, station: Station, ports: list[int]) -> None:
        self._station = station
        self._ports = ports
        self._ids = itertools.count(1)
        self._socket: ClientConnection | None = None

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        while True:
            with contextlib.suppress(OSError, TimeoutError, InvalidHandshake, WebSocketException):
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    answer = await self._said(action, payload)
                if answer is not None:
                    return answer
            await self.hang_up()
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_S))

    async def hang_up(self) -> None:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def _said(self, action: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """None where the node could not keep it."""
        socket = self._socket = self._socket or await self._opened()
        message_id = f"{self._station.identity}-{next(self._ids)}"
        await socket.send(json.dumps([2, message_id, action, payload]))
        while True:
            frame = json.loads(await socket.recv())
            if frame[0] == 2:
                await socket.send(json.dumps([3, frame[1], {"status": "Accepted"}]))
            elif frame[1] == message_id:
                return dict(frame[2]) if frame[0] == 3 else None

    async def _opened(self) -> ClientConnection:
        return await connect(
            f"ws://127.0.0.1:{self._ports[0]}/ocpp/{self._station.identity}",
            additional_headers=basic(self._station.identity, self._station.key),
            subprotocols=["ocpp1.6"],  # type: ignore[list-item] # a name
            close_timeout=1,
            ping_interval=None,
            compression=None,
        )


async def charged(wire: Wire, number: int, drivers: Street, all_begun: asyncio.Barrier) -> int:
    """A session of 2 kWh, which goes on until all have begun; its transaction's number."""
    place = {"connectorId": 1}
    began = {"idTag": uid_of(f"NL-{number:03d}"), "meterStart": 1000, "timestamp": drivers.later(0).isoformat()}
    answer = await wire.call("StartTransaction", place | began)
    assert answer["idTagInfo"]["status"] == "Accepted"
    transaction = {"transactionId": answer["transactionId"]}
    async with asyncio.timeout(SETTLED_WITHIN_S):
        await all_begun.wait()
    for minutes in (1, 2):
        value = {
            "timestamp": drivers.later(minutes).isoformat(),
            "sampledValue": [{"value": str(1000 + 500 * minutes)}],
        }
        await wire.call("MeterValues", place | transaction | {"meterValue": [value]})
        await asyncio.sleep(random.uniform(0, LONGEST_LIFE_S))
    stop = {"meterStop": 3000, "timestamp": drivers.later(3).isoformat()}
    await wire.call("StopTransaction", transaction | stop)
    await wire.hang_up()
    return int(answer["transactionId"])


async def kill(programs: Programs, ports: list[int]) -> None:
    """One of the processes at a time; another takes its place at once."""
    for _ in range(KILLS):
        await asyncio.sleep(random.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S))
        name = random.choice(list(VICTIMS))
        await asyncio.to_thread(programs.kill, name)
        port = programs.start(name, VICTIMS[name])
        if name == "node":
            ports[0] = port


async def populated(drivers: Street) -> None:
    """Every other one pays ahead."""
    await priced_by(drivers.desk, PRICE)
    for number in range(SESSIONS):
        terms = {"payment": Payment.PREPAID, "balance": str(PAID_AHEAD)} if number % 2 else {}
        await drivers.driver(f"NL-{number:03d}", **terms)  # type: ignore[arg-type]


@pytest.mark.step("C1", "C5", "B1", "B8", "H1")
async def test_each_of_two_hundred_sessions_is_billed_once_though_workers_and_nodes_are_killed_meanwhile(
    settings: Settings, world: World, temporal: Client, tmp_path: Path
) -> None:
    programs = Programs(settings, temporal.service_client.config.target_host, tmp_path)
    stations = await settled(world, SESSIONS, [])
    drivers = Street(world, world.desk, None, world.desk.clock())  # type: ignore[arg-type] # at no station of its own
    await populated(drivers)
    try:
        ports = [programs.start("node", "csms")]
        programs.start("worker", "worker")
        killing, all_begun = asyncio.create_task(kill(programs, ports)), asyncio.Barrier(SESSIONS)
        numbers = await asyncio.gather(
            *(charged(Wire(each, ports), place, drivers, all_begun) for place, each in enumerate(stations))
        )
        await killing
        await until(lambda: _all_settled(drivers), SETTLED_WITHIN_S, "every session settled")
    finally:
        programs.end()
    assert len(set(numbers)) == SESSIONS
    await assert_billed_once(drivers)


async def _all_settled(drivers: Street) -> bool:
    stages = Counter(each.stage for each in await drivers.rows(ChargingSession))
    return stages == {SessionStage.SETTLED: SESSIONS}


async def assert_billed_once(drivers: Street) -> None:
    records = await drivers.rows(Cdr)
    assert len({each.session_id for each in records}) == len(records) == SESSIONS
    assert {(each.energy_wh, each.gross) for each in records} == {(2000, Decimal(1))}
    assert await drivers.broken() == {}
    sys.stdout.write(f"{SESSIONS} sessions were billed once, through {KILLS} kills\n")
