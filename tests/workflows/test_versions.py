"""A station of each version goes its whole road through the processes, over a socket of its own (P13-P19)."""

from collections.abc import AsyncIterator

import pytest
from sqlmodel import select

from models.rules.station_checks import NETWORK_CONFIGURATION
from models.tables.asset import StationConnection
from models.tables.charging import ChargingTransaction
from sandbox.stations.settings import Knob
from tests.people import FACTORY_KEY
from tests.workflows import walk
from tests.workflows.front import VERSIONS, Front, fronted
from tests.workflows.house import House


@pytest.fixture
async def front(house: House) -> AsyncIterator[Front]:
    async with fronted(house) as opened:
        yield opened


@pytest.mark.step("P13", "P14", "P15", "P16", "P17", "P18", "P19")
@pytest.mark.parametrize("protocol", VERSIONS)
async def test_a_station_boots_is_configured_checked_test_charged_accepted_and_activated_over_its_socket(
    house: House, front: Front, protocol: str
) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    station = await front.power_up("HW-1", protocol)
    await house.assert_arrives("in_installation", "in_progress", "checked")
    await station.charging.plug_in(1)
    await walk.charged(house)
    await station.charging.unplug(1)
    await walk.sat_submitted(house)
    await walk.sat_approved(house)
    await walk.operating(house)
    assert await walk.results(house) == ("operating", "closed", "active")
    assert station.configuration.key != FACTORY_KEY
    assert station.configuration.seconds(Knob.SAMPLE_S) == int(NETWORK_CONFIGURATION["MeterValueSampleInterval"])
    await assert_charged_once(house, protocol)


async def assert_charged_once(house: House, protocol: str) -> None:
    """By the station's own card, stopped by us once energy had flowed, and told in the words of its version."""
    async with house.desk.database.transaction() as session:
        (charge,) = (await session.execute(select(ChargingTransaction))).scalars()
        (connection,) = (await session.execute(select(StationConnection))).scalars()
    assert (charge.token, charge.is_test, charge.is_open) == (await house.road.test_card(), True, False)
    assert charge.stop_reason == "Remote"
    assert charge.energy_wh is not None
    assert charge.energy_wh > 0
    assert charge.irregularities == []
    assert connection.protocol == protocol
