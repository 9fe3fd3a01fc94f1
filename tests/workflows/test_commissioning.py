"""A station's process: what it asks of the station, and what it makes of the answers (P13-P15)."""

from datetime import timedelta

import pytest

from models.errors import GridNotConnected, StageDoesNotAllow
from models.messages.commissioning import ActivateStation, StartTestCharge
from models.rules.grid import GridEvent
from models.rules.station_checks import NETWORK_CONFIGURATION
from tests.road import decision
from tests.workflows import walk
from tests.workflows.house import House
from workflows import options


async def registered(house: House) -> None:
    await house.road.to_test()
    await house.start_commissioning()


@pytest.mark.step("P14")
async def test_a_station_that_boots_gets_every_setting_and_is_asked_for_every_connector(house: House) -> None:
    await registered(house)
    assert await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "checked")
    assert house.station.settings == NETWORK_CONFIGURATION
    assert house.station.commands.count("trigger_message") == 2
    assert house.station.commands[-1] == "read_configuration"


@pytest.mark.step("P14")
async def test_a_refused_setting_fails_the_test_by_its_name(house: House) -> None:
    house.station.refuses = {"HeartbeatInterval"}
    await registered(house)
    await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "failed")
    assert "refused the settings HeartbeatInterval" in str((await house.road.station()).failure)


@pytest.mark.step("P14")
async def test_a_connector_that_keeps_silent_fails_the_self_check_by_its_number(patient_house: House) -> None:
    house = patient_house
    house.station.ignores = {"trigger_message"}
    await registered(house)
    await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "configured")
    await house.skip(options.SELF_CHECK_LIMIT + timedelta(minutes=1))
    await house.assert_arrives("in_installation", "in_progress", "failed")
    assert "connector 1 has not told its state" in str((await house.road.station()).failure)


@pytest.mark.step("P14")
async def test_a_command_follows_the_station_to_the_node_that_holds_its_socket_now(patient_house: House) -> None:
    house = patient_house
    await registered(house)
    house.road.node = "a-node-that-died"
    await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "booted")
    await house.skip(options.COMMAND_PICKED_UP_WITHIN)
    assert house.station.commands == []
    house.road.node = house.node
    await house.road.connect()
    await house.skip(options.COMMAND_PICKED_UP_WITHIN + options.NODE_SEARCHED_AGAIN_AFTER)
    await house.assert_arrives("in_installation", "in_progress", "checked")


@pytest.mark.step("P14")
async def test_a_boot_with_another_serial_fails_the_test_and_sends_no_command(house: House) -> None:
    await registered(house)
    assert not await house.boots("SN-OTHER")
    await house.assert_arrives("in_installation", "in_progress", "failed")
    assert house.station.commands == []


@pytest.mark.step("P7", "P15")
async def test_a_test_charge_before_the_grid_is_connected_is_refused_and_works_afterwards(house: House) -> None:
    await house.road.to_checked(connected=False)
    await house.start_commissioning()
    begin = decision(StartTestCharge, house.world.installer_user)
    with pytest.raises(GridNotConnected):
        await house.decide(house.station_id, "start_test_charge", begin)
    given = str((await house.road.attempts())[0].connection_request_id)
    await house.road.grid_says(given, GridEvent.CONNECTED)
    await walk.charged(house)


@pytest.mark.step("P15")
async def test_a_test_charge_is_started_with_the_stations_own_card_and_stopped_when_energy_has_flowed(
    house: House,
) -> None:
    await house.road.to_checked()
    await house.start_commissioning()
    await walk.charged(house)
    assert house.station.commands == ["start_charging", "stop_charging"]
    assert house.station.cards == [await house.road.test_card()]


@pytest.mark.step("P19")
async def test_a_station_is_not_activated_before_it_is_accepted(house: House) -> None:
    await house.road.to_test_charged()
    await house.start_commissioning()
    activate = decision(ActivateStation, house.world.administrator)
    with pytest.raises(StageDoesNotAllow):
        await house.decide(house.station_id, "activate", activate)


@pytest.mark.step("P19")
async def test_two_stations_of_one_order_go_live_one_by_one_and_the_order_closes_with_the_last(house: House) -> None:
    await house.road.to_accepted_with_two()
    for asset in await house.road.assets_of_order():
        house.road.asset = asset
        await house.road.heard(house.station_id)
    await house.road.heard(house.work_order_id)
    await house.start_placement()
    first, second = await house.road.assets_of_order()
    for asset, after in ((second, ("accepted", "accepted")), (first, ("operating", "closed"))):
        house.road.asset = asset
        await house.decide(house.station_id, "activate", decision(ActivateStation, house.world.administrator))
        await house.until(house.road.heard_all)
        await house.assert_arrives(*after)
