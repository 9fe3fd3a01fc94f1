"""Drivers' sessions at simulated stations of every version, over real sockets, settled by their processes (C1, C4)."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from sqlmodel import col, select

from models.messages.session import NewSession
from models.messages.subscriber import CloseSubscription, ReplaceCard
from models.money import Money
from models.rules.session import SessionStage
from models.tables.asset import Asset
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.usecases import process, session_remote, subscriber, subscriber_closing
from tests import pricing
from tests.charging import PRICE, priced_by
from tests.charging import Street as Drivers
from tests.road import decision
from tests.subscribing import cards_in_pool, uid_of
from tests.workflows.front import VERSIONS
from tests.workflows.street import Street

S = SessionStage
DEARER = pricing.tariff(pricing.element(pricing.component("ENERGY", "9.00", "21")), tax_included="YES")


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


async def by_card(city: City, protocol: str, number: str) -> tuple[Subscriber, ChargingSession]:
    """A driver with this card, who has begun to charge there by showing it."""
    owner = await city.drivers.driver(number)
    known = process.Begun(subscriber.workflow_id(owner.id), owner.id, owner.reference)
    await city.drivers.do(lambda work: process.begin_all(work, subscriber.WORKFLOW, [known]))
    city.street.begin(protocol, {"do": "plug_in"}, {"do": "swipe", "id_token": uid_of(number)})
    return owner, await city.comes_to(city.street.assets[protocol], S.CHARGING)


async def drive_away(city: City, protocol: str) -> ChargingSession:
    """By pulling the plug, which every version takes for an end."""
    await city.street.play(protocol, {"do": "wait", "s": 60}, {"do": "unplug"})
    return await city.comes_to(city.street.assets[protocol], S.SETTLED)


async def close(city: City, owner: Subscriber) -> None:
    told = decision(CloseSubscription, city.street.house.world.customer_care, reason="Moves abroad")
    await city.street.do(lambda work: subscriber_closing.close(work, owner.id, told))


async def replace(city: City, owner: Subscriber, old: str, new: str) -> None:
    await cards_in_pool(city.street.house.world, new)
    told = decision(ReplaceCard, city.street.house.world.customer_care, old=old, reason="lost", card=new)
    await city.street.do(lambda work: subscriber.replace_card(work, owner.id, told))


@pytest.mark.step("S4", "S5", "C1", "C10", "B1")
async def test_what_is_decided_while_a_session_runs_changes_neither_whose_it_is_nor_its_price(city: City) -> None:
    """Its card is replaced, its tariff changed, its account closed: it goes on, and is billed once by the old price."""
    house = city.street.house
    of_version = dict(zip(VERSIONS, ("NL-1", "NL-2", "NL-3"), strict=True))
    running = {protocol: await by_card(city, protocol, number) for protocol, number in of_version.items()}
    replaced, repriced, closed = (owner for owner, _ in running.values())
    await replace(city, replaced, "NL-1", "NL-9")
    await priced_by(house.desk, DEARER, since=house.desk.clock(), account=repriced.reference)
    await close(city, closed)
    for protocol, (owner, session) in running.items():
        settled = await drive_away(city, protocol)
        assert (settled.id, settled.subscriber_id, settled.verdict) == (session.id, owner.id, "accepted")
        (record,) = await city.drivers.records(settled.id)
        assert record.energy_wh > 0
        assert record.gross == Money(Decimal(record.energy_wh) / 2000, "EUR").rounded().amount
        assert (await city.drivers.account(owner)).balance == -record.gross
    for protocol, number in of_version.items():
        refused = await city.street.play(protocol, {"do": "plug_in"}, {"do": "swipe", "id_token": uid_of(number)})
        assert ("started" in refused) == (number == "NL-2")
    assert await city.drivers.broken() == {}


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
