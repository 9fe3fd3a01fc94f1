"""The work order's process: what goes wrong on site is put right there (P12-P19)."""

import pytest

from models.errors import AnswersMissing, FourEyes, HardwareAlreadyLinked, NoTestCharge, UnknownHardware
from models.messages.work_order import ApproveSat, LinkHardware, SubmitSat, UnlinkHardware
from tests.road import decision
from tests.workflows import walk
from tests.workflows.house import House


@pytest.mark.step("P14")
async def test_a_connection_test_that_failed_is_repeated_and_the_road_goes_on(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.failed(house)
    assert "SN-OTHER" in str((await house.road.station()).failure)
    await walk.begun_again(house)
    await walk.from_test_to_operation(house)
    assert await walk.results(house) == ("operating", "closed", "active")
    assert house.road.asset.test_number == 2


@pytest.mark.step("P17", "P18")
async def test_an_acceptance_test_that_was_returned_is_corrected_and_approved(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    await walk.passed(house)
    await walk.charged(house)
    await walk.sat_submitted(house)
    await walk.sat_returned_and_corrected(house)
    with pytest.raises(FourEyes):
        await house.decide(house.work_order_id, "approve_sat", decision(ApproveSat, house.world.installer_user))
    await walk.sat_approved(house)
    await walk.operating(house)
    assert (await house.road.said("work order")).count("SAT report filed") == 1


@pytest.mark.step("P12")
async def test_facts_that_stand_against_a_decision_are_answered_by_name(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    (line,) = await house.road.lines()
    with pytest.raises(UnknownHardware) as refused:
        await walk.by_installer(house, "link_hardware", LinkHardware, line_id=line.id, hardware_id="nothing")
    assert refused.value.field == "/hardware_id"
    await walk.begun(house)
    await house.world.book_in("HW-2", holder=house.world.installer)
    with pytest.raises(HardwareAlreadyLinked):
        await walk.by_installer(house, "link_hardware", LinkHardware, line_id=line.id, hardware_id="HW-2")


@pytest.mark.step("P15", "P16")
async def test_an_acceptance_test_needs_the_test_charge_and_every_answer(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    with pytest.raises(NoTestCharge):
        await walk.by_installer(house, "submit_sat", SubmitSat)
    await walk.passed(house)
    await walk.charged(house)
    with pytest.raises(AnswersMissing):
        await walk.by_installer(house, "submit_sat", SubmitSat)
    await walk.sat_submitted(house)


@pytest.mark.step("P12", "P14")
async def test_a_wrong_link_is_undone_and_other_hardware_takes_its_place(house: House) -> None:
    await walk.in_installation(house, await walk.approved(house))
    await walk.begun(house)
    await house.road.connect()
    (line,) = await house.road.lines()
    await walk.by_installer(house, "unlink_hardware", UnlinkHardware, line_id=line.id)
    await house.assert_arrives("in_installation", "in_progress", "awaiting_hardware")
    await house.until(lambda: _commanded(house, "disconnect"))
    await house.world.book_in("HW-2", holder=house.world.installer)
    await walk.by_installer(house, "link_hardware", LinkHardware, line_id=line.id, hardware_id="HW-2")
    await walk.begun_again(house)
    assert not await house.boots("SN-HW-1")
    await house.assert_arrives("in_installation", "in_progress", "failed")
    await walk.begun_again(house)
    assert await house.boots("SN-HW-2")
    await house.assert_arrives("in_installation", "in_progress", "checked")


async def _commanded(house: House, kind: str) -> bool:
    return kind in house.station.commands
