"""A node on the real use cases, and a station that comes to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlmodel import select

from activities.courier import Courier, Relay
from csms.adapters import UseCaseRecords
from csms.listener import CsmsServer
from models.messages.base import Actor
from models.rules.commissioning import CommissioningStage
from models.store.database import Database
from models.tables.asset import Asset
from models.usecases import commissioning
from models.usecases.work import Desk
from tests.people import World
from tests.recording import RecordingRelay

TESTS = Actor(id=None, name="tests")
IDENTITY, SERIAL = "CP-HW-1", "SN-HW-1"
"""Of the station that ``station_in_test`` makes."""


@asynccontextmanager
async def front_on(desk: Desk, relay: Relay | None = None) -> AsyncIterator[CsmsServer]:
    courier = Courier(relay or RecordingRelay())
    async with CsmsServer(UseCaseRecords(desk, courier), host="127.0.0.1", port=0, node="n1") as server:
        yield server
    await courier.close()


async def station_in_test(world: World, hardware: str = "HW-1") -> Asset:
    """A station whose connection test has begun; its identity is CP- and its serial SN- with the hardware's name."""
    (unit,) = await world.book_in(hardware, holder=world.installer)
    # Of the order only its owner counts.
    order: Any = SimpleNamespace(owner_id=world.service_partner.id, attempt_id=None, site_id=None)
    async with world.desk.work(TESTS, "test") as work:
        held = await work.session.merge(unit)
        asset = await commissioning.make_station(work, order, held.product_id)
        await commissioning.start_test(work, asset, held)
    return asset


@asynccontextmanager
async def away(database: Database) -> AsyncIterator[None]:
    """Nobody has a connection to the database, or gets one."""
    other = Database(database.engine.url.set(database="postgres").render_as_string(hide_password=False))
    name, ended = database.engine.url.database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    async with other.engine.connect() as connection:
        driver = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await driver.execute(sa.text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        try:
            await driver.execute(sa.text(f"{ended} WHERE datname = :name"), {"name": name})
            yield
        finally:
            await driver.execute(sa.text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    await other.close()


async def rows(database: Database, kind: type[Any], *order: Any) -> list[Any]:
    async with database.transaction() as session:
        return list((await session.execute(select(kind).order_by(*order))).scalars())


async def the(database: Database, kind: type[Any]) -> Any:
    (row,) = await rows(database, kind)
    return row


async def set_stage(database: Database, stage: CommissioningStage) -> None:
    async with database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=stage))
