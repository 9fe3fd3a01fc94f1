"""A node's signs of life, and what it does where it had counted as gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from csms import life
from csms.life import tell_life
from csms.listener import CsmsServer
from csms.ports import KnownStation, OpenConnection
from csms.registry import Registry
from tests.csms.memory import MemoryRecords
from tests.csms.station import station_at, until


class LifeRecords:
    """``lives`` is what the rows say of each sign of life in turn; an exception is a database that is away."""

    def __init__(self, *lives: bool | Exception) -> None:
        self.lives = list(lives)
        self.signs = 0
        self.told: list[UUID] = []

    async def node_lives(self, node: str) -> bool:
        assert node == "n1"
        self.signs += 1
        said = self.lives.pop(0) if self.lives else True
        if isinstance(said, Exception):
            raise said
        return said

    async def still_connected(self, known: KnownStation, _connection: OpenConnection) -> None:
        self.told.append(known.asset_id)


@asynccontextmanager
async def telling(records: LifeRecords, registry: Registry) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(tell_life(records, "n1", registry, stop))
    yield
    stop.set()
    await asyncio.wait_for(task, 5)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "TOLD_EVERY_S", 0.01)


async def test_a_node_that_had_counted_as_gone_tells_of_its_sockets_anew_and_only_then(
    server: CsmsServer, records: MemoryRecords
) -> None:
    asset_id = records.kept["CP-1"].station.asset_id
    rows = LifeRecords(True, False)
    async with station_at(server):
        await until(lambda: server.registry.get(asset_id))
        async with telling(rows, server.registry):
            await until(lambda: rows.signs > 5)
    assert rows.told == [asset_id]


async def test_signs_of_life_go_on_when_the_database_is_back() -> None:
    away = OperationalError("SELECT 1", {}, Exception("away"))
    rows = LifeRecords(away, OSError("away"))
    async with telling(rows, Registry()):
        await until(lambda: rows.signs > 3)
    assert rows.lives == [], "both failures came, and signs went on after them"
