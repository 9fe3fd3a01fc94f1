"""Engineers see the facts on their way to a process, and repair those that can't be delivered (rule 1)."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col
from temporalio.service import RPCStatusCode

from activities import relay as relays
from activities.courier import Courier
from activities.relay import Relay
from models.messages.base import Actor
from models.rules.grid import GridEvent
from models.store.database import Database
from models.tables.base import new_id
from models.tables.handover import Handover
from models.tables.timeline import TimelineEntry
from models.usecases import process
from models.usecases.work import Desk
from tests.activities.temporal import FakeTemporal
from tests.people import World
from tests.road import Road

pytestmark = pytest.mark.step("H1", "H5")

STUCK, FREE = "placement-PR-1", "placement-PR-2"


@pytest.fixture
def temporal(app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> FakeTemporal:
    """The API delivers to it; it takes facts for everybody but STUCK."""
    fake: Any = FakeTemporal()
    fake.refuses = lambda workflow_id: RPCStatusCode.INVALID_ARGUMENT if workflow_id == STUCK else None
    monkeypatch.setattr(relays, "STUCK_AFTER_ATTEMPTS", 2)
    object.__setattr__(app.state.services, "courier", Courier(Relay(desk, fake)))
    told: FakeTemporal = fake
    return told


@pytest.fixture
async def relay_of_the_workers(desk: Desk, temporal: FakeTemporal) -> Relay:
    for name in (STUCK, FREE):
        async with desk.work(Actor(id=None, name="tests"), "test") as work:
            await process.begin(work, name, "placement", new_id(), name.removeprefix("placement-"))
            for _ in range(3):
                await process.hand_over(work, name, "grid_call", {"webhook_id": "w"})
    client: Any = temporal
    relay = Relay(desk, client)
    for _ in range(3):
        await relay.deliver([STUCK, FREE])
    return relay


async def facts(api: httpx.AsyncClient, world: World, workflow_id: str, **query: Any) -> list[tuple[int, str]]:
    answer = await api.get(f"/v1/processes/{workflow_id}/facts", params=query, headers=world.engineer.headers)
    assert answer.status_code == 200, answer.text
    return [(each["number"], each["state"]) for each in answer.json()["items"]]


@pytest.mark.usefixtures("relay_of_the_workers")
async def test_a_fact_that_is_stuck_is_seen_with_its_reason_and_holds_up_its_own_process_only(
    api: httpx.AsyncClient, world: World
) -> None:
    assert await facts(api, world, STUCK) == [(4, "waiting"), (3, "waiting"), (2, "waiting"), (1, "stuck")]
    assert await facts(api, world, FREE) == [(4, "delivered"), (3, "delivered"), (2, "delivered"), (1, "delivered")]
    answer = await api.get(f"/v1/processes/{STUCK}/facts?state=stuck", headers=world.engineer.headers)
    (only,) = answer.json()["items"]
    assert (only["number"], only["attempts"]) == (1, 3)
    assert only["last_error"].startswith("INVALID_ARGUMENT")
    assert only["stuck_at"]


@pytest.mark.usefixtures("relay_of_the_workers")
async def test_facts_come_in_pages_and_by_state(api: httpx.AsyncClient, world: World) -> None:
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 3}
    for _ in range(2):
        answer = await api.get(f"/v1/processes/{STUCK}/facts", params=query, headers=world.engineer.headers)
        seen += [each["number"] for each in answer.json()["items"]]
        query["cursor"] = answer.json()["next_cursor"]
    assert seen == [4, 3, 2, 1]
    assert query["cursor"] is None
    for state, numbers in {"waiting": [4, 3, 2], "stuck": [1], "delivered": [], "late": [], "skipped": []}.items():
        assert [number for number, _ in await facts(api, world, STUCK, state=state)] == numbers
    unknown = await api.get("/v1/processes/placement-PR-9/facts", headers=world.engineer.headers)
    assert unknown.status_code == 404


async def test_a_retry_delivers_what_was_stuck_and_closes_its_task(
    api: httpx.AsyncClient, world: World, temporal: FakeTemporal, relay_of_the_workers: Relay
) -> None:
    assert relay_of_the_workers
    (task,) = (await api.get("/v1/tasks", headers=world.engineer.headers)).json()["items"]
    assert (task["kind"], task["reference"]) == ("handover_stuck", STUCK)
    temporal.come_back()
    answer = await repair(api, world, 1, "retry")
    assert (answer.status_code, answer.json()["state"]) == (200, "delivered")
    assert {state for _, state in await facts(api, world, STUCK)} == {"delivered"}
    assert (await api.get("/v1/tasks", headers=world.engineer.headers)).json()["items"] == []


async def test_a_fact_that_is_skipped_lets_those_behind_it_through_and_stays_on_record(
    api: httpx.AsyncClient, world: World, temporal: FakeTemporal, relay_of_the_workers: Relay, database: Database
) -> None:
    assert relay_of_the_workers
    refused = await repair(api, world, 1, "skip")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/stage-does-not-allow")
    temporal.come_back()
    await repair(api, world, 1, "retry")
    temporal.refuses = lambda _: RPCStatusCode.INVALID_ARGUMENT
    async with database.transaction() as session:
        await session.execute(sa.update(Handover).where(col(Handover.number) == 3).values(delivered_at=None))
    temporal.come_back()
    answer = await repair(api, world, 3, "skip", reason="It names a location that was never ours")
    assert (answer.status_code, answer.json()["state"]) == (200, "skipped")
    assert temporal.heard[STUCK] == [2, 3, 4]
    again = await repair(api, world, 3, "retry")
    assert again.status_code == 409
    async with database.transaction() as session:
        about = col(TimelineEntry.subject) == "process"
        told = await session.execute(
            sa.select(col(TimelineEntry.what), col(TimelineEntry.why), col(TimelineEntry.actor_name)).where(about)
        )
        entries = {tuple(row) for row in told}
    assert ("fact passed over", "It names a location that was never ours", "Eva Engineer") in entries
    assert ("fact tried again", "It is mended", "Eva Engineer") in entries


@pytest.mark.usefixtures("relay_of_the_workers")
async def test_only_engineers_repair_and_a_reason_is_asked_for(api: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/processes/{STUCK}/facts/1/retry"
    assert (await api.post(path, json={"reason": " "}, headers=world.engineer.headers)).status_code == 422
    assert (await api.post(path, json={"reason": "x"}, headers=world.administrator.headers)).status_code == 403
    missing = await repair(api, world, 99, "retry")
    assert missing.status_code == 404
    assert await facts(api, world, STUCK, state="stuck") == [(1, "stuck")]


async def repair(
    api: httpx.AsyncClient, world: World, number: int, how: str, *, reason: str = "It is mended"
) -> httpx.Response:
    path = f"/v1/processes/{STUCK}/facts/{number}/{how}"
    return await api.post(path, json={"reason": reason}, headers=world.engineer.headers)


@pytest.mark.step("P7", "P22")
async def test_a_call_that_comes_after_the_end_is_shown_as_late_and_becomes_a_task(
    api: httpx.AsyncClient, world: World
) -> None:
    road = Road(world)
    reference = (await road.submit()).reference
    await road.approve()
    connection = await road.grid_takes()
    await road.grid_says(connection, GridEvent.REJECTED, reason="No capacity")
    await road.reject()
    await road.grid_calls(connection, GridEvent.APPROVED)
    number, state = (await facts(api, world, f"placement-{reference}"))[0]
    assert (number, state) == (3, "late")
    timeline = await api.get(f"/v1/placement-requests/{reference}/timeline", headers=world.operations.headers)
    told = {(each["what"], each["why"]) for each in timeline.json()["items"]}
    assert ("late fact: grid call", "the process had ended") in told
    shown = await api.get(f"/v1/placement-requests/{reference}", headers=world.operations.headers)
    assert shown.json()["stage"] == "rejected"
    tasks = (await api.get("/v1/tasks", headers=world.operations.headers)).json()["items"]
    assert [each["reference"] for each in tasks if each["kind"] == "unexpected_fact"] == [reference]
