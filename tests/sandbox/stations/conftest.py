from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from csms.listener import CsmsServer
from sandbox.stations.app import create_app
from sandbox.stations.description import Description
from sandbox.stations.park import Park
from sandbox.stations.station import Station
from tests.csms.memory import FACTORY_KEY, SERIAL, MemoryRecords
from tests.csms.station import until
from tests.sandbox.stations.plain import PlainCsms, plain_csms


@pytest.fixture
def records() -> MemoryRecords:
    records = MemoryRecords()
    records.register("CP-1")
    return records


@pytest.fixture
async def server(records: MemoryRecords) -> AsyncIterator[CsmsServer]:
    async with CsmsServer(records, host="127.0.0.1", port=0, node="n") as server:
        yield server


@pytest.fixture
async def control() -> AsyncIterator[httpx.AsyncClient]:
    park = Park()
    transport = httpx.ASGITransport(create_app(park))
    async with httpx.AsyncClient(transport=transport, base_url="http://stations") as client:
        yield client
    await park.leave()


@pytest.fixture
def described(server: CsmsServer) -> Callable[..., dict[str, Any]]:
    def describe(**changes: Any) -> dict[str, Any]:
        url = f"ws://127.0.0.1:{server.port}/ocpp"
        return {"identity": "CP-1", "key": FACTORY_KEY, "url": url, "serial": SERIAL, "speed": 100, **changes}

    return describe


@pytest.fixture
async def csms() -> AsyncIterator[PlainCsms]:
    async with plain_csms() as csms:
        yield csms


@pytest.fixture
async def park() -> AsyncIterator[Park]:
    park = Park()
    yield park
    await park.leave()


@pytest.fixture
def station(csms: PlainCsms, park: Park) -> Callable[..., Awaitable[Station]]:
    """A station that talks to the plain central system, and has booted."""

    async def power_up(protocol: str, **changes: Any) -> Station:
        description = {
            "identity": "CP-1",
            "key": FACTORY_KEY,
            "url": f"ws://127.0.0.1:{csms.port}/ocpp",
            "serial": SERIAL,
            "protocol": protocol,
            "speed": 100,
            "seed": 7,
            **changes,
        }
        station = await park.power_up(Description.model_validate(description))
        await until(station.life.accepted.is_set)
        return station

    return power_up
