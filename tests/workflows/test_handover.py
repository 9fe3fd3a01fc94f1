"""Facts and processes: heard once, in order, whoever was away in between (rule 1; every part, 1)."""

from typing import Any

import pytest
from sqlmodel import col, select

from models.messages.base import Fact
from models.rules.grid import GridEvent
from models.store import processes
from models.tables.handover import Handover
from tests.workflows import walk
from tests.workflows.house import House

pytestmark = pytest.mark.step("H1")


async def facts(house: House, workflow_id: str) -> list[Handover]:
    async with house.desk.database.transaction() as session:
        found = await session.execute(
            select(Handover).where(col(Handover.workflow_id) == workflow_id).order_by(col(Handover.number))
        )
        return list(found.scalars())


async def signal(house: House, row: Handover, **changed: Any) -> None:
    """Deliver a row past the relay."""
    fact = Fact(number=row.number, name=row.name, payload=row.payload, correlation_id=row.correlation_id)
    handle = house.client.get_workflow_handle(row.workflow_id)
    await handle.signal("fact", fact.model_copy(update=changed))


@pytest.mark.step("P7")
async def test_a_fact_that_is_delivered_twice_or_late_is_heard_once(house: House) -> None:
    connection = await walk.approved(house)
    await house.grid_says(connection, GridEvent.APPROVED, GridEvent.CONNECTION_SCHEDULED)
    await house.assert_arrives("pending_grid_installation")
    _, first, second = await facts(house, house.placement_id)
    for row in (second, first, second):
        await signal(house, row)
    await house.grid_says(connection, GridEvent.CONNECTED)
    await house.until(lambda: _applied(house, house.placement_id, 4))
    history = await house.client.get_workflow_handle(house.placement_id).fetch_history()
    applied = [
        event
        for event in history.events
        if event.activity_task_scheduled_event_attributes.activity_type.name == "apply_grid_call"
    ]
    assert len(applied) == 3
    await house.assert_arrives("pending_grid_installation")


async def _applied(house: House, workflow_id: str, number: int) -> bool:
    async with house.desk.database.transaction() as session:
        return await processes.applied_number(session, workflow_id) == number


@pytest.mark.step("P1", "P7")
async def test_what_happens_while_no_worker_works_is_done_by_the_next_one(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = closed_house
    async with house.open(monkeypatch):
        connection = await walk.approved(house)
        await house.until(lambda: house.is_at_rest(house.placement_id))
    await house.grid_says(connection, GridEvent.APPROVED, GridEvent.INSTALLATION_SCHEDULED)
    assert (await house.road.stages())[0] == "grid_requested"
    async with house.open(monkeypatch):
        await house.assert_arrives("in_installation", "open")
    assert len(house.grid.keys) == 1


@pytest.mark.step("P5")
async def test_a_worker_that_is_lost_after_the_call_and_before_its_step_is_followed_by_one_that_asks_alike(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grid operator took the request, and the worker died before it could write so."""
    house = closed_house
    house.grid.answers_lost = 1
    async with house.open(monkeypatch):
        await walk.submitted(house)
        await house.decide(house.placement_id, "approve", walk.approval(house))
        await house.until(lambda: _asked(house))
    async with house.open(monkeypatch):
        await walk.requested(house)
    assert len(house.grid.made) == 1
    assert len(set(house.grid.keys)) == 1


async def _asked(house: House) -> bool:
    return bool(house.grid.keys)


async def test_a_fact_for_a_process_that_its_parent_has_not_started_yet_waits_for_it(house: House) -> None:
    """The work order's row is there a moment before its process: what is told meanwhile is swept up."""
    await house.road.to_test()
    for workflow_id in (house.placement_id, house.work_order_id):
        await house.road.heard(workflow_id)
    assert await house.boots()
    boot = (await facts(house, house.station_id))[-1]
    assert boot.delivered_at is None
    await house.start_placement()
    await house.assert_arrives("in_installation", "in_progress", "checked")


@pytest.mark.step("P4", "P7")
async def test_a_call_after_the_end_does_not_bring_the_process_back(house: House) -> None:
    connection = await walk.approved(house)
    await house.grid_says(connection, GridEvent.REJECTED)
    await house.assert_arrives("location_rejected")
    await house.decide(house.placement_id, "reject", walk.rejection(house))
    handle = house.client.get_workflow_handle(house.placement_id)
    assert await handle.result() == "rejected"
    await house.grid_says(connection, GridEvent.APPROVED)
    assert (await facts(house, house.placement_id))[-1].late
    await house.relay.sweep()
    assert (await handle.describe()).close_time is not None
    assert (await house.road.stages())[0] == "rejected"
