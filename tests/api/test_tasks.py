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


async def test_a_task_is_given_to_a_colleague_with_its_role(
    api: httpx.AsyncClient, world: World, subject: UUID
) -> None:
    assert subject
    path = f"/v1/tasks/{await _only_task(api, world)}"
    await api.post(f"{path}/claim", headers=world.operations.headers)
    body = {"to": str(world.second_operations.id), "reason": "I am on leave"}
    assert (await api.post(f"{path}/reassign", json=body, headers=world.installer_user.headers)).status_code == 404
    assert (await api.post(f"{path}/reassign", json=body, headers=world.warehouse.headers)).status_code == 403
    given = await api.post(f"{path}/reassign", json=body, headers=world.operations.headers)
    assert given.json()["claimed_by"] == str(world.second_operations.id)
    wrong = await api.post(f"{path}/reassign", json={"to": str(world.warehouse.id)}, headers=world.operations.headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/to")
    mine = await api.get("/v1/tasks?mine=true", headers=world.second_operations.headers)
    assert len(mine.json()["items"]) == 1
    assert (await api.get("/v1/tasks?mine=true", headers=world.operations.headers)).json()["items"] == []


async def test_operations_moves_a_due_date_with_a_reason_and_partners_do_not(
    api: httpx.AsyncClient, world: World, desk: Desk, subject: UUID
) -> None:
    assert subject
    async with desk.work(world.operations.actor, "test") as work:
        await task.open_task(
            work, TaskKind.PERFORM_WORK_ORDER, Role.INSTALLER, world.installer.id, new_id(), "WO-1", "Install",
            working_days=5,
        )  # fmt: skip
    (install,) = (await api.get("/v1/tasks", headers=world.installer_user.headers)).json()["items"]
    path = f"/v1/tasks/{install['id']}"
    body = {"due_at": "2026-01-05T16:00:00Z", "reason": "The crew is ill"}
    assert (await api.post(f"{path}/due-date", json=body, headers=world.installer_user.headers)).status_code == 403
    no_zone = {**body, "due_at": "2026-01-05T16:00:00"}
    refused = await api.post(f"{path}/due-date", json=no_zone, headers=world.operations.headers)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/due_at")
    no_reason = await api.post(f"{path}/due-date", json={"due_at": body["due_at"]}, headers=world.operations.headers)
    assert no_reason.status_code == 422
    moved = (await api.post(f"{path}/due-date", json=body, headers=world.operations.headers)).json()
    assert (moved["overdue"], moved["overdue_since"]) == (True, "2026-01-05T16:00:00Z")
    assert (await api.get(path, headers=world.operations.headers)).json() == moved
    assert (await api.get(path, headers=world.other_installer_user.headers)).status_code == 404


async def test_the_inbox_shows_what_is_overdue_first_and_is_searched(
    api: httpx.AsyncClient, world: World, desk: Desk, subject: UUID
) -> None:
    async with desk.work(world.operations.actor, "test") as work:
        for kind, days in ((TaskKind.UNEXPECTED_FACT, None), (TaskKind.REVIEW_SAT, 2)):
            await task.open_task(
                work, kind, Role.OPERATIONS, world.operator.id, new_id(), "PR-2", "Look", working_days=days
            )
    headers = world.operations.headers
    kinds = [each["kind"] for each in (await api.get("/v1/tasks", headers=headers)).json()["items"]]
    assert kinds == ["review_sat", "review_placement", "unexpected_fact"]
    review = (await api.get("/v1/tasks?kind=review_placement", headers=headers)).json()["items"][0]
    assert review["subject_id"] == str(subject)
    body = {"due_at": "2026-01-05T16:00:00Z", "reason": "to see"}
    await api.post(f"/v1/tasks/{review['id']}/due-date", json=body, headers=headers)
    pages, cursor = [], ""
    while cursor is not None:
        page = (await api.get(f"/v1/tasks?limit=1{cursor}", headers=headers)).json()
        pages += [each["kind"] for each in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert pages == ["review_placement", "review_sat", "unexpected_fact"]
    late = (await api.get("/v1/tasks?overdue=true", headers=headers)).json()["items"]
    assert [each["kind"] for each in late] == ["review_placement"]
    nobodys = (await api.get(f"/v1/tasks?claimed_by={world.operations.id}", headers=headers)).json()["items"]
    assert nobodys == []
