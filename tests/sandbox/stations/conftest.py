from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from csms.listener import CsmsServer
from sandbox.stations.app import create_app
from sandbox.stations.park import Park
from tests.csms.memory import FACTORY_KEY, SERIAL, MemoryRecords


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
