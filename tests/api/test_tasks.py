"""The inbox (P21)."""

import asyncio
from uuid import UUID

import httpx
import pytest

from models.rules.access import Role
from models.tables.base import new_id
from models.tables.task import TaskKind
from models.usecases import task
from models.usecases.work import Desk
from tests.people import World

pytestmark = pytest.mark.step("P21")


@pytest.fixture
async def subject(desk: Desk, world: World) -> UUID:
    """What an open task for operations is about."""
    about = new_id()
    async with desk.work(world.operations.actor, "test") as work:
        await task.open_task(
            work,
            TaskKind.REVIEW_PLACEMENT,
            Role.OPERATIONS,
            world.operator.id,
            about,
            "PR-2026-000001",
            "Decide on the placement request",
            working_days=5,
        )
    return about


async def _only_task(api: httpx.AsyncClient, world: World) -> str:
    (only,) = (await api.get("/v1/tasks", headers=world.operations.headers)).json()["items"]
    return str(only["id"])


async def test_a_task_is_claimed_by_one_and_released_by_the_same(
    api: httpx.AsyncClient, world: World, subject: UUID
) -> None:
    path = f"/v1/tasks/{await _only_task(api, world)}"
    mine, other = world.operations.headers, world.second_operations.headers
    claimed = await api.post(f"{path}/claim", headers=mine)
    assert (claimed.json()["claimed_by"], claimed.json()["subject_id"]) == (str(world.operations.id), str(subject))
    taken = await api.post(f"{path}/claim", headers=other)
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/task-taken")
    assert (await api.post(f"{path}/release", headers=other)).status_code == 409
    assert (await api.post(f"{path}/release", headers=mine)).json()["claimed_by"] is None
    assert (await api.post(f"{path}/claim", headers=other)).status_code == 200


async def test_of_two_who_claim_at_once_one_wins(api: httpx.AsyncClient, world: World, subject: UUID) -> None:
    assert subject
    path = f"/v1/tasks/{await _only_task(api, world)}/claim"
    people = (world.operations, world.second_operations) * 3
    answers = await asyncio.gather(*(api.post(path, headers=person.headers) for person in people))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 3


async def test_an_inbox_shows_what_is_for_ones_roles(
    api: httpx.AsyncClient, world: World, desk: Desk, subject: UUID
) -> None:
    only = await _only_task(api, world)
    for stranger in (world.warehouse, world.installer_user, world.requester):
        assert (await api.get("/v1/tasks", headers=stranger.headers)).json()["items"] == []
    assert (await api.post(f"/v1/tasks/{only}/claim", headers=world.warehouse.headers)).status_code == 403
    assert (await api.post(f"/v1/tasks/{only}/claim", headers=world.installer_user.headers)).status_code == 404
    async with desk.work(world.operations.actor, "test") as work:
        await task.close_task(work, TaskKind.REVIEW_PLACEMENT, subject)
    assert (await api.get("/v1/tasks", headers=world.operations.headers)).json()["items"] == []
    (done,) = (await api.get("/v1/tasks?state=done", headers=world.operations.headers)).json()["items"]
    assert done["done_by"] == str(world.operations.id)
    assert (await api.post(f"/v1/tasks/{only}/claim", headers=world.operations.headers)).status_code == 409
