"""Requesters withdraw, operations cancels, and both see what is still to be undone (P20)."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from models.rules.undoing import Undo
from models.usecases import undoing
from tests.api.road import PLACEMENTS, Road
from tests.people import Person

pytestmark = pytest.mark.step("P20")


async def call_off(road: Road, action: str, body: Any, person: Person, **headers: str) -> Any:
    path = f"{PLACEMENTS}/{road.reference}/{action}"
    return await road.api.post(path, json=body, headers={**person.headers, **headers})


async def left(road: Road, person: Person) -> dict[str, Any]:
    answer: dict[str, Any] = await road.call(person, "GET", f"{PLACEMENTS}/{road.reference}/undoing")
    return answer


async def test_a_requester_withdraws_with_or_without_a_reason_and_sees_how_far_it_is(road: Road) -> None:
    await road.submit()
    grid_id = await road.approve()
    before = await left(road, road.world.requester)
    assert before == {"ending": None, "reason": None, "items": []}
    answer = await call_off(road, "withdraw", {"reason": "The street is rebuilt"}, road.world.requester)
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["stage"], shown["ending"], shown["ending_reason"]) == (
        "undoing",
        "withdrawn",
        "The street is rebuilt",
    )
    assert shown["allowed_actions"] == []
    now = await left(road, road.world.requester)
    wanted = {"what": "cancel_connection_request", "reference": grid_id, "waits_for": "grid operator"}
    assert now == {"ending": "withdrawn", "reason": "The street is rebuilt", "items": [wanted]}


async def test_no_reason_is_no_obstacle_for_a_requester(road: Road) -> None:
    await road.submit()
    answer = await call_off(road, "withdraw", {}, road.world.requester_user)
    assert (answer.status_code, answer.json()["ending_reason"]) == (200, None)


async def test_operations_has_to_give_a_reason(road: Road) -> None:
    await road.submit()
    for body in ({}, {"reason": "  "}, {"reason": None}):
        assert (await call_off(road, "cancel", body, road.world.operations)).status_code == 422
    answer = await call_off(road, "cancel", {"reason": "The tender has ended"}, road.world.operations)
    assert answer.json()["ending"] == "cancelled"
    seen = await road.call(road.world.requester, "GET", f"{PLACEMENTS}/{road.reference}")
    assert seen["ending_reason"] == "The tender has ended"


async def test_each_does_only_what_is_theirs(road: Road) -> None:
    await road.submit()
    world = road.world
    for person in (world.operations, world.administrator, world.installer_user, world.engineer):
        assert (await call_off(road, "withdraw", {}, person)).status_code == 403
    for person in (world.requester, world.administrator, world.installer_user):
        assert (await call_off(road, "cancel", {"reason": "No"}, person)).status_code == 403
    assert (await call_off(road, "withdraw", {}, world.other_requester)).status_code == 404
    path = f"{PLACEMENTS}/{road.reference}"
    assert (await road.call(world.requester, "GET", path))["allowed_actions"] == ["withdraw"]
    assert (await road.call(world.operations, "GET", path))["allowed_actions"] == ["approve", "reject", "cancel"]
    assert (await road.api.get(f"{path}/undoing", headers=world.other_requester.headers)).status_code == 404


async def test_of_a_withdrawal_and_a_cancellation_at_once_one_wins(road: Road) -> None:
    await road.submit()
    answers = await asyncio.gather(
        call_off(road, "withdraw", {}, road.world.requester),
        call_off(road, "cancel", {"reason": "The tender has ended"}, road.world.operations),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_withdrawal_sent_again_under_its_key_gets_its_answer_again(road: Road) -> None:
    await road.submit()
    answers = [
        await call_off(road, "withdraw", {}, road.world.requester, **{"Idempotency-Key": "k-1"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert len(road.processes.seen) == 1


@pytest.mark.walked("to_test_charged")
async def test_on_site_everything_that_is_left_is_named_in_its_order(road: Road) -> None:
    name = road.station
    await call_off(road, "cancel", {"reason": "The tender has ended"}, road.world.operations)
    items = (await left(road, road.world.operations))["items"]
    assert [each["what"] for each in items[:3]] == ["cancel_work_order", "deregister_station", "unlink_hardware"]
    assert [each["reference"] for each in items[:3]] == [road.work_order, name, "VW-1"]
    assert {each["waits_for"] for each in items[:3]} == {"stationmaster"}


@pytest.mark.walked("to_test_charged")
async def test_the_warehouse_sees_what_comes_back_and_books_it_in(road: Road) -> None:
    await call_off(road, "withdraw", {}, road.world.requester)
    await undo_on_site(road)
    tasks = (await road.call(road.world.warehouse, "GET", "/v1/tasks"))["items"]
    (task,) = [each for each in tasks if each["kind"] == "return_hardware"]
    assert (task["reference"], task["due_at"] is not None) == ("VW-1", True)
    await road.call(road.world.warehouse, "POST", "/v1/hardware/units/VW-1/return")
    items = (await left(road, road.world.operations))["items"]
    assert Undo.RETURN_HARDWARE.value not in [each["what"] for each in items]
    assert (await road.call(road.world.warehouse, "GET", "/v1/tasks"))["items"] == []


async def undo_on_site(road: Road) -> None:
    """As the placement's process does."""
    for _ in range(3):
        first = (await left(road, road.world.operations))["items"][0]["what"]
        async with road.world.desk.work(road.world.operations.actor, "test") as work:
            progress = await undoing.load_by_part(work, await _placement_id(road))
            part = progress.to_undo[0].subject_id
            step = {
                "cancel_work_order": undoing.cancel_work_order,
                "deregister_station": undoing.deregister_station,
                "unlink_hardware": undoing.unlink_hardware,
            }[first]
            await step(work, part)


async def _placement_id(road: Road) -> Any:
    shown = await road.call(road.world.operations, "GET", f"{PLACEMENTS}/{road.reference}")
    return UUID(shown["id"])


async def test_the_map_and_the_timeline_tell_of_the_way_back(road: Road) -> None:
    await road.submit()
    await call_off(road, "withdraw", {"reason": "The street is rebuilt"}, road.world.requester)
    path = f"{PLACEMENTS}/{road.reference}"
    drawn = await road.api.get(f"{path}/map.svg", headers=road.world.requester.headers)
    assert "now at “Being undone”" in drawn.text
    items = (await road.call(road.world.requester, "GET", f"{path}/timeline"))["items"]
    (told,) = [each for each in items if each["what"] == "withdraw"]
    assert (told["who"], told["why"]) == ("City system", "The street is rebuilt")
