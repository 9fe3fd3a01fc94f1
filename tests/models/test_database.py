"""Connections that broke while nobody used them are noticed before they are used."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from models.settings import Settings
from models.store import database as databases
from models.store.database import Database


@pytest.fixture
async def single(settings: Settings) -> AsyncIterator[Database]:
    """Has one connection, so that the next piece of work gets the same one."""
    database = Database(settings.sqlalchemy_url, pool_size=1)
    yield database
    await database.close()


async def process_id(database: Database) -> int:
    async with database.transaction() as session:
        return int((await session.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one())


async def end(database: Database, process: int) -> None:
    async with database.transaction() as session:
        await session.execute(sa.text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process})


@pytest.mark.step("H1")
async def test_a_connection_that_broke_while_it_rested_is_replaced_unnoticed(
    single: Database, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "RESTED_S", 0.0)
    broken = await process_id(single)
    await end(database, broken)
    assert await process_id(single) != broken


async def test_a_connection_that_was_used_a_moment_ago_is_the_same_one_again(single: Database) -> None:
    assert await process_id(single) == await process_id(single)


async def test_one_that_broke_just_now_fails_once_and_is_replaced(single: Database, database: Database) -> None:
    broken = await process_id(single)
    await end(database, broken)
    with pytest.raises(sa.exc.OperationalError):
        await process_id(single)
    assert await process_id(single) != broken


async def test_statements_by_themselves_are_committed_one_by_one(single: Database, database: Database) -> None:
    async with single.statements() as session:
        await session.execute(sa.text("CREATE TABLE kept (id int)"))
        with pytest.raises(sa.exc.ProgrammingError):
            await session.execute(sa.text("SELECT * FROM no_such_table"))
    async with database.transaction() as session:
        assert (await session.execute(sa.text("SELECT count(*) FROM kept"))).scalar_one() == 0
