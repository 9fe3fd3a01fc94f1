"""Work orders: made from the tender, planned, their hardware linked (P8-P13)."""

import asyncio
from datetime import date

import pytest
from sqlmodel import col, select

from models.errors import (
    HardwareAlreadyLinked,
    HardwareNotHandedOver,
    HardwareNotLinked,
    LineInUse,
    NotFound,
    StageDoesNotAllow,
    UnknownHardware,
    UnknownProduct,
    WrongProduct,
)
from models.messages.tender import NewTender, TenderLine
from models.messages.work_order import LinkHardware
from models.store import units
from models.store.viewer import EVERYTHING
from models.tables.base import new_id
from models.tables.task import Task, TaskKind
from models.tables.unit import Unit, UnitState
from models.tables.work_order import WorkOrder, WorkOrderLine
from models.usecases import tender, work_order
from tests.people import World
from tests.road import NOBODY, Road, decision


async def unit_of(road: Road, hardware_id: str = "HW-1") -> Unit:
    async with road.desk.database.transaction() as session:
        found = await units.find(session, hardware_id, EVERYTHING)
    assert found is not None
    return found


@pytest.mark.step("P8")
async def test_the_tender_says_who_installs_who_keeps_and_what_is_placed(road: Road) -> None:
    order = await road.to_work_order(stations=2)
    world = road.world
    assert order.reference == "WO-2026-000001"
    assert (order.kind, order.installer_id, order.owner_id) == (
        "installation",
        world.installer.id,
        world.service_partner.id,
    )
    assert [(line.number, line.product_id) for line in await road.lines()] == [
        (1, world.product.id),
        (2, world.product.id),
    ]
    assert all(line.sat_template_id for line in await road.lines())


@pytest.mark.step("P8")
async def test_a_tender_that_needs_several_products_per_station_makes_a_line_for_each(road: Road) -> None:
    world = road.world
    new = NewTender(
        code="T-2026-2",
        name="Hubs",
        requester_id=world.municipality.id,
        installer_id=world.installer.id,
        service_partner_id=world.service_partner.id,
        products=(TenderLine(product="DUO-22", quantity=2), TenderLine(product="SOLO-11")),
    )
    await road.do(world.operations, lambda work: tender.add_tender(work, new))
    await road.to_work_order(tender="T-2026-2", stations=2)
    products = [line.product_id for line in await road.lines()]
    assert products == [world.product.id] * 4 + [world.other_product.id] * 2


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P8", "P10")
async def test_a_work_order_is_made_once_however_often_it_is_asked_for(road: Road) -> None:
    first = road.order
    again = await asyncio.gather(*(road.make_work_order() for _ in range(4)))
    assert {each.id for each in again} == {first.id}
    async with road.desk.database.transaction() as session:
        assert len((await session.execute(select(WorkOrder))).scalars().all()) == 1
        (task,) = (await session.execute(select(Task).where(col(Task.kind) == TaskKind.PERFORM_WORK_ORDER))).scalars()
    assert (task.organisation_id, task.role) == (road.world.installer.id, "installer")


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_the_installer_plans_and_may_plan_anew(road: Road) -> None:
    await road.plan(date(2026, 12, 1))
    await road.plan(date(2026, 12, 8))
    async with road.desk.database.transaction() as session:
        kept = await session.get_one(WorkOrder, road.order.id)
    assert (kept.stage, kept.planned_for) == ("planned", date(2026, 12, 8))
    assert (await road.said("work order")).count("plan") == 2


@pytest.mark.step("P9")
async def test_lines_are_added_changed_and_removed_while_the_order_is_open(road: Road) -> None:
    order, world = await road.to_work_order(), road.world
    added = await road.do(world.operations, lambda work: work_order.add_line(work, order, "SOLO-11"))
    assert (added.number, added.product_id) == (2, world.other_product.id)
    first = (await road.lines())[0]
    changed = await road.do(world.operations, lambda work: work_order.change_line(work, order, first.id, "SOLO-11"))
    assert changed.product_id == world.other_product.id
    assert changed.sat_template_id == added.sat_template_id
    await road.do(world.operations, lambda work: work_order.remove_line(work, order, first.id))
    assert [line.id for line in await road.lines()] == [added.id]


@pytest.mark.step("P9")
async def test_the_last_line_stays_and_an_unknown_product_is_refused(road: Road) -> None:
    order, operations = await road.to_work_order(), road.world.operations
    (line,) = await road.lines()
    with pytest.raises(LineInUse, match="only line"):
        await road.do(operations, lambda work: work_order.remove_line(work, order, line.id))
    with pytest.raises(UnknownProduct) as refused:
        await road.do(operations, lambda work: work_order.add_line(work, order, "NONE-1"))
    assert refused.value.field == "/product"
    with pytest.raises(NotFound):
        await road.do(operations, lambda work: work_order.change_line(work, order, new_id(), "SOLO-11"))
    assert [each.id for each in await road.lines()] == [line.id]


@pytest.mark.step("P9")
async def test_a_line_with_hardware_keeps_its_product(road: Road) -> None:
    order, operations = await road.to_work_order(stations=2), road.world.operations
    await road.world.book_in("HW-1", holder=road.world.installer)
    await road.link()
    line = (await road.lines())[0]
    for use_case in (
        lambda work: work_order.change_line(work, order, line.id, "SOLO-11"),
        lambda work: work_order.remove_line(work, order, line.id),
    ):
        with pytest.raises(LineInUse, match="undo the link"):
            await road.do(operations, use_case)


@pytest.mark.walked("to_submitted")
@pytest.mark.step("P9")
async def test_lines_can_not_be_changed_while_the_acceptance_test_is_in_review(road: Road) -> None:
    with pytest.raises(StageDoesNotAllow):
        await road.do(road.world.operations, lambda work: work_order.add_line(work, road.order, "SOLO-11"))


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P12", "H2")
async def test_unknown_hardware_is_refused_by_name(road: Road) -> None:
    with pytest.raises(UnknownHardware, match="read the label again") as refused:
        await road.link("HW-9")
    assert refused.value.field == "/hardware_id"


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P12", "H2")
async def test_hardware_of_another_product_is_refused(road: Road, world: World) -> None:
    await world.book_in("HW-1", product="SOLO-11", holder=world.installer)
    with pytest.raises(WrongProduct):
        await road.link()


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P11", "P12", "H2")
@pytest.mark.parametrize("holder", ["", "other_installer"])
async def test_hardware_that_was_not_handed_to_this_installer_is_refused(road: Road, world: World, holder: str) -> None:
    await world.book_in("HW-1", holder=getattr(world, holder) if holder else None)
    with pytest.raises(HardwareNotHandedOver, match="ask the warehouse"):
        await road.link()
    assert (await road.stages())[1] == "open"


@pytest.mark.step("P12", "H2")
async def test_hardware_that_is_linked_elsewhere_is_refused(road: Road, world: World) -> None:
    await road.to_work_order(stations=2)
    await world.book_in("HW-1", "HW-2", holder=world.installer)
    first, second = await road.lines()
    await road.link("HW-1", first)
    with pytest.raises(HardwareAlreadyLinked, match="linked to another line"):
        await road.link("HW-1", second)
    with pytest.raises(HardwareAlreadyLinked, match="has hardware already"):
        await road.link("HW-2", first)


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P12")
async def test_two_installers_who_link_the_same_unit_at_once_get_it_once(road: Road, world: World) -> None:
    elsewhere = Road(world)
    await elsewhere.to_work_order()
    await world.book_in("HW-1", holder=world.installer)
    answers = await asyncio.gather(road.link(), elsewhere.link(), return_exceptions=True)
    assert [type(answer) for answer in answers if answer] == [HardwareAlreadyLinked]


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P12", "H2")
async def test_a_line_of_another_work_order_is_not_found(road: Road, world: World) -> None:
    other = Road(world)
    await other.to_work_order()
    await world.book_in("HW-1", holder=world.installer)
    with pytest.raises(NotFound) as refused:
        await road.link("HW-1", (await other.lines())[0])
    assert refused.value.field == "/line_id"


@pytest.mark.walked("to_test")
@pytest.mark.step("P12")
async def test_a_wrong_link_is_undone_and_the_unit_can_be_linked_again(road: Road) -> None:
    assert (await unit_of(road)).state is UnitState.INSTALLED
    await road.unlink()
    assert (await road.lines())[0].unit_id is None
    assert (await unit_of(road)).state is UnitState.HANDED_OVER
    assert (await road.station()).unit_id is None
    with pytest.raises(HardwareNotLinked):
        await road.unlink()
    await road.link()
    assert (await road.start_test()).test_number == 2


@pytest.mark.walked("to_accepted")
@pytest.mark.step("P12")
async def test_a_link_stays_once_the_installation_is_accepted(road: Road) -> None:
    with pytest.raises(StageDoesNotAllow):
        await road.unlink()
    assert (await unit_of(road)).state is UnitState.INSTALLED


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P13", "H2")
async def test_a_connection_test_needs_hardware(road: Road) -> None:
    with pytest.raises(HardwareNotLinked, match="Link the hardware"):
        await road.start_test()


@pytest.mark.step("P12")
async def test_a_label_is_read_whatever_its_case(world: World) -> None:
    told = decision(LinkHardware, world.installer_user, line_id=new_id(), hardware_id="  hw-1 ")
    assert told.hardware_id == "HW-1"


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P13")
async def test_lines_of_different_products_keep_the_questions_of_their_time(road: Road) -> None:
    async with road.desk.work(NOBODY, "test") as work:
        (line,) = (await work.session.execute(select(WorkOrderLine))).scalars()
    assert line.sat_template_id is not None
