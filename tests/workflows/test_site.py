"""Stations without a placement request go through their processes: begun by themselves, lost, called off (L6)."""

from collections.abc import Awaitable, Callable

import pytest

from models.errors import StageDoesNotAllow
from models.messages.commissioning import ActivateStation, StartTestCharge
from models.messages.work_order import ApproveSat, CancelWorkOrder, LinkHardware, StartConnectionTest, SubmitSat
from models.store import assets, documents
from models.tables.document import Document
from tests.road import decision
from tests.site_road import SiteRoad, station
from tests.workflows import walk
from tests.workflows.house import House
from tests.workflows.test_histories import replayer
from tests.workflows.test_rows import lose_everything

pytestmark = pytest.mark.step("L6")

EVSES = ("NL*ABC*E77*1", "NL*ABC*E77*2")
ROAD = sorted(
    [
        *("stations entered", "link hardware", "start connection test", "registered", "station connected"),
        *("station booted", "configuration applied", "self check passed", "test charge started", "test charge done"),
        *("submit sat", "approve sat", "accepted", "SAT report filed", "activated", "stations active"),
    ]
)


def at_a_site(house: House) -> SiteRoad:
    """The house's road from now on."""
    road = SiteRoad(house.world, house.node)
    house.road = road
    return road


async def entered(house: House) -> None:
    await at_a_site(house).enter(station("HW-1", "DUO-22", *EVSES))
    await house.relay.deliver([house.work_order_id])
    await house.between()


async def in_test(house: House) -> None:
    await entered(house)
    await walk.begun_again(house)


async def passed(house: House) -> None:
    await in_test(house)
    await house.between()
    assert await house.boots()
    await house.assert_arrives("in_progress", "checked")


async def charged(house: House) -> None:
    await passed(house)
    await house.between()
    await house.decide(house.station_id, "start_test_charge", decision(StartTestCharge, house.world.installer_user))
    await house.assert_arrives("in_progress", "test_charged")


async def in_review(house: House) -> None:
    await charged(house)
    answers = await house.road.answers()
    await house.store_photos(walk.picture())
    await house.road.answer(*answers)
    await walk.by_installer(house, "submit_sat", SubmitSat)
    await house.assert_arrives("sat_review", "test_charged")


async def active(house: House) -> None:
    await in_review(house)
    await house.between()
    await house.decide(house.work_order_id, "approve_sat", decision(ApproveSat, house.world.operations))
    await house.assert_arrives("accepted", "accepted")
    await house.until(house.road.reported)
    await house.between()
    await house.decide(house.station_id, "activate", decision(ActivateStation, house.world.administrator))
    await house.assert_arrives("closed", "active")


async def results(house: House) -> tuple[str, str]:
    ids = (house.work_order_id, house.station_id)
    order, its_station = [str(await house.client.get_workflow_handle(each).result()) for each in ids]
    return order, its_station


async def call_off(house: House) -> None:
    await house.between()
    told = decision(CancelWorkOrder, house.world.operations, reason="Entered twice")
    await house.decide(house.work_order_id, "cancel", told)


async def report_of(house: House) -> Document:
    async with house.desk.database.transaction() as session:
        filed = await documents.of_work_order(session, house.road.order.id)
    return next(each for each in filed if each.kind == documents.SAT_REPORT)


@pytest.mark.step("P13", "P14", "P15", "P16", "P17", "P18", "P19")
async def test_a_station_goes_from_its_entry_to_active_without_any_placement(house: House) -> None:
    await active(house)
    assert await results(house) == ("closed", "active")
    assert sorted(await house.road.said()) == ROAD
    report = await report_of(house)
    assert (report.placement_id, report.for_requester) == (None, True)
    assert report.size_bytes > 1000
    async with house.desk.database.transaction() as session:
        evses = await assets.evses(session, house.road.asset.id)
    assert tuple(each.evse_id for each in evses) == EVSES
    assert house.grid.keys == []
    again = replayer(house.client.data_converter)
    for workflow_id in (house.work_order_id, house.station_id):
        await again.replay_workflow(await house.client.get_workflow_handle(workflow_id).fetch_history())


@pytest.mark.step("P18", "P19")
async def test_the_owner_of_the_site_is_told_of_the_report_and_of_each_station_that_is_live(house: House) -> None:
    await active(house)
    await house.until(lambda: _mails(house, 2))
    sent = [message for message in house.mail.sent if message.to == "gerda@garage.example"]
    report = await report_of(house)
    assert house.road.order.reference in sent[0].subject
    assert f"/v1/documents/{report.id}/content" in sent[0].text
    assert house.road.asset.name in sent[1].subject


async def _mails(house: House, count: int) -> bool:
    return sum(message.to == "gerda@garage.example" for message in house.mail.sent) == count


@pytest.mark.step("P12")
async def test_two_stations_at_one_place_are_accepted_together(house: House) -> None:
    road = at_a_site(house)
    await road.enter(station("HW-1"), station(None))
    await house.relay.deliver([house.work_order_id])
    await house.world.book_in("HW-2", holder=house.world.installer)
    first, second = await road.lines()
    await walk.by_installer(house, "link_hardware", LinkHardware, line_id=second.id, hardware_id="HW-2")
    for line, serial in ((first, "SN-HW-1"), (second, "SN-HW-2")):
        await walk.by_installer(house, "start_connection_test", StartConnectionTest, line_id=line.id)
        await road.station(line.number)
        assert await house.boots(serial)
        await house.until(_stands(house, "checked"))
    assert len({asset.name for asset in await road.assets_of_order()}) == 2


def _stands(house: House, stage: str) -> Callable[[], Awaitable[bool]]:
    async def stands() -> bool:
        await house.road.refresh()
        return house.road.asset.stage.value == stage

    return stands


@pytest.mark.step("P20")
@pytest.mark.parametrize("reach", [entered, in_test, charged, in_review])
async def test_calling_off_ends_both_processes_and_takes_the_station_off_the_platform(
    house: House, reach: Callable[[House], Awaitable[None]]
) -> None:
    await reach(house)
    await call_off(house)
    ended = [house.work_order_id] if reach is entered else [house.work_order_id, house.station_id]
    handles = [house.client.get_workflow_handle(each) for each in ended]
    assert {str(await each.result()) for each in handles} == {"cancelled"}
    (line,) = await house.road.lines()
    assert line.unit_id is None
    if reach is not entered:
        await house.road.refresh()
        async with house.desk.database.transaction() as session:
            assert await assets.by_identities(session, ["CP-HW-1"]) == {}
    again = replayer(house.client.data_converter)
    for each in handles:
        await again.replay_workflow(await each.fetch_history())


@pytest.mark.step("P20")
async def test_a_work_order_of_a_placement_refuses_to_be_called_off_and_goes_on(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    told = decision(CancelWorkOrder, house.world.operations, reason="Why not")
    with pytest.raises(StageDoesNotAllow, match=house.road.placement.reference):
        await house.decide(house.work_order_id, "cancel", told)
    await house.assert_arrives("in_installation", "planned")


@pytest.mark.step("P18", "P19")
async def test_processes_that_are_lost_before_every_step_go_on_and_nothing_is_done_twice(house: House) -> None:
    house.between = lambda: lose_everything(house)
    await active(house)
    assert sorted(await house.road.said()) == ROAD
