"""What has had its time is thrown away, and nothing else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from activities.housekeeping import HousekeepingRound
from models.clock import utc_now
from models.store import idempotency
from models.store.database import Database
from models.tables.access import IdempotencyKey
from models.usecases.work import Desk
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
