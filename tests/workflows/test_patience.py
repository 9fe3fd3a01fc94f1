"""What takes days: an outside party that is away, a station that does not come (P5, P14, N)."""

from datetime import timedelta

import pytest

from models.messages.commissioning import StartTestCharge
from models.rules.commissioning import CommissioningStage
from tests.road import decision
from tests.workflows import walk
from tests.workflows.house import House
from workflows import options


@pytest.mark.step("P5")
async def test_a_grid_operator_that_is_away_for_three_days_gets_one_request_when_it_is_back(
    patient_house: House,
) -> None:
    house = patient_house
    house.grid.away = lambda: True
    await house.road.submit()
    await house.road.approve()
    await house.start_placement()
    await house.skip(timedelta(days=3))
    assert await house.road.stages() == ("grid_requested", None, None)
    assert len(house.grid.keys) > timedelta(days=3) / options.GRID_CALL_RETRY.maximum_interval  # type: ignore[operator]
    assert "Waits for **grid operator**" in await house.details(house.placement_id)
    house.grid.away = lambda: False
    await house.skip(timedelta(hours=1))
    connection = await walk.requested(house)
    assert list(house.grid.made.values()) == [connection]
    assert len(set(house.grid.keys)) == 1


@pytest.mark.step("P5", "H1")
async def test_answers_that_are_lost_do_not_make_a_second_connection_request(patient_house: House) -> None:
    house = patient_house
    house.grid.answers_lost = 5
    await house.road.submit()
    await house.road.approve()
    await house.start_placement()
    await house.skip(timedelta(hours=2))
    await walk.requested(house)
    assert len(house.grid.keys) == 6
    assert len(house.grid.made) == 1


@pytest.mark.step("P14")
async def test_a_station_that_does_not_boot_in_time_fails_its_test_which_can_be_repeated(patient_house: House) -> None:
    house = patient_house
    await house.road.to_test()
    await house.start_commissioning()
    limit = timedelta(seconds=house.settings.boot_time_limit_s)
    await house.skip(limit - timedelta(minutes=1))
    assert (await house.road.station()).stage is CommissioningStage.REGISTERED
    await house.skip(timedelta(minutes=2))
    await house.assert_arrives("in_installation", "in_progress", "failed")
    assert "did not boot in time" in str((await house.road.station()).failure)
    await house.road.start_test()
    await house.relay.deliver([house.station_id])
    await house.skip(limit / 2)
    assert (await house.road.station()).stage is CommissioningStage.REGISTERED
    assert await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "checked")


@pytest.mark.step("P14")
async def test_a_connection_without_a_boot_does_not_stop_the_clock(patient_house: House) -> None:
    house = patient_house
    await house.road.to_test()
    await house.start_commissioning()
    await house.road.connect()
    await house.relay.deliver([house.station_id])
    await house.assert_arrives("in_installation", "in_progress", "connected")
    await house.skip(timedelta(seconds=house.settings.boot_time_limit_s + 60))
    await house.assert_arrives("in_installation", "in_progress", "failed")


@pytest.mark.step("P14")
async def test_a_station_that_loses_its_connection_while_it_is_configured_fails_the_test(patient_house: House) -> None:
    house = patient_house
    await house.road.to_test()
    await house.road.boot()
    await house.start_commissioning()
    await house.road.tell("station_booted")
    await house.relay.deliver([house.station_id])
    await house.assert_arrives("in_installation", "in_progress", "booted")
    await house.skip(options.CONFIGURATION_LIMIT + timedelta(minutes=1))
    await house.assert_arrives("in_installation", "in_progress", "failed")
    assert "lost its connection" in str((await house.road.station()).failure)


@pytest.mark.step("P15")
async def test_a_station_that_refuses_the_remote_start_is_charged_in_a_second_try(patient_house: House) -> None:
    house = patient_house
    house.station.refuses = {"start_charging"}
    await charge_begun(house)
    await house.assert_arrives("in_installation", "in_progress", "checked")
    assert "did not take the remote start" in str((await house.road.station()).failure)
    house.station.refuses = set()
    await walk.charged(house)


@pytest.mark.step("P15")
@pytest.mark.parametrize(
    ("fault", "says"),
    [("cable", "no transaction began"), ("energy", "too little energy flowed"), ("stop", "did not stop")],
)
async def test_a_test_charge_that_does_not_run_through_fails_with_what_to_check_and_can_be_repeated(
    patient_house: House, fault: str, says: str
) -> None:
    house = patient_house
    house.station.ignores = {"cable": {"start_charging"}, "stop": {"stop_charging"}}.get(fault, set())
    house.station.energy_wh = 20 if fault == "energy" else 300
    await charge_begun(house)
    if fault != "cable":
        told = "transaction_started" if fault == "energy" else "energy_flowed"
        await house.until(lambda: house.road.was_told(house.station_id, told))
    await house.skip(timedelta(seconds=house.settings.test_charge_time_limit_s) + options.TEST_CHARGE_STOP_LIMIT)
    await house.skip(timedelta(minutes=1))
    await house.assert_arrives("in_installation", "in_progress", "checked")
    assert says in str((await house.road.station()).failure)
    await house.road.stop_what_runs()
    house.station.ignores, house.station.energy_wh = set(), 300
    await walk.charged(house)


async def charge_begun(house: House) -> None:
    await house.road.to_checked()
    await house.start_commissioning()
    begin = decision(StartTestCharge, house.world.installer_user)
    await house.decide(house.station_id, "start_test_charge", begin)
