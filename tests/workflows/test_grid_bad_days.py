"""A grid operator on its bad days: slow, calling in any order, repeating itself, and late (P5, P7)."""

import random
from datetime import timedelta
from typing import cast

import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from activities.gateways.grid_operator import HttpGridOperator
from models.rules.grid import GridEvent
from models.store import processes
from models.tables.handover import Handover, HandoverKind
from tests.road import ROAD_EVENTS
from tests.sandbox_programs import API_KEY, WEBHOOK_SECRET, get, put, running
from tests.workflows import walk
from tests.workflows.house import House
from tests.workflows.outside import FakeGrid

pytestmark = pytest.mark.step("P7", "H1")

CALLBACK_URL = "http://127.0.0.1:9/v1/webhooks/grid-operator"
OUR_LIMIT_S, ITS_TIME_S = 0.5, 1.0


async def facts(house: House) -> list[Handover]:
    """Those of the placement's process, the oldest first."""
    async with house.desk.database.transaction() as session:
        found = await session.execute(
            select(Handover).where(col(Handover.workflow_id) == house.placement_id).order_by(col(Handover.number))
        )
        return list(found.scalars())


@pytest.mark.step("P5")
async def test_a_grid_operator_that_answers_after_our_limit_is_asked_again_and_takes_one_request(
    closed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real client against the stand-in as a program: each try is given up before its answer, but was done."""
    house = closed_house
    with running("grid_operator", {"SANDBOX_API_KEY": API_KEY, "SANDBOX_WEBHOOK_SECRET": WEBHOOK_SECRET}) as program:
        client = HttpGridOperator(program.url, SecretStr(API_KEY), CALLBACK_URL, call_limit_s=OUR_LIMIT_S)
        house.grid = cast("FakeGrid", client)
        put(program, "/control/fault", {"mode": "slow", "delay_s": ITS_TIME_S})

        async def posted_twice() -> bool:
            return any(each["posts"] >= 2 for each in get(program, "/control/counts"))

        async with house.open(monkeypatch):
            await walk.submitted(house)
            await house.decide(house.placement_id, "approve", walk.approval(house))
            await house.until(posted_twice)
            put(program, "/control/fault", {"mode": "ok"})
            connection = await walk.requested(house)
        await client.aclose()
        (count,) = get(program, "/control/counts")
        (known,) = get(program, "/control/requests")
    assert count["posts"] >= 3
    assert count["connection_request_id"] == known["connection_request_id"] == connection
    assert "grid operator can't be reached" in await house.road.said()


@pytest.mark.parametrize("seed", range(4))
async def test_calls_that_come_twice_and_in_any_order_lead_to_the_same_place(house: House, seed: int) -> None:
    calls = [*ROAD_EVENTS, GridEvent.CONNECTED] * 2
    random.Random(seed).shuffle(calls)
    connection = await walk.approved(house)
    await house.grid_says(connection, *calls)
    await house.assert_arrives("in_installation", "open")
    await house.until(lambda: heard(house, len(calls) + 1))
    (attempt,) = await house.road.attempts()
    assert attempt.state == "installation_scheduled", calls
    assert attempt.connected_at is not None
    assert (await house.road.stages())[:2] == ("in_installation", "open")
    assert (await house.road.said("work order")).count("work order made") == 1


async def heard(house: House, number: int) -> bool:
    """Every fact up to this one; the start is the first."""
    async with house.desk.database.transaction() as session:
        return await processes.applied_number(session, house.placement_id) == number


async def test_a_call_that_is_repeated_an_hour_later_changes_nothing(patient_house: House) -> None:
    house = patient_house
    await house.road.submit()
    await house.road.approve()
    await house.start_placement()
    connection = await walk.requested(house)
    await house.grid_says(connection, GridEvent.REJECTED, webhook_id="call-1", reason="No capacity")
    await house.assert_arrives("location_rejected")
    await house.skip(timedelta(hours=1))
    before = (await house.road.said(), len(await facts(house)), len(house.grid.keys))
    assert not await house.road.grid_calls(connection, GridEvent.REJECTED, "call-1", reason="No capacity")
    await house.relay.deliver([house.placement_id])
    await house.skip(timedelta(minutes=1))
    assert (await house.road.said(), len(await facts(house)), len(house.grid.keys)) == before


@pytest.mark.step("P4", "P22")
async def test_whatever_is_called_after_a_rejection_is_kept_as_late_and_starts_no_second_process(house: House) -> None:
    connection = await walk.approved(house)
    await house.grid_says(connection, GridEvent.REJECTED)
    await house.assert_arrives("location_rejected")
    await house.decide(house.placement_id, "reject", walk.rejection(house))
    handle = house.client.get_workflow_handle(house.placement_id)
    assert await handle.result() == "rejected"
    ended = await handle.describe()
    late = tuple(GridEvent)
    await house.grid_says(connection, *late)
    await house.relay.sweep()
    again = await house.client.get_workflow_handle(house.placement_id).describe()
    assert (again.run_id, again.close_time) == (ended.run_id, ended.close_time)
    told = await facts(house)
    assert [row.late for row in told[-len(late) :]] == [True] * len(late)
    assert [row.kind for row in told].count(HandoverKind.START) == 1
    assert (await house.road.stages())[:2] == ("rejected", None)
    said = await house.road.said()
    assert all(f"grid operator: {event.value}" in said for event in late)
    assert said.count("unexpected call of the grid operator") == len((*ROAD_EVENTS, GridEvent.CONNECTED))
    assert len(house.grid.keys) == 1
