"""What a station and its test charge go through when things are repeated, overtaken or cut short (P12, P14, P15)."""

from typing import Any
from uuid import UUID

import pytest

from models.messages.commissioning import StartTestCharge
from models.messages.telemetry import Metered
from models.messages.work_order import StartConnectionTest
from models.usecases import charging, station
from models.usecases.work import Work
from tests.road import NOBODY, decision
from tests.workflows.house import House
from tests.workflows.outside import FakeStation


@pytest.fixture
def boots_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A station that is asked to tell its boot does so."""
    tell = FakeStation._tell

    async def telling(self: FakeStation, asset_id: UUID, kind: str, given: dict[str, Any]) -> None:
        if given.get("message") == "boot":
            await self._do(lambda work: station.booted(work, asset_id, ("SN-HW-1",), {"firmware": "1.4.3"}))
        else:
            await tell(self, asset_id, kind, given)

    monkeypatch.setattr(FakeStation, "_tell", telling)


async def in_commissioning(house: House) -> None:
    await house.road.to_test()
    await house.start_installation()
    await house.start_commissioning()


async def begin_again(house: House) -> None:
    (line,) = await house.road.lines()
    begin = decision(StartConnectionTest, house.world.installer_user, line_id=line.id)
    await house.decide(house.work_order_id, "start_connection_test", begin)


@pytest.mark.step("P14")
@pytest.mark.usefixtures("boots_when_asked")
async def test_a_station_that_has_stayed_connected_passes_the_test_that_is_started_again(house: House) -> None:
    house.station.refuses = {"HeartbeatInterval"}
    await in_commissioning(house)
    await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "failed")
    house.station.refuses = set()
    await begin_again(house)
    await house.assert_arrives("in_installation", "in_progress", "checked")


@pytest.mark.step("P14")
async def test_a_station_that_does_not_boot_when_asked_is_reset(house: House) -> None:
    house.station.refuses = {"HeartbeatInterval", "trigger_message"}
    await in_commissioning(house)
    await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "failed")
    await begin_again(house)
    await house.until(lambda: _was_sent(house, "reset"))


@pytest.mark.step("P14")
async def test_a_station_that_does_not_tell_its_settings_fails_the_self_check(house: House) -> None:
    house.station.refuses = {"read_configuration"}
    await in_commissioning(house)
    await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "failed")
    assert "does not tell its settings" in str((await house.road.station()).failure)


@pytest.mark.step("P12")
async def test_hardware_that_came_in_the_meantime_is_not_cut_off_for_what_it_replaced(house: House) -> None:
    await in_commissioning(house)
    await house.road.unlink()
    await house.road.link()
    await house.road.start_test()
    await house.road.connect()
    await house.relay.deliver([house.station_id])
    assert await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "checked")
    assert "disconnect" not in house.station.commands


@pytest.mark.step("P15")
async def test_a_charge_whose_plug_is_pulled_fails_at_once_with_what_happened(house: House) -> None:
    house.station.energy_wh = 20
    await charge_begun(house)
    await house.until(lambda: house.road.was_told(house.station_id, "transaction_started"))
    await house.road.stop_what_runs()
    await house.relay.deliver([house.station_id])
    await house.assert_arrives("in_installation", "in_progress", "checked")
    assert "ended before enough energy flowed" in str((await house.road.station()).failure)


@pytest.mark.step("P15")
async def test_a_process_that_is_lost_in_the_middle_of_a_test_charge_goes_on_with_the_same_transaction(
    house: House,
) -> None:
    await house.road.to_checked()
    await house.road.start_charge()
    card = await house.road.test_card()
    number, _ = await house.road.transaction(card)
    await house.start_commissioning()
    await house.until(lambda: _waits_for_energy(house))
    await house.road.do(NOBODY, lambda work: _meter(work, house, number))
    await house.relay.deliver([house.station_id])
    await house.assert_arrives("in_installation", "in_progress", "test_charged")
    # Where it took long, it was asked for its meter meanwhile.
    assert [each for each in house.station.commands if each != "trigger_message"] == ["stop_charging"]


async def charge_begun(house: House) -> None:
    await house.road.to_checked()
    await house.start_commissioning()
    begin = decision(StartTestCharge, house.world.installer_user)
    await house.decide(house.station_id, "start_test_charge", begin)


async def _was_sent(house: House, command: str) -> bool:
    return command in house.station.commands


async def _waits_for_energy(house: House) -> bool:
    return "Test charge running" in await house.details(house.station_id)


async def _meter(work: Work, house: House, number: int) -> None:
    await charging.meter(
        work,
        Metered(
            house.road.asset.id,
            "",
            connector=1,
            number=number,
            samples=[],
            register_wh=1300,
            frame="[]",
            irregularities=[],
        ),
    )
