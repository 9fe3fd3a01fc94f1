"""Stations: made and registered, tested again, charged once connected, accepted, activated (P13-P15, P19)."""

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from models.errors import GridNotConnected, StageDoesNotAllow
from models.rules.access import Role
from models.rules.commissioning import CommissioningEvent, CommissioningStage
from models.rules.grid import GridEvent
from models.store import assets, processes, work_orders
from models.tables.asset import StationEvent
from models.tables.handover import Handover
from models.tables.notice import Channel, Endpoint, Notice
from models.tables.placement import PlacementRequest
from models.tables.task import Task, TaskKind, TaskState
from models.usecases import commissioning, notice, sat, upkeep
from tests.people import World
from tests.road import NOBODY, Road


async def facts(road: Road) -> list[str]:
    async with road.desk.database.transaction() as session:
        found = await session.execute(
            select(Handover.name)
            .where(col(Handover.workflow_id) == commissioning.workflow_id(road.asset.name))
            .order_by(col(Handover.number))
        )
        return list(found.scalars())


@pytest.mark.walked("to_test")
@pytest.mark.step("P13")
async def test_a_station_is_made_with_its_place_partner_evses_and_a_test_card_of_its_own(road: Road) -> None:
    asset = road.asset
    world = road.world
    assert re.fullmatch(r"NL-STM-\d{6}", asset.name)
    assert (asset.product_id, asset.service_partner_id) == (world.product.id, world.service_partner.id)
    assert asset.attempt_id == (await road.attempts())[0].id
    async with road.desk.database.transaction() as session:
        evses = await assets.evses(session, asset.id)
    assert [evse.connector for evse in evses] == [1, 2]
    assert all(re.fullmatch(r"NL\*STM\*E\d{6}\*[12]", evse.evse_id) for evse in evses)
    card = await road.test_card()
    assert re.fullmatch(r"TEST[0-9A-F]{16}", card)


@pytest.mark.step("P13")
async def test_an_identity_is_known_only_while_its_hardware_is_linked_and_registered(road: Road) -> None:
    async def known() -> bool:
        async with road.desk.database.transaction() as session:
            return bool(await assets.by_identities(session, ["CP-HW-1"]))

    await road.to_work_order()
    await road.world.book_in("HW-1", holder=road.world.installer)
    await road.link()
    assert not await known()
    await road.start_test()
    assert await known()
    await road.unlink()
    assert not await known()


@pytest.mark.walked("to_test")
@pytest.mark.step("P14")
async def test_a_test_that_failed_can_be_started_again_with_a_new_deadline(road: Road) -> None:
    first = road.asset
    await road.do(NOBODY, lambda work: commissioning.fail_test(work, first.id, "no boot", test_number=1))
    assert (await road.station()).failure == "no boot"
    again = await road.start_test()
    assert (again.stage, again.test_number, again.failure) == (CommissioningStage.REGISTERED, 2, None)
    assert again.boot_due_at is not None
    assert again.boot_due_at - road.desk.clock() > timedelta(seconds=road.desk.terms.boot_time_limit_s - 60)
    assert await facts(road) == ["test_restarted"]


@pytest.mark.walked("to_test")
@pytest.mark.step("P14")
async def test_what_belongs_to_an_earlier_test_is_recorded_and_moves_nothing(road: Road) -> None:
    await road.do(NOBODY, lambda work: commissioning.fail_test(work, road.asset.id, "no boot", test_number=1))
    await road.start_test()
    booted = CommissioningEvent.STATION_BOOTED
    progress = await road.do(NOBODY, lambda work: commissioning.move(work, road.asset.id, booted, test_number=1))
    assert progress.stage == "registered"
    late = await road.do(NOBODY, lambda work: commissioning.fail_test(work, road.asset.id, "late", test_number=1))
    assert late.stage == "registered"
    assert "late: station booted" in await road.said("station")


@pytest.mark.walked("to_test_charged")
@pytest.mark.step("P14")
async def test_each_state_is_an_event_that_the_installers_page_can_follow(road: Road) -> None:
    async with road.desk.database.transaction() as session:
        events = (await session.execute(select(StationEvent).order_by(col(StationEvent.id)))).scalars().all()
    kinds = [event.kind for event in events]
    wanted = ["registered", "connected", "booted", "configuration_applied", "self_check_passed"]
    assert [kind for kind in kinds if kind in wanted] == wanted
    assert kinds[-1] == "test_charge_done"
    assert events[-1].detail == {"energy_wh": 300}


@pytest.mark.step("P7", "P15")
async def test_a_test_charge_waits_for_the_grid_connection(road: Road) -> None:
    await road.to_checked(connected=False)
    with pytest.raises(GridNotConnected):
        await road.start_charge()
    given = str((await road.attempts())[0].connection_request_id)
    await road.grid_says(given, GridEvent.CONNECTED)
    await road.start_charge()
    assert road.asset.stage is CommissioningStage.TEST_CHARGING


@pytest.mark.walked("to_checked")
@pytest.mark.step("P15")
async def test_a_test_charge_that_failed_says_why_and_can_be_started_again(road: Road) -> None:
    await road.do(NOBODY, lambda work: commissioning.fail_test_charge(work, road.asset.id, "too early"))
    assert (await road.station()).failure is None
    await road.start_charge()
    await road.do(NOBODY, lambda work: commissioning.fail_test_charge(work, road.asset.id, "too little energy"))
    assert (await road.station()).failure == "too little energy"
    await road.start_charge()
    assert (road.asset.stage, road.asset.failure) == (CommissioningStage.TEST_CHARGING, None)


@pytest.mark.walked("to_test")
@pytest.mark.step("P14")
async def test_the_self_check_names_what_is_wrong(road: Road) -> None:
    found = await road.do(NOBODY, lambda work: commissioning.check(work, road.asset.id, {"HeartbeatInterval": "60"}))
    assert found.wrong == (
        "setting HeartbeatInterval is '60' instead of '300'",
        "connector 1 has not told its state",
        "connector 2 has not told its state",
    )


@pytest.mark.walked("to_accepted")
@pytest.mark.step("P15", "P19")
async def test_administration_gets_the_task_to_activate_when_the_installation_is_accepted(road: Road) -> None:
    async with road.desk.database.transaction() as session:
        (task,) = (await session.execute(select(Task).where(col(Task.kind) == TaskKind.ACTIVATE_STATION))).scalars()
    assert (task.role, task.reference, task.state) == (Role.ADMINISTRATION, road.asset.name, TaskState.OPEN)
    assert road.asset.stage is CommissioningStage.ACCEPTED
    assert (await facts(road))[-1] == "sat_approved"


@pytest.mark.step("P19")
async def test_activation_tells_the_installer_closes_the_order_and_brings_the_placement_to_its_end(road: Road) -> None:
    installer, address = road.world.installer.id, "iris@installer.example"
    await road.do(NOBODY, lambda work: notice.add_endpoint(work, installer, Channel.MAIL, address, [], None))
    await road.to_accepted()
    await road.activate()
    assert await road.stages() == ("operating", "closed", "active")
    assert (await road.station()).activated_at is not None
    async with road.desk.database.transaction() as session:
        mine = select(Notice.event).join(Endpoint).where(col(Endpoint.organisation_id) == installer)
        told = list((await session.execute(mine.order_by(col(Notice.id)))).scalars())
        (task,) = (await session.execute(select(Task).where(col(Task.kind) == TaskKind.ACTIVATE_STATION))).scalars()
        ended = (await session.get_one(PlacementRequest, road.placement.id)).ended_at
        left = await processes.open_processes(session, [road.placement.id, road.order.id, road.asset.id])
    assert told == ["work_order.created", "station.live", "work_order.closed"]
    assert (task.state, task.done_by) == (TaskState.DONE, road.world.administrator.id)
    assert ended is not None
    assert [each.kind for each in left] == [upkeep.WORKFLOW]


@pytest.mark.step("P19")
async def test_a_work_order_of_two_stations_closes_with_the_last_one(world: World) -> None:
    road = Road(world)
    await road.to_accepted_with_two()
    first, second = await road.assets_of_order()
    await road.do(world.administrator, lambda work: commissioning.activate(work, first.id))
    await road.do(NOBODY, lambda work: sat.note_active(work, road.order.id))
    assert (await road.stages())[:2] == ("accepted", "accepted")
    await road.do(world.administrator, lambda work: commissioning.activate(work, second.id))
    await road.do(NOBODY, lambda work: sat.note_active(work, road.order.id))
    assert (await road.stages())[:2] == ("operating", "closed")


@pytest.mark.walked("to_submitted")
@pytest.mark.step("P19")
async def test_a_station_can_not_be_activated_before_it_is_accepted_or_twice(road: Road) -> None:
    with pytest.raises(StageDoesNotAllow):
        await road.do(road.world.administrator, lambda work: commissioning.activate(work, road.asset.id))
    await road.approve_sat()
    await road.activate()
    with pytest.raises(StageDoesNotAllow, match="it has ended"):
        await road.do(road.world.administrator, lambda work: commissioning.activate(work, road.asset.id))


@pytest.mark.walked("to_test")
@pytest.mark.step("P13")
async def test_a_station_leads_back_to_its_work_order(road: Road) -> None:
    async with road.desk.database.transaction() as session:
        order = await work_orders.of_asset(session, road.asset.id)
    assert order is not None
    assert order.id == road.order.id
