"""A worker's round among the stations: what a dead node held has ended, and what was reserved for too long."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from activities import station_watch
from activities.station_watch import StationWatch
from models.rules.reservation import ReservationState
from models.store import assets, nodes
from models.store.viewer import EVERYTHING
from models.usecases import station
from tests.csms.station import until, until_async
from tests.models.usecases.test_command import silence
from tests.models.usecases.test_reserving import answer, reserve, state
from tests.models.usecases.test_station import connection, events
from tests.people import World
from tests.road import NOBODY, Road


@pytest.fixture
def road(world: World) -> Road:
    return Road(world)


async def test_stations_of_a_dead_node_are_disconnected_unless_they_have_come_elsewhere(road: Road) -> None:
    await road.to_test()
    await road.do(NOBODY, lambda work: station.node_started(work, road.node))
    await road.connect()
    watch = StationWatch(road.desk)
    assert await watch.sweep() == 0
    await silence(road, road.node, 60)
    async with road.desk.database.transaction() as session:
        # It counts as gone before anybody has swept.
        assert await nodes.holding(session, road.asset.id) is None
        asset = await assets.find(session, road.asset.name, EVERYTHING)
        assert asset is not None
        assert (await assets.around(session, [asset.id]))[asset.id].connection is None
    assert await watch.sweep() == 1
    assert await connection(road) is None
    road.node = "n2"
    await road.connect()
    assert await watch.sweep() == 0
    assert (await events(road))[-3:] == ["connected", "disconnected", "connected"]


async def test_the_round_goes_on_while_the_database_is_away_and_sees_to_reservations(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    await road.to_checked()
    kept = await reserve(road)
    await answer(road, "accepted")
    later = dataclasses.replace(road.desk, clock=lambda: kept.until + timedelta(seconds=1))
    monkeypatch.setattr(station_watch, "WATCHED_EVERY_S", 0.01)
    watch, tries = StationWatch(later), 0
    sweep = watch.sweep

    async def away_at_first() -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("away")
        return await sweep()

    monkeypatch.setattr(watch, "sweep", away_at_first)
    stop = asyncio.Event()
    round_ = asyncio.create_task(watch.run(stop))

    async def expired() -> bool:
        return await state(road, kept) is ReservationState.EXPIRED

    await until_async(expired)
    await until(lambda: tries > 1)
    assert not round_.done(), "the first round's failure has ended it"
    stop.set()
    await asyncio.wait_for(round_, 5)
    assert await state(road, kept) is ReservationState.EXPIRED
