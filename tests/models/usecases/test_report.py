"""What the SAT report says is gathered from the rows, and filed once (P18)."""

from decimal import Decimal

import pytest
from sqlmodel import col, select

from models.errors import NotFound
from models.store import documents
from models.tables.document import Document
from models.tables.notice import Channel, Endpoint, Notice
from models.usecases import notice, report
from tests.models.usecases.test_sat import earth_remark, give_back
from tests.road import NOBODY, Road

pytestmark = pytest.mark.step("P18")


@pytest.mark.walked("to_accepted")
async def test_the_report_tells_of_place_hardware_test_answers_and_people(road: Road) -> None:
    said, photos = await road.do(NOBODY, lambda work: report.gather(work, road.order.id))
    assert (said.operator, said.requester, said.requester_reference) == (
        "Test Charging",
        "Gemeente Voorbeeld",
        "CITY-7",
    )
    assert said.place.address == "Voorstraat 12, 3512 AB Utrecht, NL"
    assert said.grid is not None
    assert said.grid.connected_at is not None
    (station,) = said.stations
    assert (station.serial, station.firmware, station.ocpp_identity) == ("SN-HW-1", "1.4.2", "CP-HW-1")
    assert station.test_charge is not None
    assert station.test_charge.energy_wh == 300
    assert "Test 1: Self-check passed" in [step.label for step in station.connection_test]
    earth, photo = station.sections[0].questions
    assert (earth.answer, earth.unit, earth.maximum, earth.passed) == ("4.2", "ohm", Decimal(10), True)
    assert list(photos.values()) == road.photo_keys
    assert [each.id for each in photo.photos] == list(photos)
    assert (said.filled_in.name, said.filled_in.organisation) == ("Iris Installer", "Installatie BV")
    assert (said.approved.name, said.approved.organisation) == ("Olga Operations", "Test Charging")


@pytest.mark.walked("to_test")
async def test_a_failed_test_and_a_round_of_remarks_stand_in_the_report(road: Road) -> None:
    await road.fail_test("no boot")
    await road.start_test()
    await road.pass_test()
    await road.charge()
    await road.answer(*(await road.answers("12")))
    await road.submit_sat()
    await give_back(road, road.world.operations, await earth_remark(road, "Above the limit"))
    await road.answer((await road.answers("3.1"))[1])
    await road.submit_sat()
    await road.approve_sat()
    said, _ = await road.do(NOBODY, lambda work: report.gather(work, road.order.id))
    (station,) = said.stations
    failed = [step for step in station.connection_test if not step.passed]
    assert [(step.label, step.remark) for step in failed] == [("Test 1: Connection test failed", "no boot")]
    (review,) = said.review_rounds
    (remark,) = review.remarks
    assert (review.number, review.returned.name, remark.station) == (1, "Olga Operations", station.asset_name)
    assert (remark.text, remark.rejected_answer, remark.corrected_answer) == ("Above the limit", "12", "3.1")
    assert review.sent_again_at is not None


async def test_the_report_is_filed_once_and_both_sides_are_told(road: Road) -> None:
    for owner in (road.world.municipality.id, road.world.installer.id):
        await road.do(
            NOBODY,
            lambda work, owner=owner: notice.add_endpoint(  # type: ignore[misc]
                work, owner, Channel.MAIL, "post@partner.example", ["placement.accepted", "sat.approved"], None
            ),
        )
    await road.to_accepted()
    for _ in range(2):
        progress = await road.do(NOBODY, lambda work: report.file(work, road.order.id, "reports/one.pdf", b"%PDF"))
        assert progress.reported
    async with road.desk.database.transaction() as session:
        filed = [
            each for each in (await session.execute(select(Document))).scalars() if each.kind == documents.SAT_REPORT
        ]
        mine = select(Notice).join(Endpoint).where(col(Endpoint.address) == "post@partner.example")
        told = (await session.execute(mine)).scalars().all()
    (document,) = filed
    assert document.for_requester
    assert sorted(each.event for each in told) == ["placement.accepted", "sat.approved"]
    assert all(each.data["document_id"] == str(document.id) for each in told)


@pytest.mark.walked("to_submitted")
async def test_nothing_is_reported_before_somebody_has_signed(road: Road) -> None:
    with pytest.raises(NotFound, match="not been signed"):
        await road.do(NOBODY, lambda work: report.gather(work, road.order.id))
