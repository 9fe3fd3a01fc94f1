"""Rows that are copied in come back as they were, whatever stands in them."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from models.store import driver, telemetry
from models.store.database import Database
from models.tables.charging import MeterReading, RawFrame

AT = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
STATION = UUID(int=7)
# PostgreSQL's text has no NUL.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


async def copied(database: Database, frames: list[str]) -> list[RawFrame]:
    async with database.transaction() as session:
        rows = [(AT, STATION, place or None, "MeterValues", frame) for place, frame in enumerate(frames)]
        await driver.copy(session, telemetry.FRAMES, rows)
        found = list((await session.execute(select(RawFrame).order_by(col(RawFrame.id)))).scalars())
        session.expunge_all()
        await session.rollback()
    return found


@given(frames=st.lists(texts, max_size=5))
@example(frames=["\\N", "\\.", "a\tb\nc\rd\\e\\\\f", "", " ", "…😀"])
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
async def test_what_is_copied_comes_back_as_it_was(database: Database, frames: list[str]) -> None:
    found = await copied(database, frames)
    assert [row.frame for row in found] == frames
    assert [row.transaction_number for row in found] == [place or None for place in range(len(frames))]
    assert {(row.received_at, row.asset_id) for row in found} <= {(AT, STATION)}


async def test_what_the_database_does_not_take_is_refused(database: Database) -> None:
    with pytest.raises(psycopg.DataError):
        await copied(database, ["a\0b"])


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1])
async def test_a_whole_number_that_is_too_large_is_refused_and_not_cut(database: Database, number: int) -> None:
    async with database.transaction() as session:
        with pytest.raises(psycopg.DataError):
            await driver.copy(session, telemetry.FRAMES, [(AT, STATION, number, "MeterValues", "[]")])


async def test_samples_are_copied_as_the_json_that_they_are(database: Database) -> None:
    samples = [{"measurand": "Voltage", "value": "230.1", "location": 'a "b" \\ …'}]
    async with database.transaction() as session:
        await driver.copy(session, telemetry.READINGS, [(AT, STATION, None, 1, AT, samples)])
        assert (await session.execute(select(MeterReading.samples))).scalars().all() == [samples]
        await session.rollback()


@pytest.mark.parametrize("table", [each for each in vars(telemetry).values() if isinstance(each, driver.Table)])
async def test_the_database_has_the_types_that_are_written(database: Database, table: driver.Table) -> None:
    async with database.transaction() as session:
        found = await driver.rows(
            session,
            "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
            " WHERE a.attrelid = %s::regclass",
            (table.name,),
        )
    types = dict(found)
    assert {name: types[name] for name in table.columns} == table.columns
