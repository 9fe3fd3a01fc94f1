"""The rows are the truth: every process goes on from them, at whatever stage it was lost (rule 4)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from models.messages.base import Subject
from models.store import processes
from models.tables.asset import Asset
from models.tables.handover import Handover, HandoverKind, Process
from models.tables.placement import PlacementRequest
from models.tables.work_order import WorkOrder
from tests.road import Road
from tests.workflows import walk
from tests.workflows.house import House
from tests.workflows.test_histories import replayer

SUBJECTS: dict[str, Any] = {"placement": PlacementRequest, "installation": WorkOrder, "commissioning": Asset}


async def lose_everything(house: House) -> None:
    """Temporal's store is lost and every open process is started from its rows, with the subject that it had."""
    async with house.desk.database.transaction() as session:
        found = await session.execute(
            select(Process).where(col(Process.ended_at).is_(None), col(Process.kind).in_(SUBJECTS))
        )
        subjects = [
            (each, house.road.subject(await session.get_one(SUBJECTS[each.kind], each.subject_id)))
            for each in found.scalars()
        ]
    for each, _ in subjects:
        await _terminate(house, each.workflow_id)
        await _hand_over_again(house, each.workflow_id)
    for each, subject in subjects:
        await _start_again(house, each, subject)


async def _terminate(house: House, workflow_id: str) -> None:
    try:
        await house.client.get_workflow_handle(workflow_id).terminate("lost")
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


async def _hand_over_again(house: House, workflow_id: str) -> None:
    """What the lost process had heard and not yet put into the rows is told to the next one."""
    async with house.desk.database.transaction() as session:
        applied = await processes.applied_number(session, workflow_id)
        await session.execute(
            sa.update(Handover)
            .where(
                col(Handover.workflow_id) == workflow_id,
                col(Handover.number) > applied,
                col(Handover.kind) == HandoverKind.SIGNAL,
            )
            .values(delivered_at=None)
        )


async def _start_again(house: House, lost: Process, subject: Subject) -> None:
    try:
        await house.client.start_workflow(lost.kind, subject, id=lost.workflow_id, task_queue=house.queue)
    except WorkflowAlreadyStartedError:
        assert lost.kind != "placement", "its parent was quicker, and a placement has none"


async def the_long_road(house: House) -> list[str]:
    """With every bend; what the timeline says at its end."""
    second = await walk.location_replaced(house)
    await walk.in_installation(house, second)
    await walk.failed(house)
    await walk.begun_again(house)
    await walk.passed(house)
    await walk.charged(house)
    await walk.sat_submitted(house)
    await walk.sat_returned_and_corrected(house)
    await walk.sat_approved(house)
    await walk.operating(house)
    assert await walk.results(house) == ("operating", "closed", "active")
    return sorted(await house.road.said())


LONG_ROAD = sorted(
    [
        *("placement requested", "approve", "grid connection requested", "grid operator: rejected"),
        *("now location rejected", "propose location", "grid connection requested"),
        *("grid operator: approved", "grid operator: preparation_scheduled", "grid operator: connection_scheduled"),
        *("grid operator: installation_scheduled", "grid operator: connected"),
        *("now grid approved", "now preparation scheduled", "now pending grid installation", "now in installation"),
        *("work order made", "plan", "link hardware", "start connection test", "start connection test"),
        *("registered", "station connected", "test failed", "registered", "station connected", "station booted"),
        *("configuration applied", "self check passed", "test charge started", "test charge done"),
        *("submit sat", "sat submitted", "return sat", "sat returned", "submit sat", "sat submitted"),
        *("approve sat", "accepted", "sat approved", "SAT report filed"),
        *("activated", "stations active", "stations active"),
    ]
)


@pytest.mark.step("P22")
async def test_the_long_road_is_told_step_by_step_in_the_timeline_and_its_histories_replay(house: House) -> None:
    assert await the_long_road(house) == LONG_ROAD
    again = replayer(house.client.data_converter)
    for workflow_id in (house.placement_id, house.work_order_id, house.station_id):
        await again.replay_workflow(await house.client.get_workflow_handle(workflow_id).fetch_history())


@pytest.mark.step("P5", "P18", "P19")
async def test_processes_that_are_lost_before_every_step_go_on_and_nothing_is_done_twice(house: House) -> None:
    house.between = lambda: lose_everything(house)
    assert await the_long_road(house) == LONG_ROAD
    assert len(house.grid.made) == len(set(house.grid.keys)) == 2


STAGES: dict[str, Callable[[Road], Awaitable[object]]] = {
    "submitted": Road.submit,
    "in_installation": Road.to_work_order,
    "registered": Road.to_test,
    "checked": Road.to_checked,
    "test_charged": Road.to_test_charged,
    "sat_review": Road.to_submitted,
    "accepted": Road.to_accepted,
}


@pytest.mark.parametrize("stage", STAGES)
async def test_a_placement_started_from_rows_starts_what_belongs_to_it(house: House, stage: str) -> None:
    """Its parts are children of its own: one start brings the whole of it back."""
    await STAGES[stage](house.road)
    await all_heard(house)
    await house.start_placement()
    wanted = await open_processes(house)
    assert len(wanted) == {"submitted": 1, "in_installation": 2}.get(stage, 3)
    for workflow_id in wanted:
        await house.until(lambda workflow_id=workflow_id: _runs(house, workflow_id))  # type: ignore[misc]


async def all_heard(house: House) -> None:
    for workflow_id in await open_processes(house):
        await house.road.heard(workflow_id)


async def open_processes(house: House) -> list[str]:
    async with house.desk.database.transaction() as session:
        found = await session.execute(
            select(Process.workflow_id).where(col(Process.ended_at).is_(None), col(Process.kind).in_(SUBJECTS))
        )
        return list(found.scalars())


async def _runs(house: House, workflow_id: str) -> bool:
    try:
        return bool(await house.details(workflow_id))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
