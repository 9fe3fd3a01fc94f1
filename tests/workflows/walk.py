"""The main road walked through its processes: decisions as Updates, facts handed over. Each step begins with the last.

``house.between`` runs before each step: there a test may disturb what it wants to see survive.
"""

from io import BytesIO

from PIL import Image

from models.messages.base import Decision
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
from tests.people import Person
from tests.road import decision, location
from tests.workflows.house import House


async def submitted(house: House) -> None:
    await house.road.submit()
    await house.relay.deliver([house.placement_id])


def approval(house: House, person: Person | None = None) -> ApprovePlacement:
    return decision(ApprovePlacement, person or house.world.operations)


def rejection(house: House) -> RejectPlacement:
    return decision(RejectPlacement, house.world.operations, reason="No room in the street")


async def approved(house: House) -> str:
    """Operations has approved, the grid operator has taken the request; its id there."""
    await submitted(house)
    await house.between()
    await house.decide(house.placement_id, "approve", approval(house))
    return await requested(house)


async def requested(house: House) -> str:
    async def known() -> str | None:
        return (await house.road.attempts())[-1].connection_request_id

    return str(await house.until(known))


async def location_replaced(house: House) -> str:
    """The grid operator rejects the first location, and takes the request for a second one."""
    first = await approved(house)
    await house.between()
    await house.grid_says(first, GridEvent.REJECTED, reason="No capacity in the street")
    await house.assert_arrives("location_rejected")
    await house.between()
    proposed = decision(ProposeLocation, house.world.operations, location=location("Achterstraat"))
    await house.decide(house.placement_id, "propose_location", proposed)
    return await requested(house)


async def in_installation(house: House, connection: str) -> None:
    await house.between()
    await house.grid_finishes(connection)
    day = {"planned_for": "2026-12-01"}
    await house.between()
    await house.decide(house.work_order_id, "plan", decision(PlanWorkOrder, house.world.installer_user, **day))


async def begun(house: House) -> None:
    """The hardware is linked and the station may come."""
    world = house.world
    await world.book_in("HW-1", holder=world.installer)
    (line,) = await house.road.lines()
    await by_installer(house, "link_hardware", LinkHardware, line_id=line.id, hardware_id="hw-1")
    await begun_again(house)


async def begun_again(house: House) -> None:
    (line,) = await house.road.lines()
    await by_installer(house, "start_connection_test", StartConnectionTest, line_id=line.id)
    await house.road.station()


async def failed(house: House) -> None:
    """A wrong box was mounted: it boots with another serial."""
    await begun(house)
    await house.between()
    assert not await house.boots("SN-OTHER")
    await house.assert_arrives("in_installation", "in_progress", "failed")
    await house.between()


async def passed(house: House) -> None:
    await house.between()
    assert await house.boots()
    await house.assert_arrives("in_installation", "in_progress", "checked")


async def charged(house: House) -> None:
    await house.between()
    begin = decision(StartTestCharge, house.world.installer_user)
    await house.decide(house.station_id, "start_test_charge", begin)
    await house.assert_arrives("in_installation", "in_progress", "test_charged")


def picture() -> bytes:
    kept = BytesIO()
    Image.new("RGB", (8, 8), "green").save(kept, "PNG")
    return kept.getvalue()


async def sat_submitted(house: House) -> None:
    answers = await house.road.answers()
    await house.store_photos(picture())
    await house.road.answer(*answers)
    await by_installer(house, "submit_sat", SubmitSat)
    await house.assert_arrives("sat_review", "sat_review", "test_charged")


async def sat_returned_and_corrected(house: House) -> None:
    (line,) = await house.road.lines()
    remark = Remark(question="earth_resistance", line_id=line.id, text="Measure again, the probe was loose")
    await house.between()
    returned = decision(ReturnSat, house.world.operations, remarks=(remark,))
    await house.decide(house.work_order_id, "return_sat", returned)
    await house.assert_arrives("in_installation", "in_progress", "test_charged")
    await house.road.answer((await house.road.answers("3.1"))[1])
    await by_installer(house, "submit_sat", SubmitSat)
    await house.assert_arrives("sat_review", "sat_review", "test_charged")


async def sat_approved(house: House) -> None:
    await house.between()
    await house.decide(house.work_order_id, "approve_sat", decision(ApproveSat, house.world.operations))
    await house.assert_arrives("accepted", "accepted", "accepted")
    await house.until(house.road.reported)


async def operating(house: House) -> None:
    await house.between()
    await house.decide(house.station_id, "activate", decision(ActivateStation, house.world.administrator))
    await house.assert_arrives("operating", "closed", "active")


async def from_test_to_operation(house: House) -> None:
    await passed(house)
    await charged(house)
    await sat_submitted(house)
    await sat_approved(house)
    await operating(house)


async def by_installer(house: House, name: str, kind: type[Decision], **fields: object) -> None:
    person: Person = house.world.installer_user
    await house.between()
    await house.decide(house.work_order_id, name, decision(kind, person, **fields))


async def results(house: House) -> tuple[str, str, str]:
    """With what the three processes have ended."""
    ids = (house.placement_id, house.work_order_id, house.station_id)
    first, second, third = [str(await house.client.get_workflow_handle(each).result()) for each in ids]
    return first, second, third
