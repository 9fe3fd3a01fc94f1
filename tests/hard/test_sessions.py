"""Two hundred drivers charge at once while every process is killed: each session is billed once (C1, C4, C5, B1)."""

import asyncio
import contextlib
import itertools
import json
import random
import sys
import uuid
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
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
FROM_AFAR_EVERY = 5
"""Every fifth is started, and stopped, by the API."""
VICTIMS = {"worker": "worker", "node": "csms", "api": "api"}
ROUNDS = 3
SHORTEST_LIFE_S, LONGEST_LIFE_S = 2.0, 7.0
ANSWER_LIMIT_S = 10.0
TOLD_WITHIN_S = 20.0
SETTLED_WITHIN_S = 180.0
PAID_AHEAD = Decimal(60)


class Wire:
    """A station's side: whatever is not answered is said again, to whichever node is there."""

    def __init__(self, station: Station, ports: dict[str, int]) -> None:
        self.told: set[str] = set()
        """What a node has asked of the station."""
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

    async def wait_for(self, action: str, within_s: float) -> None:
        """Until a node has asked this of the station, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while action not in self.told:
                    with contextlib.suppress(OSError, InvalidHandshake, WebSocketException):
                        await self._listen()
                        continue
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
            frame = await self._listen()
            if frame[0] != 2 and frame[1] == message_id:
                return dict(frame[2]) if frame[0] == 3 else None

    async def _listen(self) -> list[Any]:
        """The next frame; what a node asks is accepted."""
        socket = self._socket = self._socket or await self._opened()
        frame: list[Any] = json.loads(await socket.recv())
        if frame[0] == 2:
            self.told.add(frame[2])
            await socket.send(json.dumps([3, frame[1], {"status": "Accepted"}]))
        return frame

    async def _opened(self) -> ClientConnection:
        return await connect(
            f"ws://127.0.0.1:{self._ports['node']}/ocpp/{self._station.identity}",
            additional_headers=basic(self._station.identity, self._station.key),
            subprotocols=["ocpp1.6"],  # type: ignore[list-item] # a name
            close_timeout=1,
            ping_interval=None,
            compression=None,
        )


@dataclass
class Agent:
    """Customer care: asks the API under the same key until it is there, and anew where nothing came of it."""

    headers: dict[str, str]
    ports: dict[str, int]
    http: httpx.AsyncClient

    async def start(self, wire: Wire, place: int) -> None:
        wanted = {"station": f"FLEET-{place:06d}", "connector": 1, "card": f"NL-{place:03d}"}
        while "RemoteStartTransaction" not in wire.told:
            await self._called("POST", "", json=wanted)
            await wire.wait_for("RemoteStartTransaction", TOLD_WITHIN_S)

    async def stop(self, wire: Wire, subscriber: str) -> None:
        (session,) = (await self._called("GET", "", params={"subscriber": subscriber}))["items"]
        while "RemoteStopTransaction" not in wire.told:
            await self._called("POST", f"/{session['reference']}/stop")
            await wire.wait_for("RemoteStopTransaction", TOLD_WITHIN_S)

    async def _called(self, method: str, path: str, **said: Any) -> Any:
        headers = {**self.headers, "Idempotency-Key": str(uuid.uuid4())}
        while True:
            url = f"http://127.0.0.1:{self.ports['api']}/v1/charging-sessions{path}"
            with contextlib.suppress(httpx.TransportError):
                answer = await self.http.request(method, url, headers=headers, **said)
                if answer.status_code != 503:
                    assert answer.is_success, answer.text
                    return answer.json()
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_S))


async def charged(
    wire: Wire, number: int, drivers: Street, all_begun: asyncio.Barrier, agent: Agent | None, subscriber: str
) -> int:
    """A session of 2 kWh, which goes on until all have begun; its transaction's number. An ``agent`` has it started
    and stopped from afar."""
    place = {"connectorId": 1}
    if agent is not None:
        await asyncio.sleep(random.uniform(0, LONGEST_LIFE_S))
        await agent.start(wire, number)
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
    if agent is not None:
        await agent.stop(wire, subscriber)
    stop = {"meterStop": 3000, "timestamp": drivers.later(3).isoformat()}
    await wire.call("StopTransaction", transaction | stop)
    await wire.hang_up()
    return int(answer["transactionId"])


async def kill(programs: Programs, ports: dict[str, int]) -> None:
    """One of the processes at a time, in each round every one; another takes its place at once."""
    for name in [name for _ in range(ROUNDS) for name in random.sample(list(VICTIMS), len(VICTIMS))]:
        await asyncio.sleep(random.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S))
        await asyncio.to_thread(programs.kill, name)
        ports[name] = programs.start(name, VICTIMS[name])


async def populated(drivers: Street) -> list[str]:
    """Every other one pays ahead; their subscriptions."""
    await priced_by(drivers.desk, PRICE)
    found = []
    for number in range(SESSIONS):
        terms = {"payment": Payment.PREPAID, "balance": str(PAID_AHEAD)} if number % 2 else {}
        found.append((await drivers.driver(f"NL-{number:03d}", **terms)).reference)  # type: ignore[arg-type]
    return found


@pytest.mark.step("C1", "C4", "C5", "B1", "B8", "H1")
async def test_each_of_two_hundred_sessions_is_billed_once_though_workers_nodes_and_apis_are_killed_meanwhile(
    settings: Settings, world: World, temporal: Client, tmp_path: Path
) -> None:
    programs = Programs(settings, temporal.service_client.config.target_host, tmp_path)
    stations = await settled(world, SESSIONS, [])
    drivers = Street(world, world.desk, None, world.desk.clock())  # type: ignore[arg-type] # at no station of its own
    subscribers = await populated(drivers)
    try:
        ports = {name: programs.start(name, program) for name, program in VICTIMS.items()}
        killing, all_begun = asyncio.create_task(kill(programs, ports)), asyncio.Barrier(SESSIONS)
        async with httpx.AsyncClient(trust_env=False, timeout=ANSWER_LIMIT_S) as http:
            agent = Agent(world.customer_care.headers, ports, http)
            agents = [None if place % FROM_AFAR_EVERY else agent for place in range(SESSIONS)]
            sessions = (
                charged(Wire(station, ports), place, drivers, all_begun, agents[place], subscribers[place])
                for place, station in enumerate(stations)
            )
            numbers = await asyncio.gather(*sessions)
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
    sys.stdout.write(f"{SESSIONS} sessions were billed once, through {ROUNDS * len(VICTIMS)} kills\n")
