"""Many stations want transactions of their own at once: nobody fails for it, and the node itself goes on."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlmodel import col

from activities.courier import Courier
from csms.adapters import TURNS, UseCaseRecords
from models.store.database import POOL_SIZE, Database
from models.tables.asset import Asset
from models.usecases.work import Desk
from tests.csms.standing import station_in_test
from tests.csms.station import until_async
from tests.people import World
from tests.recording import RecordingRelay

CALLS = 3 * POOL_SIZE
"""More than the pool has connections."""


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def all_turns_are_taken(database: Database) -> bool:
    async with database.transaction() as session:
        return bool((await session.execute(sa.text(WAITING))).scalar_one() == TURNS)


@pytest.mark.step("H1")
async def test_a_node_lives_and_lets_stations_in_while_all_that_move_money_wait_for_their_turn(
    world: World, desk: Desk
) -> None:
    asset = await station_in_test(world)
    courier = Courier(RecordingRelay())
    records = UseCaseRecords(desk, courier)
    known = await records.identify("CP-HW-1")
    assert known is not None
    async with desk.database.transaction() as session:
        await session.execute(sa.select(Asset).where(col(Asset.id) == asset.id).with_for_update())
        calls = [asyncio.create_task(records.key_proposed(known, f"key {number}")) for number in range(CALLS)]
        await until_async(lambda: all_turns_are_taken(desk.database))
        async with asyncio.timeout(5):
            assert not await records.node_lives("n1")
            assert await records.node_lives("n1")
            again, nobody = await asyncio.gather(records.identify("CP-HW-1"), records.identify("CP-NOBODY"))
        assert (again, nobody) == (known, None)
        assert not any(call.done() for call in calls)
    await asyncio.gather(*calls)
    await records.close()
    await courier.close()


async def test_stations_that_come_at_the_same_time_are_each_found(world: World, desk: Desk) -> None:
    assets = [await station_in_test(world, f"HW-{number}") for number in range(5)]
    courier = Courier(RecordingRelay())
    records = UseCaseRecords(desk, courier)
    identities = [f"CP-HW-{number}" for number in (3, 0, 9, 4, 0)]
    found = await asyncio.gather(*(records.identify(each) for each in identities))
    places = [None if each is None else [asset.id for asset in assets].index(each.asset_id) for each in found]
    assert places == [3, 0, None, 4, 0]
    assert all(each is None or each.identity == wanted for each, wanted in zip(found, identities, strict=True))
    await courier.close()
