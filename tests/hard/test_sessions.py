"""Two hundred drivers charge at once while every program of the house is killed: each session is billed once (C1, C4,
C5, B1)."""

import asyncio
import contextlib
import dataclasses
import itertools
import json
import os
import random
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from cli.demo.waiting import until
from models.clock import utc_now
from models.rules.session import SessionStage
from models.rules.subscriber import Payment
from models.store.database import Database
from models.tables.session import Cdr, ChargingSession
from models.usecases.work import Desk, Terms
from tests.charging import PRICE, Street, priced_by
from tests.cli.house import House
from tests.cli.test_up import database_url
from tests.conftest import settings_for
from tests.csms.station import basic
from tests.hard.fleet import LONGEST_PAUSE_S, Station, settled
from tests.hard.test_bad_days import SEED
from tests.hard.wrecking import VICTIMS, Wrecker
from tests.people import populate
from tests.subscribing import uid_of

pytestmark = [pytest.mark.hard, pytest.mark.house, pytest.mark.timeout(600)]

SESSIONS = 200
FROM_AFAR_EVERY = 5
"""Every fifth is started, and stopped, by the API."""
PROGRAMS = ("postgres", "temporal", "migrate", "worker", "api", "csms")
LONGEST_STAY_S = 7.0
ANSWER_LIMIT_S = 10.0
TOLD_WITHIN_S = 20.0
CHARGED_WITHIN_S = 400.0
SETTLED_WITHIN_S = 120.0
PAID_AHEAD = Decimal(60)


class Wire:
    """A station's side: whatever is not answered is said again, whenever a node is there."""

    def __init__(self, station: Station, address: str) -> None:
        self.told: set[str] = set()
        """What a node has asked of the station."""
        self._station = station
        self._address = address
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
            f"{self._address}/{self._station.identity}",
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
            with contextlib.suppress(httpx.TransportError):
                answer = await self.http.request(method, f"/v1/charging-sessions{path}", headers=headers, **said)
                if answer.status_code != 503:
                    assert answer.is_success, answer.text
                    return answer.json()
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_S))


@dataclass
class Town:
    """The house's stations and drivers, and what of them is in its rows."""

    house: House
    drivers: Street
    stations: list[Station]
    subscribers: list[str]
    agent: Agent
    all_begun: asyncio.Barrier
    halfway: asyncio.Event

    async def charged(self, place: int) -> int:
        """A session of 2 kWh, in which every program is killed while some begin and others go on, and once more while
        they end; its transaction's number."""
        wire = Wire(self.stations[place], self.house.addresses()["csms"].url)
        is_from_afar = place % FROM_AFAR_EVERY == 0
        await asyncio.sleep(random.uniform(0, LONGEST_STAY_S))
        if is_from_afar:
            await self.agent.start(wire, place)
        began = {"idTag": uid_of(f"NL-{place:03d}"), "meterStart": 1000, "timestamp": self._minute(0)}
        answer = await wire.call("StartTransaction", {"connectorId": 1, **began})
        assert answer["idTagInfo"]["status"] == "Accepted"
        transaction = {"transactionId": answer["transactionId"]}
        await self.all_begun.wait()
        for minutes in (1, 2):
            value = {"timestamp": self._minute(minutes), "sampledValue": [{"value": str(1000 + 500 * minutes)}]}
            await wire.call("MeterValues", {"connectorId": 1, **transaction, "meterValue": [value]})
            await self.halfway.wait()
            await asyncio.sleep(random.uniform(0, LONGEST_STAY_S))
        if is_from_afar:
            await self.agent.stop(wire, self.subscribers[place])
        await wire.call("StopTransaction", {**transaction, "meterStop": 3000, "timestamp": self._minute(3)})
        await wire.hang_up()
        return int(answer["transactionId"])

    async def wreck(self, seed: int) -> None:
        """Each program twice; another takes its place at once."""
        wrecker = Wrecker(self.house, seed)
        await wrecker.rounds(1)
        self.halfway.set()
        await wrecker.rounds(1)
        assert Counter(each.name for each in wrecker.outages) == dict.fromkeys(VICTIMS, 2)

    def _minute(self, minutes: int) -> str:
        return self.drivers.later(minutes).isoformat()


@asynccontextmanager
async def a_desk(house: House) -> AsyncIterator[Desk]:
    """At the house's own database."""
    settings = settings_for(database_url(house.folder, house.addresses()))
    database = Database(settings.sqlalchemy_url)
    yield Desk(database, Terms.of(settings))
    await database.close()


@asynccontextmanager
async def peopled(house: House) -> AsyncIterator[Town]:
    """Every other driver pays ahead."""
    async with a_desk(house) as desk:
        world = await populate(desk)
        stations = await settled(world, SESSIONS, [])
        drivers = Street(world, desk, None, utc_now())  # type: ignore[arg-type] # at no station of its own
        await priced_by(desk, PRICE)
        subscribers = []
        for number in range(SESSIONS):
            terms = {"payment": Payment.PREPAID, "balance": str(PAID_AHEAD)} if number % 2 else {}
            subscribers.append((await drivers.driver(f"NL-{number:03d}", **terms)).reference)  # type: ignore[arg-type]
    address = house.addresses()["api"].url
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=ANSWER_LIMIT_S) as http:
        agent = Agent(world.customer_care.headers, http)
        yield Town(house, drivers, stations, subscribers, agent, asyncio.Barrier(SESSIONS), asyncio.Event())


@pytest.mark.step("C1", "C4", "C5", "B1", "B8", "H1")
async def test_each_of_two_hundred_sessions_is_billed_once_though_every_program_is_killed_meanwhile(
    tmp_path: Path,
) -> None:
    """Worker, API, CSMS, Temporal, PostgreSQL and supervisor, by SIGKILL; a fifth is started and stopped by the API."""
    seed = int(os.environ.get(SEED, "") or random.randrange(1_000_000))
    sys.stdout.write(f"{SEED}={seed}\n")
    with House(tmp_path / "var", *PROGRAMS) as house:
        await asyncio.to_thread(house.wait_until_up, 120)
        async with peopled(house) as town, asyncio.timeout(CHARGED_WITHIN_S), asyncio.TaskGroup() as group:
            group.create_task(town.wreck(seed))
            charging = [group.create_task(town.charged(place)) for place in range(SESSIONS)]
        assert len({each.result() for each in charging}) == SESSIONS
        async with a_desk(house) as desk:
            await assert_billed_once(dataclasses.replace(town.drivers, desk=desk))


async def assert_billed_once(drivers: Street) -> None:
    async def settled_all() -> bool:
        return Counter(each.stage for each in await drivers.rows(ChargingSession)) == {SessionStage.SETTLED: SESSIONS}

    await until("every session settled", settled_all, SETTLED_WITHIN_S)
    records = await drivers.rows(Cdr)
    assert len({each.session_id for each in records}) == len(records) == SESSIONS
    assert {(each.energy_wh, each.gross) for each in records} == {(2000, Decimal(1))}
    assert await drivers.broken() == {}
