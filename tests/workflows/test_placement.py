"""The whole road on real Temporal and real PostgreSQL: straight, and with its most usual bends (P1-P19)."""

import asyncio
from io import BytesIO

import pytest
from PIL import Image

from models.errors import ProcessEnded, StageDoesNotAllow
from models.messages.commissioning import ActivateStation, StartTestCharge
from models.messages.placement import ApprovePlacement, ProposeLocation, RejectPlacement
from models.messages.work_order import (
    ApproveSat,
    LinkHardware,
    PlanWorkOrder,
    Remark,
    ReturnSat,
    StartConnectionTest,
    SubmitSat,
)
from models.rules.grid import GridEvent
from tests.road import decision, location
from tests.workflows.house import House

pytestmark = pytest.mark.timeout(60)


async def submitted(house: House) -> None:
    await house.road.submit()
    await house.relay.deliver([house.placement_id])


async def approved(house: House) -> str:
    """Operations has approved, the grid operator has taken the request; its id there."""
    await submitted(house)
    await house.decide(house.placement_id, "approve", decision(ApprovePlacement, house.world.operations))
    return await requested(house)


async def requested(house: House) -> str:
    async def known() -> str | None:
        return (await house.road.attempts())[-1].connection_request_id

    return str(await house.until(known))


async def in_installation(house: House) -> None:
    await house.grid_finishes(await approved(house))


async def tested(house: House) -> None:
    """Hardware linked, connection test passed, test charge done."""
    world, road = house.world, house.road
    await in_installation(house)
    await world.book_in("HW-1", holder=world.installer)
    (line,) = await road.lines()
    linked = decision(LinkHardware, world.installer_user, line_id=line.id, hardware_id="hw-1")
    await house.decide(house.work_order_id, "link_hardware", linked)
    started = decision(StartConnectionTest, world.installer_user, line_id=line.id)
    await house.decide(house.work_order_id, "start_connection_test", started)
    await road.station()
    assert await house.boots()
    await house.arrives("in_installation", "in_progress", "checked")
    await charged(house)


async def charged(house: House) -> None:
    await house.decide(house.station_id, "start_test_charge", decision(StartTestCharge, house.world.installer_user))
    await house.arrives("in_installation", "in_progress", "test_charged")


async def sat_submitted(house: House) -> None:
    await tested(house)
    answers = await house.road.answers()
    await _photo_stored(house)
    await house.road.answer(*answers)
    await house.decide(house.work_order_id, "submit_sat", decision(SubmitSat, house.world.installer_user))


async def _photo_stored(house: House) -> None:
    picture = BytesIO()
    Image.new("RGB", (8, 8), "green").save(picture, "PNG")
    await house.store_photos(picture.getvalue())


async def activated(house: House) -> None:
    await house.decide(house.work_order_id, "approve_sat", decision(ApproveSat, house.world.operations))
    await house.arrives("accepted", "accepted", "accepted")
    await house.decide(house.station_id, "activate", decision(ActivateStation, house.world.administrator))
    await house.arrives("operating", "closed", "active")


@pytest.mark.step("P1", "P2", "P3", "P5", "P7", "P8", "P10", "P12", "P13", "P14", "P15", "P16", "P17", "P18", "P19")
async def test_the_straight_road_leads_from_a_request_to_an_operating_station(house: House) -> None:
    await sat_submitted(house)
    await house.arrives("sat_review", "sat_review", "test_charged")
    await activated(house)
    for workflow_id, end in (
        (house.placement_id, "operating"),
        (house.work_order_id, "closed"),
        (house.station_id, "active"),
    ):
        assert await house.client.get_workflow_handle(workflow_id).result() == end
