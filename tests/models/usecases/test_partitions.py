"""High-rate tables are cut by time: parts are made ahead, and dropped when their time is over."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from models.messages.base import Actor
from models.store import partitions as store
from models.store.database import Database
from models.store.partitions import FRAMES, MESSAGES, READINGS
from models.tables.base import new_id
from models.tables.charging import RawFrame
from models.usecases import partitions
from models.usecases.work import Desk

TESTS = Actor(id=None, name="tests")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def at(desk: Desk, instant: datetime, **terms: Any) -> Desk:
    return dataclasses.replace(desk, clock=lambda: instant, terms=dataclasses.replace(desk.terms, **terms))


async def kept(desk: Desk) -> None:
    for table in partitions.TABLES:
        async with desk.work(TESTS, "test") as work:
            assert await partitions.keep(work, table)


async def frame(desk: Desk, instant: datetime, text: str) -> None:
    async with desk.work(TESTS, "test") as work:
        work.session.add(RawFrame(asset_id=new_id(), received_at=instant, action="MeterValues", frame=text))


async def frames(database: Database) -> dict[str, str]:
    """The part that each frame lies in."""
    where = sa.cast(sa.literal_column("raw_frame.tableoid::regclass"), sa.Text)
    async with database.transaction() as session:
        return dict((await session.execute(select(col(RawFrame.frame), where))).all())


async def names(database: Database, table: store.CutTable) -> set[str]:
    async with database.transaction() as session:
        return await store.names(session, table)


async def test_parts_are_made_two_weeks_ahead_and_a_second_round_changes_nothing(
    desk: Desk, database: Database
) -> None:
    for _ in range(2):
        await kept(at(desk, NOW))
        assert len(await names(database, MESSAGES)) == 15
        assert await names(database, READINGS) == {
            "meter_reading_20261123",
            "meter_reading_20261130",
            "meter_reading_20261207",
        }
        assert await names(database, FRAMES) == {"raw_frame_20261101", "raw_frame_20261201"}


async def test_rows_that_came_before_their_part_was_made_move_there(desk: Desk, database: Database) -> None:
    await frame(desk, NOW, "now")
    await frame(desk, NOW - timedelta(days=90), "old")
    assert set((await frames(database)).values()) == {"partitions.raw_frame_rest"}
    await kept(at(desk, NOW))
    assert await frames(database) == {
        "now": "partitions.raw_frame_20261101",
        "old": "partitions.raw_frame_20260801",
    }
    await frame(desk, NOW + timedelta(days=7), "next month")
    assert (await frames(database))["next month"] == "partitions.raw_frame_20261201"


async def test_a_part_is_dropped_when_all_in_it_has_been_kept_long_enough(desk: Desk, database: Database) -> None:
    await kept(at(desk, NOW))
    await frame(desk, NOW, "november")
    await frame(desk, datetime(2026, 12, 1, tzinfo=UTC), "december")
    await frame(desk, datetime(2020, 1, 1, tzinfo=UTC), "far too old, and in no part")
    term = timedelta(days=30)
    await kept(at(desk, datetime(2026, 12, 30, 12, tzinfo=UTC), frames_kept=term))
    assert set(await frames(database)) == {"november", "december"}
    await kept(at(desk, datetime(2026, 12, 31, tzinfo=UTC), frames_kept=term))
    assert set(await frames(database)) == {"december"}


async def test_one_at_a_time_looks_after_the_parts(desk: Desk) -> None:
    async with desk.work(TESTS, "test") as work, desk.work(TESTS, "test") as other:
        assert await partitions.keep(work, FRAMES)
        assert not await partitions.keep(other, FRAMES)


@pytest.mark.parametrize("day", ["2026-11-25T12:00Z", "2026-12-31T23:59Z", "2028-02-29T00:00Z"])
async def test_parts_meet_without_a_gap(desk: Desk, database: Database, day: str) -> None:
    instant = datetime.fromisoformat(day)
    await kept(at(desk, instant))
    for later in range(15):
        await frame(desk, instant + timedelta(days=later), str(later))
    assert "partitions.raw_frame_rest" not in (await frames(database)).values()
