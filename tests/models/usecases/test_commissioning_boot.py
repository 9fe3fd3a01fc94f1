"""The time to boot is judged by the rows (P14)."""

from functools import partial

import pytest

from models.rules.commissioning import CommissioningEvent, CommissioningStage
from models.store import assets
from models.usecases import commissioning
from tests.alarm import noted
from tests.people import World
from tests.road import NOBODY, Road


@pytest.mark.step("P14")
async def test_a_boot_that_is_in_the_rows_already_is_waited_for_when_the_time_is_over(world: World) -> None:
    road = Road(world)
    asset = await road.to_test()
    await road.connect()
    await road.boot()
    progress = await road.do(NOBODY, lambda work: commissioning.note_no_boot(work, asset.id, "late", test_number=1))
    assert progress.stage == CommissioningStage.REGISTERED
    assert progress.boot_due_at is None


@pytest.mark.step("P14")
async def test_no_boot_in_time_fails_the_test_with_what_to_check(world: World) -> None:
    road = Road(world)
    asset = await road.to_test()
    await road.do(NOBODY, lambda work: commissioning.note_no_boot(work, asset.id, "check the power", test_number=1))
    async with road.desk.database.transaction() as session:
        row = await assets.lock(session, asset.id)
    assert (row.stage, row.failure) == (CommissioningStage.FAILED, "check the power")


@pytest.mark.step("P14", "P22")
async def test_a_station_that_connects_again_stands_in_the_timeline_once(world: World) -> None:
    """As it does when the front is restarted in the middle of a test."""
    road = Road(world)
    asset = await road.to_test()
    connected = CommissioningEvent.STATION_CONNECTED
    for event in (connected, connected, CommissioningEvent.STATION_BOOTED, connected):
        await road.do(NOBODY, partial(commissioning.move, asset_id=asset.id, event=event, test_number=1))
    said = [entry.what for entry in await noted(road.desk, "station")]
    assert [what for what in said if "connected" in what or "booted" in what] == ["station connected", "station booted"]
