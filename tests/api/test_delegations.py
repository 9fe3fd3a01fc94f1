"""A deputy for days off (P21)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.people import Person, World

pytestmark = pytest.mark.step("P21")


def days_off(deputy: Person, first: int = 0, last: int = 5) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    return {
        "deputy_id": str(deputy.id),
        "first_day": str(today + timedelta(days=first)),
        "last_day": str(today + timedelta(days=last)),
    }


async def test_a_deputy_is_named_shown_to_both_and_taken_back(api: httpx.AsyncClient, world: World) -> None:
    olga, otto = world.operations, world.second_operations
    made = await api.post("/v1/delegations", json=days_off(otto), headers=olga.headers)
    assert (made.status_code, made.json()["deputy_id"]) == (201, str(otto.id))
    for person in (olga, otto):
        (shown,) = (await api.get("/v1/delegations", headers=person.headers)).json()["items"]
        assert shown == made.json()
    assert (await api.get("/v1/delegations", headers=world.administrator.headers)).json()["items"] == []
    path = f"/v1/delegations/{made.json()['id']}"
    for stranger in (otto, world.administrator, world.installer_user):
        assert (await api.delete(path, headers=stranger.headers)).status_code == 404
    assert (await api.delete(path, headers=olga.headers)).status_code == 204
    (shown,) = (await api.get("/v1/delegations", headers=olga.headers)).json()["items"]
    assert shown["ended_at"] is not None


async def test_the_same_request_under_its_key_names_one_deputy(api: httpx.AsyncClient, world: World) -> None:
    headers = {**world.operations.headers, "Idempotency-Key": "away"}
    body = days_off(world.second_operations)
    first, again = [await api.post("/v1/delegations", json=body, headers=headers) for _ in range(2)]
    assert first.json() == again.json()
    other = await api.post("/v1/delegations", json=body, headers=world.operations.headers)
    assert other.status_code == 409


async def test_nobody_of_another_organisation_stands_in_and_no_program_does(
    api: httpx.AsyncClient, world: World
) -> None:
    for deputy in (world.installer_user, world.requester):
        answer = await api.post("/v1/delegations", json=days_off(deputy), headers=world.operations.headers)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/deputy_id")
    answer = await api.post("/v1/delegations", json=days_off(world.requester_user), headers=world.requester.headers)
    assert answer.status_code == 403


async def test_colleagues_are_the_people_of_ones_own_organisation(api: httpx.AsyncClient, world: World) -> None:
    mine = (await api.get("/v1/colleagues", headers=world.operations.headers)).json()["items"]
    assert str(world.second_operations.id) in {each["id"] for each in mine}
    assert str(world.installer_user.id) not in {each["id"] for each in mine}
    theirs = (await api.get("/v1/colleagues", headers=world.requester_user.headers)).json()["items"]
    assert [each["id"] for each in theirs] == [str(world.requester_user.id)]
