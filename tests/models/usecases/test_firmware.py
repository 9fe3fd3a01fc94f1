"""Firmware in the rows: claimed by its turn, told of by the station, done with a boot, stopped when too many fail."""

from typing import Any

import pytest

from activities.station_watch import StationWatch
from models.errors import InvalidInput
from models.messages.station import CommandOutcome
from models.messages.wanted import NewFirmware, Owner, StationProgress, Todo
from models.rules.firmware import FirmwareState
from models.rules.patience import TRIES_BEFORE_TASK
from models.store import wanted as store
from models.tables.wanted import StationFirmware, WantedFirmware
from models.usecases import station, upkeep, upkeep_firmware, wanting
from tests.models.usecases.test_upkeep import ACCEPTED, answer, facts, look, of_product, of_station, task_of
from tests.road import NOBODY, Road

pytestmark = pytest.mark.step("L5")
S = FirmwareState


async def want(road: Road, owner: Owner, version: str = "2.0", **more: Any) -> None:
    new = NewFirmware(version=version, location="https://files.example/f.bin", **more)
    await road.do(road.world.engineer, lambda work: wanting.set_firmware(work, owner, new))


async def claim(road: Road) -> StationProgress:
    assert (await look(road)).todo == upkeep_firmware.INSTALL
    return await road.do(NOBODY, lambda work: upkeep.claim(work, road.asset.id))


async def begun(road: Road) -> Todo:
    todo = (await claim(road)).todo
    assert todo is not None
    await answer(road, todo, ACCEPTED)
    return todo


async def tells(road: Road, word: str, request: int | None = None) -> None:
    at = road.desk.clock()
    await road.do(NOBODY, lambda work: station.told(work, road.asset.id, "firmware", word, at, request, None))


async def boots_with(road: Road, version: str) -> None:
    await road.do(
        NOBODY, lambda work: station.booted(work, road.asset.id, ("SN-HW-1", "SN-HW-2"), {"firmware": version})
    )


async def row(road: Road) -> StationFirmware | None:
    async with road.desk.database.transaction() as session:
        return await store.known_firmware(session, road.asset.id)


async def state(road: Road) -> FirmwareState | None:
    found = await row(road)
    return None if found is None else found.state


async def wish(road: Road, owner: Owner) -> WantedFirmware:
    async with road.desk.database.transaction() as session:
        found = await store.firmware_of(session, owner)
    assert found is not None
    return found


async def two_active(road: Road) -> None:
    await road.to_accepted_with_two()
    for each in await road.assets_of_order():
        road.asset = each
        await road.activate()


@pytest.mark.walked("to_active")
async def test_an_update_is_claimed_told_of_and_done_with_the_boot_that_tells_the_wanted_version(road: Road) -> None:
    await want(road, of_station(road))
    todo = await begun(road)
    assert (todo.kind, todo.arguments["location"], todo.arguments["request"]) == (
        "update_firmware",
        "https://files.example/f.bin",
        1,
    )
    heard = len(await facts(road))
    await tells(road, "Downloading")
    found = await row(road)
    assert found is not None
    assert (found.state, found.word) == (S.UNDER_WAY, "Downloading")
    assert len(await facts(road)) == heard
    assert (await look(road)).todo is None
    await boots_with(road, "2.0")
    assert await state(road) is S.DONE
    assert (await facts(road))[-1] == upkeep.BOOTED
    assert (await look(road)).todo is None


@pytest.mark.walked("to_active")
async def test_a_station_that_charges_is_not_updated(road: Road) -> None:
    await want(road, of_station(road))
    await road.transaction("CARD")
    assert (await look(road)).todo is None
    assert (await road.do(NOBODY, lambda work: upkeep.claim(work, road.asset.id))).todo is None
    await road.stop_what_runs()
    assert (await look(road)).todo == upkeep_firmware.INSTALL


@pytest.mark.walked("to_active")
async def test_a_failure_is_shown_with_the_stations_word_retried_and_becomes_a_task_in_the_end(road: Road) -> None:
    await want(road, of_station(road))
    for tries in range(1, TRIES_BEFORE_TASK + 1):
        assert await task_of(road) is None
        todo = await begun(road)
        await tells(road, "InstallationFailed", todo.arguments["request"] + 1)
        assert await state(road) is S.UNDER_WAY
        await tells(road, "InstallationFailed", todo.arguments["request"])
        assert (await facts(road))[-1] == upkeep.FIRMWARE_FAILED
        found = await row(road)
        assert found is not None
        assert (found.state, found.failures, found.detail) == (
            S.FAILED,
            tries,
            "The station tells: InstallationFailed",
        )
        progress = await look(road)
        assert (progress.todo, progress.look_at) == (None, found.again_at)
        async with road.desk.database.transaction() as session:
            again = await store.known_firmware(session, road.asset.id)
            assert again is not None
            again.again_at = None
    assert (await task_of(road)) is not None


@pytest.mark.walked("to_active")
async def test_a_station_that_was_not_reached_or_refuses_is_told_apart(road: Road) -> None:
    await want(road, of_station(road))
    await claim(road)
    progress = await road.do(NOBODY, lambda work: upkeep.put_back(work, road.asset.id, upkeep_firmware.INSTALL))
    assert progress.todo == upkeep_firmware.INSTALL
    assert await state(road) is S.WAITING
    todo = (await claim(road)).todo
    await answer(road, todo, CommandOutcome(outcome="not_supported"))
    found = await row(road)
    assert found is not None
    assert (found.state, found.detail, found.failures) == (S.FAILED, "The station's answer: not supported", 1)


async def test_a_product_is_updated_in_waves_and_the_next_one_is_told_when_the_first_is_done(road: Road) -> None:
    await two_active(road)
    first, second = await road.assets_of_order()
    await want(road, of_product(road))
    assert await StationWatch(road.desk).spread() == 2
    road.asset = first
    await begun(road)
    road.asset = second
    assert (await look(road)).todo is None
    assert await StationWatch(road.desk).spread() == 0
    road.asset = first
    await boots_with(road, "2.0")
    assert await StationWatch(road.desk).spread() == 2
    road.asset = second
    assert (await look(road)).todo == upkeep_firmware.INSTALL


async def test_a_roll_out_stops_by_itself_when_its_first_station_fails_and_begins_anew_when_it_is_wanted_anew(
    road: Road,
) -> None:
    await two_active(road)
    first, second = await road.assets_of_order()
    await want(road, of_product(road))
    road.asset = first
    todo = await begun(road)
    await tells(road, "DownloadFailed", todo.arguments["request"])
    assert (await wish(road, of_product(road))).halted_at is not None
    for each in (first, second):
        road.asset = each
        assert (await look(road)).todo is None
    await want(road, of_product(road), "2.1")
    assert (await wish(road, of_product(road))).halted_at is None
    assert (await look(road)).todo == upkeep_firmware.INSTALL


@pytest.mark.walked("to_active")
async def test_an_address_with_a_password_is_refused(road: Road) -> None:
    new = NewFirmware(version="2", location="ftp://me:secret@files.example/f.bin")
    with pytest.raises(InvalidInput) as wrong:
        await road.do(NOBODY, lambda work: wanting.set_firmware(work, of_station(road), new))
    assert wrong.value.field == "/location"
