"""What has had its time is thrown away, and nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from activities.housekeeping import HousekeepingRound
from models.clock import utc_now
from models.rules.text_message import Word
from models.store import idempotency, station_reports, text_messages
from models.store.database import Database
from models.tables.access import IdempotencyKey
from models.tables.station_report import StationReport
from models.tables.text_message import TextMessage
from models.usecases.work import Desk
from tests.csms.standing import station_in_test
from tests.people import World


@pytest.mark.step("H1")
async def test_keys_are_kept_for_their_time_and_thrown_away_after_it(
    desk: Desk, database: Database, world: World
) -> None:
    async with database.transaction() as session:
        for key in ("old", "young"):
            await idempotency.take(session, world.requester.id, key, "hash", utc_now() - idempotency.KEPT)
        aged = utc_now() - idempotency.KEPT - timedelta(minutes=1)
        await session.execute(sa.update(IdempotencyKey).where(col(IdempotencyKey.key) == "old").values(created_at=aged))
    await HousekeepingRound(desk).clean_up()
    async with database.transaction() as session:
        assert (await session.execute(select(IdempotencyKey.key))).scalars().all() == ["young"]


@pytest.mark.step("P14")
async def test_reports_are_kept_for_their_time_and_thrown_away_after_it(
    desk: Desk, database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_reports, "FORGOTTEN_AT_ONCE", 2)
    asset = await station_in_test(world)
    kept = desk.terms.reports_kept
    ages = [kept + timedelta(days=3), kept + timedelta(days=2), kept + timedelta(days=1), kept - timedelta(days=1)]
    async with database.transaction() as session:
        for part, age in enumerate(ages):
            at = utc_now() - age
            session.add(StationReport(asset_id=asset.id, kind="events", part=part, payload={}, at=at))
            await session.flush()
    for left in ([2, 3], [3], [3]):
        await HousekeepingRound(desk).clean_up()
        async with database.transaction() as session:
            assert (await session.execute(select(StationReport.part))).scalars().all() == left


@pytest.mark.step("C3")
async def test_whose_phone_a_text_came_from_is_forgotten_after_a_day(desk: Desk, database: Database) -> None:
    async with database.transaction() as session:
        for name, age in (("old", timedelta(hours=25)), ("young", timedelta(hours=23))):
            text = TextMessage(provider_id=name, sender="digest", word=Word.HELP, at=utc_now() - age)
            await text_messages.keep(session, text)
    await HousekeepingRound(desk).clean_up()
    async with database.transaction() as session:
        found = await session.execute(select(TextMessage.provider_id, TextMessage.sender))
        assert {row[0]: row[1] for row in found} == {"old": "", "young": "digest"}
