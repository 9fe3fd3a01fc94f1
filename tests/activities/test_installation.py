"""The SAT report is made once, whatever is retried (P18)."""

import dataclasses
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.gateways.documents import LocalDocuments
from activities.installation import InstallationActivities
from activities.steps import Steps
from models.messages.base import Step
from models.messages.work_order import WorkOrderProgress
from models.store import documents
from models.tables.document import Document
from models.usecases import work_order
from tests.people import World
from tests.recording import RecordingRelay
from tests.road import Road

pytestmark = pytest.mark.step("P18")


@pytest.fixture
def kept(tmp_path: Path) -> LocalDocuments:
    return LocalDocuments(tmp_path)


@pytest.fixture
async def accepted(world: World, kept: LocalDocuments) -> Road:
    road = Road(world)
    await road.to_accepted()
    picture = BytesIO()
    Image.new("RGB", (8, 8), "green").save(picture, "PNG")
    for key in road.photo_keys:
        await kept.put(key, picture.getvalue(), "image/png")
    return road


async def make(road: Road, kept: LocalDocuments, relay: RecordingRelay, occurrence: str = "once") -> WorkOrderProgress:
    activities = InstallationActivities(Steps(road.desk, relay), kept)  # type: ignore[arg-type]
    running = ActivityEnvironment()
    workflow_id = work_order.workflow_id(road.order.reference)
    running.info = dataclasses.replace(running.info, workflow_id=workflow_id, activity_type="make_sat_report")
    step = Step(subject_id=road.order.id, occurrence=occurrence, correlation_id="test")
    progress: WorkOrderProgress = await running.run(activities.make_sat_report, step)
    return progress


async def reports(road: Road) -> list[Document]:
    async with road.desk.database.transaction() as session:
        found = (await session.execute(select(Document))).scalars()
        return [each for each in found if each.kind == documents.SAT_REPORT]


async def test_the_report_is_filed_where_the_requester_finds_it(
    accepted: Road, kept: LocalDocuments, relay: RecordingRelay
) -> None:
    assert (await make(accepted, kept, relay)).reported
    (report,) = await reports(accepted)
    content = await kept.get(report.key)
    assert (report.for_requester, report.content_type, report.size_bytes) == (True, "application/pdf", len(content))
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    for said in (accepted.placement.reference, "CITY-7", "SN-HW-1", "Iris Installer", "Olga Operations", "4.2"):
        assert said in text


async def test_a_retry_makes_the_same_bytes_and_one_document(
    accepted: Road, kept: LocalDocuments, relay: RecordingRelay
) -> None:
    await make(accepted, kept, relay)
    (report,) = await reports(accepted)
    before = await kept.get(report.key)
    await make(accepted, kept, relay)
    await make(accepted, kept, relay, "another time")
    assert await kept.get(report.key) == before
    assert len(await reports(accepted)) == 1
    assert (await accepted.said()).count("SAT report filed") == 1
