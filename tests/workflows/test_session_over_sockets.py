"""Drivers' sessions at simulated stations of every version, over real sockets, settled by their processes (C1, C4)."""

from dataclasses import dataclass

import pytest
from sqlmodel import col, select

from models.messages.session import NewSession
from models.rules.session import SessionStage
from models.tables.asset import Asset
from models.tables.session import ChargingSession
from models.usecases import session_remote
from tests.charging import PRICE, priced_by
from tests.charging import Street as Drivers
from tests.workflows.front import VERSIONS
from tests.workflows.street import Street

pytestmark = [pytest.mark.timeout(120)]

S = SessionStage


@dataclass
class City:
    """The street where stations stand, and the drivers who come there."""

    street: Street
    drivers: Drivers

    async def session(self, station: Asset) -> ChargingSession | None:
        """The last one there."""
        wanted = select(ChargingSession).where(col(ChargingSession.asset_id) == station.id)
        found = await self.street.rows(wanted.order_by(col(ChargingSession.id).desc()))
        return found[0] if found else None

    async def comes_to(self, station: Asset, stage: SessionStage) -> ChargingSession:
        async def there() -> ChargingSession | None:
            found = await self.session(station)
            return found if found is not None and found.stage is stage else None

        found: ChargingSession = await self.street.house.until(there)
        return found


@pytest.fixture
async def city(street: Street) -> City:
    house = street.house
    await priced_by(house.desk, PRICE)
    drivers = Drivers(
        house.world, house.desk, next(iter(street.assets.values())), house.desk.clock(), house.relay.deliver
    )
    return City(street, drivers)


async def remotely(city: City, protocol: str, number: str) -> None:
    asset = city.street.assets[protocol]
    new = NewSession(station=asset.name, connector=1, card=number)
    await city.street.do(lambda work: session_remote.start(work, asset.id, new))


@pytest.mark.step("C4", "C1", "B1")
async def test_a_session_is_started_and_stopped_from_afar_at_stations_of_every_version(city: City) -> None:
    street = city.street
    for place, protocol in enumerate(VERSIONS):
        owner = await city.drivers.driver(f"NL-{place}")
        asset = street.assets[protocol]
        street.begin(protocol, {"do": "plug_in"})
        await remotely(city, protocol, f"NL-{place}")
        running = await city.comes_to(asset, S.CHARGING)
        assert running.subscriber_id == owner.id
        await street.do(lambda work, found=running: session_remote.stop(work, found.id))  # type: ignore[misc]
        settled = await city.comes_to(asset, S.SETTLED)
        assert (settled.id, settled.flags) == (running.id, [])
        assert len(await city.drivers.records(settled.id)) == 1
    assert await city.drivers.broken() == {}
