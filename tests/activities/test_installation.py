"""The SAT report is made once, whatever is retried (P18)."""

import asyncio
import dataclasses
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader
from sqlmodel import col, select
from temporalio.testing import ActivityEnvironment

from activities import sat_report
from activities.gateways.documents import LocalDocuments
from activities.installation import REPORT_TRIES, InstallationActivities
from activities.steps import Steps
from models.messages.base import Step
from models.messages.work_order import WorkOrderProgress
from models.rules.access import Role
from models.store import documents
from models.tables.document import Document
from models.tables.task import Task, TaskKind, TaskState
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


async def make(
    road: Road, kept: LocalDocuments, relay: RecordingRelay, occurrence: str = "once", attempt: int = 1
) -> WorkOrderProgress:
    activities = InstallationActivities(Steps(road.desk, relay), kept)  # type: ignore[arg-type]
    running = ActivityEnvironment()
    workflow_id = work_order.workflow_id(road.order.reference)
    running.info = dataclasses.replace(
        running.info, workflow_id=workflow_id, activity_type="make_sat_report", attempt=attempt
    )
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


async def failures(road: Road) -> list[tuple[TaskState, str]]:
    async with road.desk.database.transaction() as session:
        found = await session.execute(select(Task).where(col(Task.kind) == TaskKind.REPORT_FAILED))
        tasks = found.scalars().all()
    assert {task.role for task in tasks} <= {Role.ENGINEER}
    return [(task.state, task.title) for task in tasks]


async def test_a_report_that_can_not_be_drawn_becomes_a_task_after_some_tries_which_its_drawing_closes(
    accepted: Road, kept: LocalDocuments, relay: RecordingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise ValueError("the photo has no width")

    with monkeypatch.context() as patched:
        patched.setattr(sat_report, "render", broken)
        for attempt in range(1, REPORT_TRIES + 3):
            with pytest.raises(ValueError, match="no width"):
                await make(accepted, kept, relay, attempt=attempt)
            assert len(await failures(accepted)) == (attempt >= REPORT_TRIES)
    ((state, title),) = await failures(accepted)
    assert state is TaskState.OPEN
    assert "ValueError: the photo has no width" in title
    assert (await make(accepted, kept, relay, attempt=REPORT_TRIES + 3)).reported
    ((state, _),) = await failures(accepted)
    assert state is TaskState.DONE


async def test_a_report_whose_drawing_ends_without_a_word_becomes_a_task_too(
    accepted: Road, kept: LocalDocuments, relay: RecordingRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where its worker runs out of memory over it each time."""

    def killed(*_: object) -> bytes:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(sat_report, "render", killed)
        for attempt in range(1, REPORT_TRIES + 2):
            with pytest.raises(asyncio.CancelledError):
                await make(accepted, kept, relay, attempt=attempt)
    ((state, title),) = await failures(accepted)
    assert state is TaskState.OPEN
    assert "its worker died or took too long" in title
