"""Operations decides; of every refusal there is a clear answer and a record (P3, P4, P6)."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from activities.steps import refused
from models.errors import StageDoesNotAllow
from tests.api.carrying_out import failed
from tests.api.road import NEW, PLACEMENTS, Road
from tests.people import World

OTHER_PLACE = {**NEW["location"], "street": "Rokin", "house_number": "12"}


async def decide(road: Road, action: str, body: Any = None, *, key: str | None = None, second: bool = False) -> Any:
    person = road.world.second_operations if second else road.world.operations
    headers = {**person.headers, **({"Idempotency-Key": key} if key else {})}
    return await road.api.post(f"{PLACEMENTS}/{road.reference}/{action}", json=body, headers=headers)


async def timeline(road: Road, person: Any = None) -> list[dict[str, Any]]:
    path = f"{PLACEMENTS}/{road.reference}/timeline"
    items: list[dict[str, Any]] = (await road.call(person or road.world.operations, "GET", path))["items"]
    return items


@pytest.mark.step("P3", "P5")
async def test_an_approval_shows_the_placement_as_it_stands_then(road: Road) -> None:
    await road.submit()
    answer = await decide(road, "approve")
    assert answer.status_code == 200
    assert answer.json()["stage"] == "grid_requested"
    assert answer.json()["waits_for"] == "grid operator"
    assert answer.json()["allowed_actions"] == ["cancel"]
    decision = next(iter(road.processes.seen.values()))
    assert decision.actor.id == road.world.operations.id
    assert decision.correlation_id == answer.headers["x-correlation-id"]


@pytest.mark.step("P3")
async def test_of_two_who_decide_at_once_one_wins_and_the_other_gets_a_clear_conflict(road: Road) -> None:
    await road.submit()
    answers = await asyncio.gather(decide(road, "approve"), decide(road, "reject", {"reason": "No room"}, second=True))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    loser = next(answer.json() for answer in answers if answer.status_code == 409)
    assert loser["type"] in {"/problems/stage-does-not-allow", "/problems/process-ended"}
    refusals = [item for item in await timeline(road) if item["refused"]]
    assert [item["why"] for item in refusals] == [loser["detail"]]
    assert refusals[0]["who"] in {"Olga Operations", "Otto Operations"}


@pytest.mark.step("P4")
async def test_a_rejection_needs_a_reason_and_the_requester_reads_it(road: Road) -> None:
    await road.submit()
    for body in ({}, {"reason": "  "}, {"reason": 5}, {"reason": "x" * 2001}, {"reason": "ok", "why": "no"}):
        answer = await decide(road, "reject", body)
        assert answer.status_code == 422, body
    answer = await decide(road, "reject", {"reason": "A station stands around the corner"})
    assert answer.json()["stage"] == "rejected"
    seen = await road.call(road.world.requester, "GET", f"{PLACEMENTS}/{road.reference}")
    assert seen["rejection_reason"] == "A station stands around the corner"
    assert seen["ended_at"] is not None
    later = await decide(road, "approve")
    assert later.status_code == 409
    assert later.json()["type"] == "/problems/process-ended"


@pytest.mark.step("P3", "P4")
async def test_a_decision_sent_again_under_its_key_gets_its_answer_again(road: Road) -> None:
    await road.submit()
    body = {"reason": "No room"}
    first = await decide(road, "reject", body, key="k-1")
    again = await decide(road, "reject", body, key="k-1")
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert len(road.processes.seen) == 1
    assert not [item for item in await timeline(road) if item["refused"]]
    other = await decide(road, "reject", {"reason": "Another"}, key="k-1")
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    somebody_else = await decide(road, "reject", body, key="k-1", second=True)
    assert somebody_else.json()["type"] == "/problems/process-ended"


@pytest.mark.step("P6")
async def test_a_rejected_location_is_replaced_and_both_attempts_are_kept(road: Road) -> None:
    await road.submit()
    early = await decide(road, "locations", {"location": OTHER_PLACE})
    assert early.status_code == 409
    assert early.json()["facts"]["allowed"] == ["approve", "reject", "withdraw", "cancel"]
    grid_id = await road.approve()
    await road.grid_says("rejected", grid_id, reason="No capacity in this street")
    bad = await decide(road, "locations", {"location": {**OTHER_PLACE, "longitude": 180.1}})
    assert bad.json()["errors"][0]["pointer"] == "/location/longitude"
    answer = await decide(road, "locations", {"location": OTHER_PLACE})
    assert answer.json()["stage"] == "grid_requested"
    assert answer.json()["location"]["street"] == "Rokin"
    assert answer.json()["attempt"] == 2
    attempts = (await road.call(road.world.requester, "GET", f"{PLACEMENTS}/{road.reference}/attempts"))["items"]
    assert [(each["number"], each["state"], each["location"]["street"]) for each in attempts] == [
        (1, "rejected", "Dam"),
        (2, "requesting", "Rokin"),
    ]
    assert attempts[0]["reason"] == "No capacity in this street"
    assert attempts[0]["connection_request_id"] == grid_id


@pytest.mark.step("P3")
@pytest.mark.parametrize(
    ("raised", "status", "kind"),
    [
        (failed(refused(StageDoesNotAllow("not now", state="operating"))), 409, "stage-does-not-allow"),
        (RPCError("no such workflow", RPCStatusCode.NOT_FOUND, b""), 503, "process-not-ready"),
        (RPCError("no connection", RPCStatusCode.UNAVAILABLE, b""), 503, "process-not-ready"),
        (WorkflowUpdateRPCTimeoutOrCancelledError(), 503, "process-not-ready"),
    ],
)
async def test_whatever_temporal_says_becomes_a_problem(
    road: Road, raised: BaseException, status: int, kind: str
) -> None:
    await road.submit()
    road.processes.fails_with = raised
    answer = await decide(road, "approve")
    assert answer.status_code == status
    assert answer.json()["type"] == f"/problems/{kind}"
    assert ("retry-after" in answer.headers) == (status == 503)
    # What is no refusal, but only comes too early, is nothing for the record.
    assert len([item for item in await timeline(road) if item["refused"]]) == (status == 409)


@pytest.mark.step("P3")
async def test_nothing_is_decided_while_the_process_has_not_heard_everything(road: Road) -> None:
    made = await road.call(road.world.requester, "POST", PLACEMENTS, json=NEW)
    road.reference = made["reference"]
    answer = await decide(road, "approve")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert not road.processes.seen


@pytest.mark.step("P3")
async def test_only_operations_decides(road: Road, world: World) -> None:
    await road.submit()
    for person in (world.requester, world.administrator, world.installer_user, world.engineer):
        answer = await road.api.post(f"{PLACEMENTS}/{road.reference}/approve", headers=person.headers)
        assert answer.status_code == 403
    answer = await road.api.post(f"{PLACEMENTS}/PR-1999-000001/approve", headers=world.operations.headers)
    assert answer.status_code == 404


@pytest.mark.step("P22")
async def test_the_timeline_tells_who_did_what_when_and_why_and_which_messages_arrived(road: Road) -> None:
    world = road.world
    endpoint = {"channel": "mail", "address": "laadpalen@voorbeeld.example"}
    await road.call(world.requester, "POST", "/v1/endpoints", json=endpoint)
    await road.submit()
    await decide(road, "locations", {"location": OTHER_PLACE})
    await decide(road, "reject", {"reason": "No room"})
    items = await timeline(road)
    events = [item for item in items if item["kind"] == "event"]
    assert [(item["what"], item["who"], item["refused"]) for item in events] == [
        ("placement requested", "City system", False),
        ("propose location", "Olga Operations", True),
        ("reject", "Olga Operations", False),
    ]
    rejected = next(item for item in items if item["what"] == "reject")
    assert rejected["why"] == "No room"
    assert rejected["detail"] == {"before": "submitted", "after": "rejected"}
    assert rejected["at"].endswith("Z")
    message = next(item for item in items if item["kind"] == "message")
    assert message["what"] == "placement.rejected"
    assert message["message"]["address"] == "laadpalen@voorbeeld.example"
    assert message["message"]["state"] == "waiting"
    own = await timeline(road, world.requester)
    assert [item["what"] for item in own if not item["message"]] == ["placement requested", "reject"]


@pytest.mark.step("P22")
async def test_the_map_marks_where_the_placement_stands_and_has_been(road: Road) -> None:
    await road.submit()
    await decide(road, "approve")
    path = f"{PLACEMENTS}/{road.reference}/map.svg"
    answer = await road.api.get(path, headers=road.world.requester.headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "style-src 'unsafe-inline'" in answer.headers["content-security-policy"]
    assert "now at “Grid connection requested”" in answer.text
    assert "Passed: Request submitted." in answer.text
