"""A fact that was on its way when its process ended, and workflows that can't be reached (rule 1)."""

from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities import relay as relaying
from activities.relay import Relay
from models.rules.access import Role
from models.rules.grid import GridEvent
from models.store import processes
from models.tables.handover import Handover, Process
from models.tables.task import Task, TaskKind
from models.usecases import placement, process
from tests.people import World
from tests.road import NOBODY, Road


class NothingRuns:
    """Stands where Temporal's client stands while no workflow of that name is open."""

    def __init__(self) -> None:
        self.asked = 0

    async def start_workflow(self, *_: Any, **__: Any) -> None:
        return

    def get_workflow_handle(self, _workflow_id: str) -> "NothingRuns":
        return self

    async def signal(self, *_: Any, **__: Any) -> None:
        self.asked += 1
        raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")


async def facts_of(road: Road, workflow_id: str) -> list[Handover]:
    async with road.desk.database.transaction() as session:
        return list(await processes.facts(session, workflow_id, before=None, limit=10))


async def test_a_fact_that_was_overtaken_by_the_end_of_its_process_becomes_a_late_one(world: World) -> None:
    road, client = Road(world), NothingRuns()
    request = await road.submit()
    workflow_id = placement.workflow_id(request.reference)
    async with road.desk.work(world.operations.actor, "test") as work:
        await placement.note_moved(work, request)
    await road.reject()
    relay = Relay(road.desk, cast("Client", client))
    await relay.deliver([workflow_id])
    await relay.deliver([workflow_id])
    fact, _start = await facts_of(road, workflow_id)
    assert (fact.late, fact.delivered_at, client.asked) == (True, None, 1)


async def test_a_fact_for_a_process_that_its_parent_has_still_to_start_is_kept_for_it(world: World) -> None:
    road = Road(world)
    request = await road.submit()
    workflow_id = placement.workflow_id(request.reference)
    async with road.desk.work(world.operations.actor, "test") as work:
        await placement.note_moved(work, request)
    await Relay(road.desk, cast("Client", NothingRuns())).deliver([workflow_id])
    fact, _start = await facts_of(road, workflow_id)
    assert (fact.late, fact.delivered_at, fact.attempts) == (False, None, 1)


async def test_workflows_that_can_not_be_reached_do_not_keep_the_sweep_from_the_others(world: World) -> None:
    road = Road(world)
    stuck = await road.submit()
    await _failed_often(road, placement.workflow_id(stuck.reference))
    fresh = await road.submit()
    async with road.desk.database.transaction() as session:
        first = await processes.with_undelivered(session, road.desk.clock() + relaying.LEFT_BEHIND_AFTER, 1)
    assert first == [placement.workflow_id(fresh.reference)]


async def _failed_often(road: Road, workflow_id: str) -> None:
    async with road.desk.database.transaction() as session:
        assert (await session.execute(select(Process).where(col(Process.workflow_id) == workflow_id))).first()
        await session.execute(sa.update(Handover).where(col(Handover.workflow_id) == workflow_id).values(attempts=99))


@pytest.mark.step("P7", "P22")
async def test_a_grid_call_that_was_overtaken_by_the_end_is_told_to_operations(world: World) -> None:
    road = Road(world)
    request = await road.submit()
    await road.approve()
    connection = await road.grid_takes()
    workflow_id = placement.workflow_id(request.reference)
    await road.grid_calls(connection, GridEvent.APPROVED)
    async with road.desk.work(NOBODY, "test") as work:
        await placement.note_moved(work, request)
        await process.end(work, workflow_id)
    await Relay(road.desk, cast("Client", NothingRuns())).deliver([workflow_id])
    moved, call, _start = await facts_of(road, workflow_id)
    assert (moved.late, call.late) == (True, True)
    said = await road.said("process")
    assert said == ["late fact: grid call"]  # what our own processes tell each other is no news
    async with road.desk.database.transaction() as session:
        found = await session.execute(select(Task).where(col(Task.kind) == TaskKind.UNEXPECTED_FACT))
        (opened,) = found.scalars()
    assert (opened.role, opened.reference) == (Role.OPERATIONS, request.reference)
    assert "grid call" in opened.title
