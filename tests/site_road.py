"""Stations that come without a placement request on their way: as ``Road``, from their entry at a site."""

from typing import Any

from sqlmodel import select

from models.messages.placement import Contact, Location
from models.messages.site import EnteredStation, EnteredUnit, NewSite, NewStations
from models.messages.work_order import CancelWorkOrder
from models.store import assets, work_orders
from models.tables.base import new_id
from models.tables.document import Document
from models.tables.work_order import WorkOrder
from models.usecases import site, trail
from tests.people import FACTORY_KEY, World
from tests.road import Road, decision, location

KEY_HASH = "$argon2id$v=19$m=8,t=1,p=1$aGFzaGhhc2hoYXNo$aGFzaGhhc2hoYXNoaGFzaA"
"""Opens nothing."""


def station(name: str | None = "HW-1", product: str = "DUO-22", *evse_ids: str) -> EnteredStation:
    """A station with the hardware of this name, or without any."""
    unit = None
    if name is not None:
        unit = EnteredUnit(
            serial=f"SN-{name}", hardware_id=name, ocpp_identity=f"CP-{name}", factory_key=FACTORY_KEY, firmware="1.4.2"
        )
    return EnteredStation(product=product, unit=unit, evse_ids=evse_ids)


def garage(world: World, *stations: EnteredStation, place: Location | None = None, **said: Any) -> NewStations:
    """Stations in a garage of the municipality's, brought to operation by the installer."""
    contact = Contact(name="Gerda Garage", email="gerda@garage.example")
    facts = {"reference": "Garage Noord", "owner_id": world.municipality.id, "contact": contact}
    return NewStations(
        site=NewSite(location=place or location(), **{**facts, **said}),
        installer_id=world.installer.id,
        service_partner_id=world.service_partner.id,
        stations=stations or (station(),),
    )


class SiteRoad(Road):
    async def rows(self, table: type[Any]) -> list[Any]:
        """All that there are in the table."""
        async with self.desk.database.transaction() as session:
            return list((await session.execute(select(table))).scalars())

    async def enter(self, *stations: EnteredStation, **said: Any) -> WorkOrder:
        new = garage(self.world, *stations, **said)
        return await self.enter_at(new)

    async def enter_at(self, new: NewStations) -> WorkOrder:
        hashes = [KEY_HASH if each.unit else None for each in new.stations]
        self.order = await self.do(self.world.operations, lambda work: site.enter(work, new, hashes))
        return self.order

    async def to_test(self, hardware_id: str = "HW-1", **changes: Any) -> Any:
        await self.enter(station(hardware_id), **changes)
        return await self.start_test()

    async def call_off(self, reason: str = "Entered twice") -> None:
        told = decision(CancelWorkOrder, self.world.operations, reason=reason)
        await self.do(self.world.operations, lambda work: site.call_off(work, self.order.id, told))

    async def photo(self) -> Document:
        made = Document(
            kind="photo",
            work_order_id=self.order.id,
            name="front.png",
            content_type="image/png",
            size_bytes=1,
            sha256="0" * 64,
            key=f"photos/{new_id()}.png",
        )
        self.photo_keys.append(made.key)
        async with self.desk.database.transaction() as session:
            session.add(made)
        return made

    async def stages(self) -> tuple[str, str | None, str | None]:
        """Where the work order and its first station stand; there is no third."""
        async with self.desk.database.transaction() as session:
            order = await session.get_one(WorkOrder, self.order.id)
            first = (await work_orders.lines(session, order.id))[0][3]
            station_stage = None if first is None else (await assets.lock(session, first.id)).stage.value
        return order.stage.value, station_stage, None

    async def said(self, *subjects: str) -> list[str]:
        """What the timelines of the work order and its stations say, of these subjects only where some are named."""
        stations = await self.assets_of_order()
        async with self.desk.database.transaction() as session:
            entries = await work_orders.timeline(session, self.order.id, *(each.id for each in stations))
        told = [entry for entry in entries if not trail.is_bare(entry)]
        return [entry.what for entry in told if not subjects or entry.subject in subjects]
