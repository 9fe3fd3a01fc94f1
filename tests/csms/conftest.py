from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from csms.limits import Limits
from csms.listener import CsmsServer
from models.settings import Settings
from models.tables.asset import Asset
from models.usecases.work import Desk
from tests.conftest import PEOPLED, Server, at_desk
from tests.csms.memory import MemoryRecords
from tests.csms.standing import front_on, station_in_test
from tests.people import World
from tests.recording import RecordingRelay

STATION = "station"
RECEIVED_AT = datetime(2026, 11, 21, 10, 0, 5, tzinfo=UTC)


@pytest.fixture
def records() -> MemoryRecords:
    records = MemoryRecords()
    records.register("CP-1")
    return records


@pytest.fixture
def limits() -> Limits:
    return Limits(call_s=5, handling_s=5, draining_s=2)


@pytest.fixture
async def server(records: MemoryRecords, limits: Limits) -> AsyncIterator[CsmsServer]:
    async with CsmsServer(
        records, host="127.0.0.1", port=0, node="test-node", clock=lambda: RECEIVED_AT, limits=limits
    ) as server:
        yield server


@pytest.fixture
def built(request: pytest.FixtureRequest, postgres: Server) -> Asset | None:
    """The station, where the test asks for one: built once a run."""
    if "asset" not in request.fixturenames:
        return None
    peopled: World = request.getfixturevalue("peopled")

    async def build(settings: Settings) -> Asset:
        async with at_desk(peopled, settings) as world:
            return await station_in_test(world)

    made: Asset = postgres.made(STATION, PEOPLED, build)
    return made


@pytest.fixture
def template(template: str, built: Asset | None) -> str:
    return template if built is None else STATION


@pytest.fixture
def asset(world: World, built: Asset) -> Asset:  # noqa: ARG001 - the world that it is in
    return built


@pytest.fixture
async def relay() -> RecordingRelay:
    return RecordingRelay()


@pytest.fixture
async def front(desk: Desk, relay: RecordingRelay) -> AsyncIterator[CsmsServer]:
    async with front_on(desk, relay) as server:
        yield server
