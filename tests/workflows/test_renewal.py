"""Processes continue as new when their histories grow long, and nothing that reached them is lost (rule 4)."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from models.messages.placement import ProposeLocation
from models.rules.grid import GridEvent
from models.store import processes
from models.usecases import upkeep
from tests.conftest import settings_for
from tests.road import decision, location
from tests.temporal_server import PROGRAMS
from tests.workflows import test_station, walk
from tests.workflows.house import House
from tests.workflows.test_histories import replayer
from tests.workflows.test_rows import LONG_ROAD, the_long_road
from workflows import search_attributes
from workflows.client import data_converter

pytestmark = [pytest.mark.hard, pytest.mark.timeout(180), pytest.mark.step("H1")]

LONG = 40
"""So many events are a long history here."""
ROUNDS, CALLS_AT_ONCE = 6, 4


@pytest.fixture
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A server that suggests to continue as new after a few steps."""
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(PROGRAMS / "temporal"),
        dev_server_extra_args=["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LONG}"],
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(settings_for("postgresql://")),
    )
    yield environment
    await environment.shutdown()


async def runs(house: House, workflow_id: str) -> list[WorkflowHistory]:
    """The histories of a process's runs, oldest first."""
    handle = house.client.get_workflow_handle(workflow_id)
    found = [await handle.fetch_history()]
    while before := found[0].events[0].workflow_execution_started_event_attributes.continued_execution_run_id:
        found.insert(0, await house.client.get_workflow_handle(workflow_id, run_id=before).fetch_history())
    return found


@pytest.mark.step("P22")
async def test_the_long_road_is_the_same_over_many_runs_and_they_replay(house: House) -> None:
    assert await the_long_road(house) == LONG_ROAD
    again = replayer(house.client.data_converter)
    for workflow_id in (house.placement_id, house.work_order_id, house.station_id):
        histories = await runs(house, workflow_id)
        assert len(histories) > 1, workflow_id
        for history in histories:
            await again.replay_workflow(history)
    assert len(house.grid.made) == len(set(house.grid.keys)) == 2


@pytest.mark.step("P7")
async def test_no_fact_is_lost_or_heard_twice_while_a_process_continues_as_new(house: House) -> None:
    connection = await walk.approved(house)

    async def call() -> None:
        await house.road.grid_calls(connection, GridEvent.APPROVED)
        await house.relay.deliver([house.placement_id])

    for _ in range(ROUNDS):
        await asyncio.gather(*(call() for _ in range(CALLS_AT_ONCE)))
        await house.until(lambda: _is_applied(house, house.placement_id))
    await house.grid_finishes(connection)
    await house.until(lambda: _is_applied(house, house.placement_id))
    histories = await runs(house, house.placement_id)
    assert len(histories) > 2
    applied = [
        event.activity_task_scheduled_event_attributes
        for history in histories
        for event in history.events
        if event.activity_task_scheduled_event_attributes.activity_type.name == "apply_grid_call"
    ]
    assert len(applied) == ROUNDS * CALLS_AT_ONCE + 5
    said = await house.road.said()
    assert said.count("now grid approved") == 1


async def test_a_decision_that_comes_while_a_process_continues_as_new_is_carried_out_once(house: House) -> None:
    connection = await walk.location_replaced(house)
    for _ in range(3):
        await house.grid_says(connection, GridEvent.REJECTED, reason="No capacity")
        await house.assert_arrives("location_rejected")
        before = len(await house.road.attempts())
        other = decision(ProposeLocation, house.world.operations, location=location("Zijstraat"))
        await asyncio.gather(*(house.decide(house.placement_id, "propose_location", other) for _ in range(3)))
        connection = await walk.requested(house)
        assert len(await house.road.attempts()) == before + 1
    assert len(await runs(house, house.placement_id)) > 1


@pytest.mark.step("L5")
async def test_a_station_is_kept_as_it_is_wanted_over_many_runs_and_they_replay(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with test_station.active(closed_house, monkeypatch) as house:
        await test_station.kept_as_wanted(house)
        histories = await runs(house, upkeep.workflow_id(house.road.asset.name))
    assert len(histories) > 1
    assert house.station.settings == {"A": "4", "B": "2"}
    for history in histories:
        await replayer(house.client.data_converter).replay_workflow(history)


async def _is_applied(house: House, workflow_id: str) -> bool:
    async with house.desk.database.transaction() as session:
        process = await processes.find(session, workflow_id)
        return process is not None and process.applied_number == process.last_number
