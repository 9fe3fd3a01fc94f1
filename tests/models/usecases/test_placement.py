"""Requests, decisions and the grid operator's calls, on real PostgreSQL (P1-P8)."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col, select

from models.errors import NotFound, StageDoesNotAllow, UnknownTender
from models.rules.grid import GridEvent
from models.rules.placement import PlacementStage
from models.store import processes, rows
from models.store.viewer import EVERYTHING
from models.tables.handover import Handover, HandoverKind, Process
from models.tables.notice import Channel, Notice
from models.tables.placement import GridCall, LocationAttempt, PlacementRequest
from models.tables.task import Task, TaskKind, TaskState
from models.tables.timeline import TimelineEntry
from models.usecases import notice, placement
from models.usecases.work import Desk
from tests.people import World
from tests.road import NOBODY, ROAD_EVENTS, Road, wanted

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def every(desk: Desk, kind: type[Any], *order: Any) -> list[Any]:
    async with desk.database.transaction() as session:
        return list((await session.execute(select(kind).order_by(*order))).scalars())


async def tasks(desk: Desk, kind: TaskKind) -> list[Task]:
    return [each for each in await every(desk, Task, col(Task.id)) if each.kind is kind]


async def facts(road: Road) -> list[Handover]:
    """What was handed over to the placement's process."""
    workflow_id = placement.workflow_id(road.placement.reference)
    return [each for each in await every(road.desk, Handover, col(Handover.number)) if each.workflow_id == workflow_id]


async def told(road: Road) -> list[str]:
    return [each.event for each in await every(road.desk, Notice, col(Notice.id))]


@pytest.fixture
async def listening(road: Road) -> Road:
    """The municipality has an endpoint."""
    owner, address = road.world.municipality.id, "rita@city.example"
    await road.do(NOBODY, lambda work: notice.add_endpoint(work, owner, Channel.MAIL, address, [], None))
    return road


@pytest.mark.step("P1", "P2")
async def test_a_request_is_recorded_with_its_attempt_task_timeline_and_process_at_once(world: World) -> None:
    road = Road(dataclasses.replace(world, desk=dataclasses.replace(world.desk, clock=lambda: FRIDAY)))
    request = await road.submit(stations=3)
    assert request.reference == "PR-2026-000001"
    (attempt,) = await road.attempts()
    assert (attempt.number, attempt.street, attempt.state) == (1, "Voorstraat", "requesting")
    (task,) = await tasks(road.desk, TaskKind.REVIEW_PLACEMENT)
    assert (task.reference, task.role, task.state) == (request.reference, "operations", TaskState.OPEN)
    assert task.due_at == datetime(2026, 11, 27, 16, tzinfo=UTC)
    assert await road.said() == ["placement requested"]
    (start,) = await every(road.desk, Handover)
    assert (start.kind, start.name, start.number) == (HandoverKind.START, "placement", 1)
    assert start.payload["reference"] == request.reference


@pytest.mark.step("P1", "H1")
async def test_a_submission_that_fails_in_the_middle_leaves_nothing(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = rows.insert

    async def fail(session: AsyncSession, new: Sequence[SQLModel]) -> None:
        await written(session, new)
        raise OSError("the power went off")

    monkeypatch.setattr(rows, "insert", fail)
    before = len(await every(road.desk, TimelineEntry))
    with pytest.raises(OSError, match="power"):
        await road.submit()
    for kind in (PlacementRequest, LocationAttempt, Task, Process, Handover):
        assert await every(road.desk, kind) == []
    assert len(await every(road.desk, TimelineEntry)) == before


@pytest.mark.step("P1", "H2")
@pytest.mark.parametrize("tender", ["T-NONE", "T-2026-1"])
async def test_an_unknown_tender_or_one_of_another_requester_is_refused_alike(road: Road, tender: str) -> None:
    owner = road.world.municipality if tender == "T-NONE" else road.world.other_municipality
    with pytest.raises(UnknownTender) as refused:
        await road.do(
            road.world.requester, lambda work: placement.submit(work, wanted(tender=tender), owner.id, EVERYTHING)
        )
    assert refused.value.field == "/tender"
    assert await every(road.desk, PlacementRequest) == []


@pytest.mark.step("P1")
async def test_references_are_unique_when_many_ask_at_once(road: Road) -> None:
    owner = road.world.municipality.id
    made = await asyncio.gather(
        *(
            road.do(road.world.requester, lambda work: placement.submit(work, wanted(), owner, EVERYTHING))
            for _ in range(8)
        )
    )
    assert len({each.placement.reference for each in made}) == 8


@pytest.mark.step("P3")
async def test_of_two_operators_deciding_in_two_transactions_one_wins(road: Road) -> None:
    await road.submit()
    answers = await asyncio.gather(
        road.approve(road.world.operations), road.approve(road.world.second_operations), return_exceptions=True
    )
    assert [type(answer) for answer in answers if isinstance(answer, BaseException)] == [StageDoesNotAllow]
    assert (await road.said()).count("approve") == 1


@pytest.mark.step("P3", "P4")
async def test_a_rejection_tells_the_requester_why_closes_the_task_and_ends_the_process(listening: Road) -> None:
    await listening.submit()
    progress = await listening.reject("No room in the street")
    assert progress.stage == "rejected"
    (task,) = await tasks(listening.desk, TaskKind.REVIEW_PLACEMENT)
    assert (task.state, task.done_by) == (TaskState.DONE, listening.world.operations.id)
    (notice_row,) = await every(listening.desk, Notice)
    assert (notice_row.event, notice_row.data["reason"]) == ("placement.rejected", "No room in the street")
    assert notice_row.placement_id == listening.placement.id
    async with listening.desk.database.transaction() as session:
        ended = await processes.find(session, placement.workflow_id(listening.placement.reference))
    assert ended is not None
    assert ended.ended_at is not None
    with pytest.raises(StageDoesNotAllow, match="it has ended"):
        await listening.approve()


@pytest.mark.step("P3", "H3")
async def test_a_decision_is_on_record_with_who_when_and_why(road: Road) -> None:
    await road.submit()
    await road.reject("No room in the street")
    entry = (await every(road.desk, TimelineEntry, col(TimelineEntry.at), col(TimelineEntry.id)))[-1]
    assert (entry.actor, entry.actor_name) == (str(road.world.operations.id), "Olga Operations")
    assert (entry.what, entry.why) == ("reject", "No room in the street")
    assert (entry.detail["before"], entry.detail["after"]) == ("submitted", "rejected")


@pytest.mark.step("P6")
async def test_a_rejected_location_asks_operations_for_another_and_all_attempts_are_kept(listening: Road) -> None:
    await listening.submit()
    await listening.approve()
    await listening.grid_says(await listening.grid_takes(), GridEvent.REJECTED, reason="No capacity")
    (task,) = await tasks(listening.desk, TaskKind.PROPOSE_LOCATION)
    assert task.state is TaskState.OPEN
    progress = await listening.propose("Achterstraat")
    assert (progress.stage, progress.attempt_number, progress.grid_requested) == ("grid_requested", 2, False)
    first, second = await listening.attempts()
    assert (first.state, first.reason, second.street) == ("rejected", "No capacity", "Achterstraat")
    (task,) = await tasks(listening.desk, TaskKind.PROPOSE_LOCATION)
    assert task.state is TaskState.DONE
    assert await told(listening) == [
        "placement.approved",
        "placement.location_rejected",
        "placement.location_proposed",
    ]


@pytest.mark.step("P6", "P4")
async def test_a_placement_whose_location_was_rejected_can_be_rejected_itself(road: Road) -> None:
    await road.submit()
    await road.approve()
    await road.grid_says(await road.grid_takes(), GridEvent.REJECTED)
    assert (await road.reject()).stage == "rejected"
    (task,) = await tasks(road.desk, TaskKind.PROPOSE_LOCATION)
    assert task.state is TaskState.DONE


@pytest.mark.step("P7")
async def test_a_call_that_comes_twice_is_kept_once(road: Road) -> None:
    await road.submit()
    await road.approve()
    given = await road.grid_takes()
    assert await road.grid_calls(given, GridEvent.APPROVED, "w1")
    assert not await road.grid_calls(given, GridEvent.APPROVED, "w1")
    assert len(await every(road.desk, GridCall)) == 1
    assert [fact.name for fact in await facts(road)] == ["placement", "grid_call"]


@pytest.mark.step("P7")
async def test_calls_that_come_twice_at_once_are_kept_once(road: Road) -> None:
    await road.submit()
    await road.approve()
    given = await road.grid_takes()
    kept = await asyncio.gather(*(road.grid_calls(given, GridEvent.APPROVED, "w1") for _ in range(6)))
    assert sorted(kept) == [False] * 5 + [True]


@pytest.mark.step("P7", "H2")
async def test_a_call_about_a_request_that_we_did_not_make_is_refused_by_its_field(road: Road) -> None:
    with pytest.raises(NotFound) as refused:
        await road.grid_calls("GC-UNKNOWN", GridEvent.APPROVED)
    assert refused.value.field == "/data/connection_request_id"
    assert await every(road.desk, GridCall) == []


@pytest.mark.step("P7")
async def test_a_call_after_the_end_is_kept_as_a_late_fact_and_asks_operations_to_look(road: Road) -> None:
    await road.submit()
    await road.approve()
    given = await road.grid_takes()
    await road.grid_says(given, GridEvent.REJECTED)
    await road.reject()
    assert await road.grid_calls(given, GridEvent.APPROVED, "late")
    late = (await facts(road))[-1]
    assert (late.late, late.delivered_at) == (True, None)
    (task,) = await tasks(road.desk, TaskKind.UNEXPECTED_FACT)
    assert "approved" in task.title
    assert task.due_at is not None
    assert "unexpected call of the grid operator" in await road.said()
    assert (await road.stages())[0] == "rejected"


@pytest.mark.step("P7")
async def test_a_late_call_about_an_earlier_location_is_recorded_and_moves_nothing(road: Road) -> None:
    await road.submit()
    await road.approve()
    first = await road.grid_takes()
    await road.grid_says(first, GridEvent.REJECTED)
    await road.propose()
    await road.grid_takes()
    await road.grid_says(first, GridEvent.INSTALLATION_SCHEDULED)
    assert (await road.stages())[0] == "grid_requested"
    assert "late call about an earlier location" in await road.said()
    assert (await road.attempts())[0].state == "rejected"


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P7")
async def test_a_cancellation_during_the_installation_moves_nothing_and_asks_operations_to_look(road: Road) -> None:
    given = str((await road.attempts())[0].connection_request_id)
    await road.grid_says(given, GridEvent.CANCELLED)
    assert (await road.stages())[0] == "in_installation"
    (task,) = await tasks(road.desk, TaskKind.UNEXPECTED_FACT)
    assert "cancelled" in task.title


@pytest.mark.step("P7", "P8")
async def test_each_call_moves_the_request_and_tells_the_requester(listening: Road) -> None:
    await listening.submit()
    await listening.approve()
    given = await listening.grid_takes()
    seen = []
    for event in ROAD_EVENTS:
        await listening.grid_says(given, event, scheduled_for="2026-12-01")
        seen.append((await listening.stages())[0])
    assert seen == [
        PlacementStage.GRID_APPROVED,
        PlacementStage.PREPARATION_SCHEDULED,
        PlacementStage.PENDING_GRID_INSTALLATION,
        PlacementStage.IN_INSTALLATION,
    ]
    assert (await told(listening))[1:] == [f"placement.{stage}" for stage in seen]
    (attempt,) = await listening.attempts()
    assert (attempt.scheduled_for, attempt.connected_at) == ("2026-12-01", None)
    await listening.grid_says(given, GridEvent.CONNECTED)
    assert (await listening.attempts())[0].connected_at is not None
