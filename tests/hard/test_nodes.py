"""A node is killed with all the stations that it holds: they go on at another, and so do the commands for them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.relay import Relay
from activities.station_watch import WATCHED_EVERY_S
from cli.supervisor.ports import free_port
from models.messages.command import NewCommand
from models.rules.command import NODE_GONE_AFTER, CommandState
from models.settings import Settings
from models.tables.asset import StationConnection, StationEvent
from models.tables.charging import ChargingTransaction
from models.tables.command import AskedCommand
from models.usecases import command
from tests.conftest import KEYS
from tests.hard.fleet import Station, settled
from tests.people import World
from tests.temporal_server import PROGRAMS
from workflows import options, search_attributes
from workflows.client import data_converter

pytestmark = [pytest.mark.hard, pytest.mark.house, pytest.mark.timeout(180)]

STATIONS = int(os.environ.get("STATIONMASTER_HARD_STATIONS", "1000"))
AWAY = 10
"""So many do not come back."""
COMMANDED = 40
"""So many get a command before the kill, and as many after it."""
UP_WITHIN_S = 90.0
FOLLOW_WITHIN_S = 60.0
"""From the kill to the last answer: what a dead node costs is its heartbeat or its queue, once; then a thousand
stations come at once (measured with two cores: 22 s). The rest is for a machine that has other things to do."""
ASKED_AT_ONCE = 4
"""As the API does it: a delivery holds a database connection while it calls Temporal."""
SLACK_S = 15.0
ROOT = Path(__file__).parents[2]


class Programs:
    """The product's own processes, told by their environment where everything is."""

    def __init__(self, settings: Settings, temporal: str, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **os.environ,
            "DATABASE_URL": settings.database_url.get_secret_value(),
            "STATIONMASTER_KEYS": KEYS,
            "TEMPORAL_ADDRESS": temporal,
        }

    def start(self, name: str, program: str) -> int:
        """Gives the port at which stations find it, where it is a node."""
        port = free_port()
        own = {
            "STATIONMASTER_NODE": name,
            "STATIONMASTER_CSMS_PORT": str(port),
            "STATIONMASTER_PROBE_PORT": str(free_port()),
        }
        with (self._folder / f"{name}.log").open("wb") as output:
            self._running[name] = subprocess.Popen(  # noqa: S603 - the command is our own
                (sys.executable, "-m", "cli", program),
                env={**self._environment, **own},
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return port

    def kill(self, name: str) -> None:
        self._running[name].send_signal(signal.SIGKILL)
        self._running[name].wait()

    def end(self) -> None:
        for program in self._running.values():
            if program.poll() is None:
                program.terminate()
        for program in self._running.values():
            try:
                program.wait(30)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


@pytest.fixture
async def temporal() -> AsyncIterator[Client]:
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(PROGRAMS / "temporal"),
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(Settings.model_validate({"database_url": "postgresql://", "keys": KEYS})),
    )
    yield environment.client
    await environment.shutdown()


@asynccontextmanager
async def living(stations: Sequence[Station]) -> AsyncIterator[None]:
    lives = [asyncio.create_task(station.live()) for station in stations]
    try:
        yield
    finally:
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[bool]], within_s: float, what: str) -> None:
    deadline = time.monotonic() + within_s
    while not await holds():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        await asyncio.sleep(0.1)


class Watcher:
    """Asks for commands as the API does, and looks into the rows."""

    def __init__(self, world: World, client: Client) -> None:
        self._world = world
        self._relay = Relay(world.desk, client)
        self._turns = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask(self, station: Station) -> UUID:
        new = NewCommand(kind="read_configuration", arguments={"keys": ("HeartbeatInterval",)}, valid_s=300)
        async with self._turns:
            async with self._world.desk.work(self._world.engineer.actor, "test") as work:
                asked = await command.ask(work, station.asset_id, new)
            await self._relay.deliver([command.workflow_id(asked.id)])
        return asked.id

    async def states(self, ids: Sequence[UUID]) -> Counter[str]:
        rows = await self._rows(select(AskedCommand.state).where(col(AskedCommand.id).in_(ids)))
        return Counter(str(state) for (state,) in rows)

    async def waited_s(self, ids: Sequence[UUID]) -> list[float]:
        """How long each command took from when it was asked for to its answer, the quickest first."""
        took = col(AskedCommand.answered_at) - col(AskedCommand.created_at)
        rows = await self._rows(select(took).where(col(AskedCommand.id).in_(ids)))
        return sorted(each.total_seconds() for (each,) in rows)

    async def held(self) -> Counter[str]:
        rows = await self._rows(select(StationConnection.node, sa.func.count()).group_by(StationConnection.node))
        return Counter({str(row[0]): row[1] for row in rows})

    async def disconnected(self, station: Station) -> list[dict[str, Any]]:
        wanted = select(StationEvent.detail).where(
            col(StationEvent.asset_id) == station.asset_id, col(StationEvent.kind) == "disconnected"
        )
        return [detail for (detail,) in await self._rows(wanted)]

    async def transactions(self) -> dict[tuple[UUID, int | None], list[int]]:
        """Their ids by station and connector."""
        found: dict[tuple[UUID, int | None], list[int]] = {}
        for asset_id, connector, number in await self._rows(
            select(ChargingTransaction.asset_id, ChargingTransaction.connector, ChargingTransaction.number)
        ):
            found.setdefault((asset_id, connector), []).append(number)
        return found

    async def _rows(self, query: Any) -> Sequence[Any]:
        async with self._world.desk.database.transaction() as session:
            return (await session.execute(query)).all()


@pytest.mark.step("H1", "O1", "O13")
async def test_stations_and_commands_go_on_at_another_node_and_nothing_confirmed_is_lost(
    settings: Settings, world: World, temporal: Client, tmp_path: Path
) -> None:
    """Without a boot, as the standard allows; starts that were not confirmed come again under new message ids."""
    programs = Programs(settings, temporal.service_client.config.target_host, tmp_path)
    watcher = Watcher(world, temporal)
    try:
        ports = [programs.start("node-1", "csms"), programs.start("node-2", "csms")]
        programs.start("worker", "worker")
        stations = await settled(world, STATIONS, ports[:1])
        async with living(stations):
            await until(_all_at(watcher, "node-1", STATIONS), UP_WITHIN_S, "all at node 1")
            async with asyncio.timeout(UP_WITHIN_S):
                await asyncio.gather(*(station.start(1) for station in stations))
            await _assert_they_go_on(programs, watcher, stations, ports)
    finally:
        programs.end()


async def _assert_they_go_on(
    programs: Programs, watcher: Watcher, stations: Sequence[Station], ports: Sequence[int]
) -> None:
    away, coming = stations[:AWAY], stations[AWAY:]
    for station in stations:
        station.nodes, station.comes_back = ports, station not in away
    for station in coming:
        station.nodes = ports[1:]
    before = asyncio.gather(*(watcher.ask(each) for each in coming[:COMMANDED]))
    starting = asyncio.gather(*(station.start(2) for station in coming))
    # Some are confirmed, some are not, at the moment of the kill.
    await until(_some_confirmed(coming), UP_WITHIN_S, "the first starts confirmed")
    await asyncio.to_thread(programs.kill, "node-1")
    killed = time.monotonic()
    back = asyncio.create_task(_seconds_until(_has(watcher, "node-2", len(coming)), killed))
    left = sum(2 not in station.confirmed for station in coming)
    after = await asyncio.gather(*(watcher.ask(each) for each in coming[-COMMANDED:]))
    waiting = await asyncio.gather(*(watcher.ask(each) for each in away))
    asked = [*(await before), *after]
    async with asyncio.timeout(FOLLOW_WITHIN_S):
        numbers = await starting
    await until(_all_in(watcher, asked), killed + FOLLOW_WITHIN_S - time.monotonic(), "every command answered")
    answered_s = time.monotonic() - killed
    waited_s = await watcher.waited_s(after)
    sys.stdout.write(
        f"{left} starts open at the kill; after it all were back in {await back:.1f} s, and everything was answered in "
        f"{answered_s:.1f} s; commands asked for after it took {waited_s[0]:.1f} to {waited_s[-1]:.1f} s\n"
    )
    assert len(set(numbers)) == len(coming)
    assert await watcher.transactions() == {
        (station.asset_id, connector): [number]
        for station in stations
        for connector, number in station.confirmed.items()
    }
    gone_within_s = NODE_GONE_AFTER.total_seconds() + WATCHED_EVERY_S + SLACK_S
    await until(_all_at(watcher, "node-2", len(coming)), gone_within_s, "no socket left of node 1")
    await until(_all_in(watcher, waiting, CommandState.QUEUED), SLACK_S, "commands wait for those that are away")
    for station in away:
        assert [each["reason"] for each in await watcher.disconnected(station)] == ["its node is gone"]
    await _assert_the_rest_comes_home(watcher, away, waiting, ports[1:])


async def _assert_the_rest_comes_home(
    watcher: Watcher, away: Sequence[Station], waiting: Sequence[UUID], ports: Sequence[int]
) -> None:
    """What was asked of stations that were away reaches them as soon as they come."""
    for station in away:
        station.nodes, station.comes_back = ports, True
    async with living(away):
        patience_s = options.STATION_LOOKED_FOR_AFTER.total_seconds() / 3
        await until(_all_in(watcher, waiting), patience_s, "commands of those that came late answered")


async def _seconds_until(holds: Callable[[], Awaitable[bool]], began: float) -> float:
    await until(holds, FOLLOW_WITHIN_S, "all stations back")
    return time.monotonic() - began


def _has(watcher: Watcher, node: str, count: int) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return (await watcher.held())[node] == count

    return holds


def _all_at(watcher: Watcher, node: str, count: int) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return await watcher.held() == {node: count}

    return holds


def _some_confirmed(stations: Sequence[Station]) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return any(2 in station.confirmed for station in stations)

    return holds


def _all_in(
    watcher: Watcher, ids: Sequence[UUID], state: CommandState = CommandState.ANSWERED
) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return await watcher.states(ids) == {state: len(ids)}

    return holds
