"""Hardware units in the warehouse (P11)."""

import asyncio

import pytest

from models.errors import AlreadyExists, HardwareAlreadyLinked, StageDoesNotAllow
from models.messages.placement import Contact, Location, NewPlacement
from models.messages.unit import HandOver
from models.store import placements, units
from models.store.units import UnitFilter
from models.store.viewer import EVERYTHING
from models.store.window import Window
from models.tables.placement import PlacementRequest
from models.tables.unit import Unit, UnitState
from models.tables.work_order import WorkOrder, WorkOrderLine
from models.usecases import placement, unit
from models.usecases.work import Desk, Work
from tests.people import World

pytestmark = pytest.mark.step("P11")

LOCATION = Location(
    street="Kerkstraat",
    house_number="12",
    postal_code="1234 AB",
    city="Voorbeeld",
    municipality="Voorbeeld",
    latitude=52.1,
    longitude=4.3,
)


async def _requested(desk: Desk, world: World) -> PlacementRequest:
    new = NewPlacement(
        tender=world.tender.code, location=LOCATION, stations=1, contact=Contact(name="Rita", email="r@v.example")
    )
    async with desk.work(world.requester.actor, "test") as work:
        return (await placement.submit(work, new, world.municipality.id, EVERYTHING)).placement


async def _link(work: Work, world: World, request: PlacementRequest, linked: Unit) -> None:
    """A work order line that holds the unit."""
    attempt = await placements.latest_attempt(work.session, request.id)
    order = WorkOrder(
        reference="WO-1",
        placement_id=request.id,
        attempt_id=attempt.id,
        installer_id=world.installer.id,
        owner_id=world.service_partner.id,
    )
    work.session.add(order)
    await work.session.flush()
    work.session.add(WorkOrderLine(work_order_id=order.id, number=1, product_id=world.product.id, unit_id=linked.id))
    await work.session.flush()


async def test_a_unit_that_is_linked_is_not_taken_back(desk: Desk, world: World) -> None:
    (held,) = await world.book_in("VW-1", holder=world.installer)
    request = await _requested(desk, world)
    async with desk.work(world.warehouse.actor, "test") as work:
        await _link(work, world, request, held)
    with pytest.raises(HardwareAlreadyLinked, match="undo that first"):
        async with desk.work(world.warehouse.actor, "test") as work:
            await unit.take_back(work, "VW-1")


async def test_a_unit_in_the_street_is_neither_handed_over_nor_taken_back(desk: Desk, world: World) -> None:
    await world.book_in("VW-1", holder=world.installer)
    async with desk.work(world.warehouse.actor, "test") as work:
        installed = await units.lock_by_hardware_id(work.session, "VW-1")
        assert installed is not None
        installed.state = UnitState.INSTALLED
    with pytest.raises(StageDoesNotAllow):
        async with desk.work(world.warehouse.actor, "test") as work:
            await unit.take_back(work, "VW-1")
    with pytest.raises(StageDoesNotAllow):
        async with desk.work(world.warehouse.actor, "test") as work:
            await unit.hand_over(work, "VW-1", HandOver(installer_id=world.other_installer.id))


async def test_of_two_installers_who_take_a_unit_at_once_one_gets_it(desk: Desk, world: World) -> None:
    await world.book_in("VW-1")

    async def take(to: HandOver) -> Unit:
        async with desk.work(world.warehouse.actor, "test") as work:
            return await unit.hand_over(work, "VW-1", to)

    takers = [HandOver(installer_id=each.id) for each in (world.installer, world.other_installer)]
    outcomes = await asyncio.gather(*(take(to) for to in takers), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["StageDoesNotAllow", "Unit"]


async def test_a_unit_is_booked_in_once(desk: Desk, world: World) -> None:
    await world.book_in("VW-1")
    with pytest.raises(AlreadyExists):
        await world.book_in("VW-1")
    async with desk.database.transaction() as session:
        assert len(await units.page(session, EVERYTHING, UnitFilter(), Window(10))) == 1
