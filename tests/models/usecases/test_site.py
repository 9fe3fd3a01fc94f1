"""Stations that come without a placement request: entered, refused field by field, called off (L6, P20)."""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from sqlmodel import col

from models.errors import AlreadyExists, HardwareNotHandedOver, InvalidInput, StageDoesNotAllow
from models.messages.work_order import CancelWorkOrder
from models.rules.access import Reach
from models.rules.commissioning import CommissioningStage
from models.rules.work_order import WorkOrderStage
from models.store import assets, documents, processes, units, work_orders
from models.store.viewer import EVERYTHING, Viewer
from models.tables.asset import Asset, Evse
from models.tables.document import Document
from models.tables.handover import HandoverKind
from models.tables.task import Task, TaskKind, TaskState
from models.tables.unit import Unit, UnitState
from models.tables.work_order import LineEvse, WorkOrder
from models.usecases import report, site, unit, work_order
from models.usecases.work import Work
from tests.people import World
from tests.road import NOBODY, Road, decision, location
from tests.site_road import SiteRoad, garage, station

pytestmark = pytest.mark.step("L6")

TWO_EVSES = ("NL*ABC*E77*1", "NL*ABC*E77*2")


@pytest.fixture
def road(world: World) -> SiteRoad:
    return SiteRoad(world)


async def unit_of(road: Road, hardware_id: str = "HW-1") -> Unit:
    async with road.desk.database.transaction() as session:
        found = await units.find(session, hardware_id, EVERYTHING)
    assert found is not None
    return found


async def test_what_is_entered_is_a_work_order_of_its_own_that_starts_its_process(road: SiteRoad) -> None:
    order = await road.enter(station("HW-1", "DUO-22", *TWO_EVSES), station(None))
    assert (order.stage, order.placement_id, order.attempt_id) == (WorkOrderStage.IN_PROGRESS, None, None)
    async with road.desk.database.transaction() as session:
        start = await processes.start_of(session, work_order.workflow_id(order.reference))
        around = (await work_orders.around(session, [order.id]))[order.id]
    assert start is not None
    assert (start.kind, start.name) == (HandoverKind.START, "installation")
    assert around.site_owner is not None
    assert around.site_owner.id == road.world.municipality.id
    assert (around.place.street, around.placement) == ("Voorstraat", None)
    first, second = await road.lines()
    assert second.unit_id is None
    its = await unit_of(road)
    assert (first.unit_id, its.state) == (its.id, UnitState.ON_SITE)
    (task,) = await road.rows(Task)
    assert (task.kind, task.organisation_id) == (TaskKind.PERFORM_WORK_ORDER, road.world.installer.id)
    assert order.due_at is not None
    assert task.due_at == order.due_at


async def test_without_hardware_it_waits_for_what_the_warehouse_hands_out(road: SiteRoad) -> None:
    order = await road.enter(station(None))
    assert order.stage is WorkOrderStage.OPEN
    await road.world.book_in("HW-1", holder=road.world.installer)
    await road.link()
    assert (await road.start_test()).site_id == order.site_id


async def test_the_station_keeps_the_evse_ids_that_it_brings_and_others_are_drawn(road: SiteRoad) -> None:
    await road.enter(station("HW-1", "DUO-22", *TWO_EVSES), station("HW-2"))
    lines = await road.lines()
    for line, wanted in zip(lines, (TWO_EVSES, None), strict=True):
        asset = await road.start_test(line)
        async with road.desk.database.transaction() as session:
            known = tuple(each.evse_id for each in await assets.evses(session, asset.id))
        number = asset.name.rpartition("-")[2]
        assert known == (wanted or (f"NL*STM*E{number}*1", f"NL*STM*E{number}*2"))


async def test_a_number_whose_evse_ids_came_with_a_bought_station_is_passed_over(road: SiteRoad) -> None:
    await road.enter(station("HW-1", "DUO-22", "NL*STM*E000001*1", "NL*STM*E000001*2"))
    await road.start_test()
    assert (await road.station()).name == "NL-STM-000002"
    await road.enter(station("HW-2"), station("HW-3", "DUO-22", "NL*STM*E000003*1", "NL*STM*E000003*2"))
    assert (await road.start_test()).name == "NL-STM-000004"


@pytest.mark.step("P13", "P15", "P16", "P17", "P18", "P19")
async def test_it_is_tested_accepted_reported_and_activated_by_the_same_steps(road: SiteRoad) -> None:
    await road.to_accepted()
    content, _ = await road.do(NOBODY, lambda work: report.gather(work, road.order.id))
    assert (content.requester, content.requester_reference) == ("Gemeente Voorbeeld", "Garage Noord")
    assert (content.placement_reference, content.grid) == ("", None)
    assert report.document_key(content) == f"reports/{road.order.reference}/{content.number}.pdf"
    await road.do(NOBODY, lambda work: report.file(work, road.order.id, report.document_key(content), b"%PDF"))
    await road.activate()
    assert await road.stages() == ("closed", "active", None)


@pytest.mark.step("P18")
async def test_the_owner_of_the_site_reads_the_report_and_nobody_else_outside(road: SiteRoad) -> None:
    await road.to_accepted()
    await road.do(NOBODY, lambda work: report.file(work, road.order.id, "reports/a.pdf", b"%PDF"))
    world = road.world
    async with road.desk.database.transaction() as session:
        filed = next(each for each in await documents.of_work_order(session, road.order.id) if each.for_requester)
        seen = {
            each.name
            for each in (world.municipality, world.other_municipality, world.installer, world.other_installer)
            if await documents.find(session, filed.id, Viewer(Reach.OWN, each.id)) is not None
        }
    assert seen == {"Gemeente Voorbeeld", "Installatie BV"}


async def test_partners_that_can_not_do_it_are_refused_by_their_field(road: SiteRoad) -> None:
    world = road.world
    new = garage(world)
    for changed, field in (
        ({"service_partner_id": world.installer.id}, "/service_partner_id"),
        ({"installer_id": world.municipality.id}, "/installer_id"),
        ({"site": new.site.model_copy(update={"owner_id": world.installer.id})}, "/site/owner_id"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await road.enter_at(new.model_copy(update=changed))
        assert refused.value.field == field


async def test_a_site_that_is_named_again_is_the_same_and_has_one_address(road: SiteRoad) -> None:
    first = await road.enter(station("HW-1"))
    second = await road.enter(station("HW-2"))
    assert first.site_id == second.site_id
    assert first.id != second.id
    with pytest.raises(AlreadyExists) as refused:
        await road.enter(station("HW-3"), place=location("Achterstraat"))
    assert refused.value.field == "/site/location/street"
    other = await road.enter(station("HW-3"), place=location("Achterstraat"), owner_id=road.world.operator.id)
    assert other.site_id != first.site_id


@pytest.mark.step("P12")
async def test_hardware_that_came_with_its_station_can_be_unlinked_and_linked_again_at_its_site_only(
    road: SiteRoad,
) -> None:
    await road.enter(station("HW-1"))
    await road.unlink()
    assert (await unit_of(road)).state is UnitState.ON_SITE
    here = road.order
    await road.enter(station(None), reference="Garage Zuid")
    with pytest.raises(HardwareNotHandedOver):
        await road.link()
    road.order = here
    await road.link()
    assert (await road.start_test()).stage is CommissioningStage.REGISTERED


async def entered(road: SiteRoad) -> None:
    await road.enter(station("HW-1", "DUO-22", *TWO_EVSES))


async def in_test(road: SiteRoad) -> None:
    await entered(road)
    await road.start_test()


async def charged(road: SiteRoad) -> None:
    await in_test(road)
    await road.pass_test()
    await road.charge()


async def in_review(road: SiteRoad) -> None:
    await charged(road)
    await road.answer(*(await road.answers()))
    await road.submit_sat()


@pytest.mark.step("P20")
@pytest.mark.parametrize("reach", [entered, in_test, charged, in_review])
async def test_calling_off_undoes_what_was_done_and_the_station_can_be_entered_again(
    road: SiteRoad, reach: Callable[[SiteRoad], Awaitable[None]]
) -> None:
    await reach(road)
    await road.call_off()
    called_off = await road.do(NOBODY, lambda work: work_orders.lock(work.session, road.order.id))
    assert (called_off.stage, called_off.cancel_reason) == (WorkOrderStage.CANCELLED, "Entered twice")
    for asset in await road.rows(Asset):
        assert (asset.stage, asset.unit_id, asset.registered_at) == (CommissioningStage.CANCELLED, None, None)
    its = await unit_of(road)
    assert (its.state, its.return_for_order) == (UnitState.ON_SITE, None)
    assert [task for task in await road.rows(Task) if task.state is TaskState.OPEN] == []
    assert await road.rows(LineEvse) == []
    assert await road.rows(Evse) == []
    async with road.desk.database.transaction() as session:
        assert await processes.open_processes(session, [road.order.id, *(a.id for a in await road.rows(Asset))]) == []
    again = await road.enter(station("HW-1", "DUO-22", *TWO_EVSES))
    assert again.id != called_off.id
    assert (await road.lines())[0].unit_id == its.id
    assert (await road.start_test()).stage is CommissioningStage.REGISTERED


@pytest.mark.step("P20")
async def test_hardware_of_the_warehouse_goes_back_there_after_calling_off(road: SiteRoad) -> None:
    await road.enter(station(None))
    await road.world.book_in("HW-1", holder=road.world.installer)
    await road.link()
    await road.call_off()
    its = await unit_of(road)
    assert (its.state, its.return_for_order) == (UnitState.HANDED_OVER, road.order.id)
    (task,) = [each for each in await road.rows(Task) if each.state is TaskState.OPEN]
    assert (task.kind, task.subject_id) == (TaskKind.RETURN_HARDWARE, its.id)
    await road.enter(station(None))
    with pytest.raises(HardwareNotHandedOver, match="go back to the warehouse"):
        await road.link()
    await road.do(road.world.warehouse, lambda work: unit.take_back(work, "HW-1"))
    its = await unit_of(road)
    assert (its.state, its.return_for_order) == (UnitState.IN_STOCK, None)
    assert all(each.state is TaskState.DONE for each in await road.rows(Task) if each.id == task.id)


async def test_the_warehouse_takes_nothing_back_that_it_never_had(road: SiteRoad) -> None:
    await road.enter(station("HW-1"))
    await road.unlink()
    with pytest.raises(StageDoesNotAllow, match="came with its station"):
        await road.do(road.world.warehouse, lambda work: unit.take_back(work, "HW-1"))


@pytest.mark.step("P20")
async def test_a_work_order_of_a_placement_is_not_called_off_by_itself(world: World) -> None:
    road = Road(world)
    await road.to_work_order()
    told = decision(CancelWorkOrder, world.operations, reason="Why not")
    with pytest.raises(StageDoesNotAllow, match=road.placement.reference):
        await road.do(world.operations, lambda work: site.call_off(work, road.order.id, told))


@pytest.mark.step("P20")
async def test_what_is_accepted_can_not_be_called_off(road: SiteRoad) -> None:
    await road.to_accepted()
    with pytest.raises(StageDoesNotAllow):
        await road.call_off()


async def test_the_database_keeps_every_work_order_at_one_place(road: SiteRoad) -> None:
    order = await road.enter(station("HW-1"))

    async def displace(work: Work) -> None:
        statement = sa.update(WorkOrder).where(col(WorkOrder.id) == order.id).values(site_id=None)
        await work.session.execute(statement)

    with pytest.raises(sa.exc.IntegrityError):
        await road.do(NOBODY, displace)
    assert [each for each in await road.rows(Document) if each.placement_id] == []
