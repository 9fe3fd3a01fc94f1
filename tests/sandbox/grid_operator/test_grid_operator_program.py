"""The grid operator's stand-in speaks its protocol and misbehaves as told."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox_programs import API_KEY, WEBHOOK_SECRET, Program, get, put, running, start_program, until

pytestmark = pytest.mark.step("P5", "P7")


@pytest.fixture
def hook(partner: Program) -> str:
    """A receiver of our own that verifies with the grid operator's secret."""
    name = uuid.uuid4().hex
    put(partner, f"/control/hooks/{name}", {"secret": WEBHOOK_SECRET})
    return name


@pytest.fixture
def customer(grid_operator: Program) -> Iterator[httpx.Client]:
    put(grid_operator, "/control/policy", {})
    put(grid_operator, "/control/fault", {})
    with _customer(grid_operator) as client:
        yield client
    put(grid_operator, "/control/policy", {})
    put(grid_operator, "/control/fault", {})


def _customer(program: Program) -> httpx.Client:
    return httpx.Client(base_url=program.url, headers={"Authorization": f"Bearer {API_KEY}"}, trust_env=False)


def _body(partner: Program, hook: str, **changes: Any) -> dict[str, Any]:
    address = {"street": "Dam", "house_number": "1", "postal_code": "1012 JS", "city": "Amsterdam", "country": "NL"}
    return {
        "reference": f"PR-2026-{uuid.uuid4().hex[:6]}/1",
        "address": address,
        "latitude": 52.37,
        "longitude": 4.89,
        "municipality": "Amsterdam",
        "charge_points": 2,
        "callback_url": f"{partner.url}/hooks/{hook}",
        **changes,
    }


def _ask(customer: httpx.Client, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    return customer.post("/connection-requests", json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex})


def _made(customer: httpx.Client, body: dict[str, Any]) -> str:
    return str(_ask(customer, body).json()["connection_request_id"])


def _status(customer: httpx.Client, request_id: str) -> str:
    return str(customer.get(f"/connection-requests/{request_id}").json()["status"])


def _cancel(customer: httpx.Client, request_id: str) -> httpx.Response:
    return customer.post(f"/connection-requests/{request_id}/cancel")


def _tell(program: Program, path: str, **told: Any) -> str:
    answer = httpx.post(program.url + path, json=told, trust_env=False)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["webhook_id"])


def test_the_same_key_and_body_give_the_same_answer(customer: httpx.Client, partner: Program, hook: str) -> None:
    body = _body(partner, hook)
    first, second = _ask(customer, body, "key-of-one"), _ask(customer, body, "key-of-one")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["status"] == "received"


def test_the_same_key_with_another_body_is_a_conflict(customer: httpx.Client, partner: Program, hook: str) -> None:
    key = uuid.uuid4().hex
    assert _ask(customer, _body(partner, hook), key).status_code == 201
    answer = _ask(customer, _body(partner, hook, charge_points=3), key)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"latitude": 91}, "#/latitude"),
        ({"longitude": "4.89"}, "#/longitude"),
        ({"charge_points": 0}, "#/charge_points"),
        ({"callback_url": "ftp://example.org"}, "#/callback_url"),
        ({"address": {"street": "Dam"}}, "#/address/house_number"),
        ({"surprise": 1}, "#/surprise"),
        ({"reference": "PR 1"}, "#/reference"),
    ],
)
def test_bad_input_is_answered_with_the_field(
    customer: httpx.Client, partner: Program, hook: str, change: dict[str, Any], pointer: str
) -> None:
    answer = _ask(customer, _body(partner, hook, **change))
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_a_missing_idempotency_key_is_named(customer: httpx.Client, partner: Program, hook: str) -> None:
    answer = customer.post("/connection-requests", json=_body(partner, hook))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "idempotency-key"


def test_a_body_beyond_the_limit_is_refused(customer: httpx.Client, partner: Program, hook: str) -> None:
    assert _ask(customer, _body(partner, hook, municipality="x" * 300_000)).status_code == 413


def test_a_wrong_api_key_is_refused(grid_operator: Program) -> None:
    answer = httpx.get(f"{grid_operator.url}/connection-requests/GC-1", headers={"Authorization": "Bearer no"})
    assert answer.status_code == 401


async def test_automatic_play_reports_the_whole_road_in_order(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    put(grid_operator, "/control/policy", {"mode": "automatic", "delay_s": 0.01})
    request_id = _made(customer, _body(partner, hook))
    calls = await until(lambda: _calls(partner, hook, 5))
    assert [call["body"]["type"].removeprefix("connection_request.") for call in calls] == [
        "approved",
        "preparation_scheduled",
        "connection_scheduled",
        "installation_scheduled",
        "connected",
    ]
    assert all(call["verified"] for call in calls)
    assert {call["body"]["data"]["connection_request_id"] for call in calls} == {request_id}
    assert calls[3]["body"]["data"]["scheduled_for"]
    assert _status(customer, request_id) == "connected"


async def test_the_policy_rejects_by_municipality_and_by_street(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    policy = {"mode": "automatic", "delay_s": 0, "reject_municipalities": ["Urk"], "reject_when_street_contains": "DA"}
    put(grid_operator, "/control/policy", policy)
    _made(customer, _body(partner, hook, municipality="urk"))
    _made(customer, _body(partner, hook))
    calls = await until(lambda: _calls(partner, hook, 2))
    assert [call["body"]["type"] for call in calls] == ["connection_request.rejected"] * 2
    assert calls[0]["body"]["data"]["reason"]


async def test_an_event_is_sent_again_until_it_is_taken(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    put(partner, f"/control/hooks/{hook}", {"secret": WEBHOOK_SECRET, "status": 500, "times": 2})
    request_id = _made(customer, _body(partner, hook))
    webhook_id = _tell(grid_operator, f"/control/requests/{request_id}/events", event="approved")
    calls = await until(lambda: _calls(partner, hook, 3))
    assert [(call["webhook_id"], call["answered"]) for call in calls] == [
        (webhook_id, 500),
        (webhook_id, 500),
        (webhook_id, 204),
    ]


async def test_an_event_can_be_sent_twice(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    request_id = _made(customer, _body(partner, hook))
    webhook_id = _tell(grid_operator, f"/control/requests/{request_id}/events", event="approved", times=2)
    calls = await until(lambda: _calls(partner, hook, 2))
    assert [call["webhook_id"] for call in calls] == [webhook_id, webhook_id]


async def test_a_badly_signed_event_is_sent_once_and_holds_nothing_up(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    request_id = _made(customer, _body(partner, hook))
    bad = _tell(grid_operator, f"/control/requests/{request_id}/events", event="rejected", signature="bad")
    await until(lambda: _calls(partner, hook, 1))
    good = _tell(grid_operator, f"/control/requests/{request_id}/events", event="approved")
    calls = await until(lambda: _calls(partner, hook, 2))
    assert [(call["webhook_id"], call["verified"]) for call in calls] == [(bad, False), (good, True)]
    event = await until(lambda: _event(grid_operator, request_id, bad))
    assert (event["sends_left"], event["attempts"], event["deliveries"]) == (0, 1, 0)
    assert _status(customer, request_id) == "approved"


async def test_events_can_arrive_out_of_order_and_about_unknown_requests(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    request_id = _made(customer, _body(partner, hook))
    late = {"event": "approved", "delay_s": 0.3, "timestamp": "2026-11-01T10:00:00+01:00"}
    _tell(grid_operator, f"/control/requests/{request_id}/events", **late)
    _tell(grid_operator, f"/control/requests/{request_id}/events", event="connected")
    _tell(grid_operator, "/control/events", event="approved", callback_url=f"{partner.url}/hooks/{hook}")
    calls = await until(lambda: _calls(partner, hook, 3))
    assert calls[-1]["body"]["type"] == "connection_request.approved"
    assert calls[-1]["body"]["timestamp"] == "2026-11-01T09:00:00Z"
    assert "GC-UNKNOWN" in {call["body"]["data"]["connection_request_id"] for call in calls[:2]}


async def test_cancelling_calls_off_what_was_planned_and_can_be_repeated(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    put(grid_operator, "/control/policy", {"mode": "automatic", "delay_s": 3600})
    request_id = _made(customer, _body(partner, hook))
    for _ in range(2):
        answer = _cancel(customer, request_id)
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    await until(lambda: _calls(partner, hook, 1))
    events = get(grid_operator, "/control/events", connection_request_id=request_id)
    assert [event["event"] for event in events] == ["cancelled"]
    assert _cancel(customer, "GC-NONE").status_code == 404


async def test_what_is_connected_can_not_be_cancelled(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    request_id = _made(customer, _body(partner, hook))
    _tell(grid_operator, f"/control/requests/{request_id}/events", event="connected")
    await until(lambda: _calls(partner, hook, 1))
    assert _cancel(customer, request_id).status_code == 409


def test_being_down_turns_calls_away_and_ends_by_itself(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    put(grid_operator, "/control/fault", {"mode": "down", "for_s": 0.5, "retry_after_s": 7})
    body, key = _body(partner, hook), uuid.uuid4().hex
    down = _ask(customer, body, key)
    assert (down.status_code, down.headers["retry-after"]) == (503, "7")
    deadline = time.monotonic() + 5
    while _ask(customer, body, key).status_code == 503:
        assert time.monotonic() < deadline
    (count,) = get(grid_operator, "/control/counts", reference=body["reference"])
    assert count["turned_away"] == count["posts"] - 1
    assert count["connection_request_id"]


def test_a_lost_answer_leaves_the_work_done(
    customer: httpx.Client, grid_operator: Program, partner: Program, hook: str
) -> None:
    body, key = _body(partner, hook), uuid.uuid4().hex
    put(grid_operator, "/control/fault", {"mode": "lose_answer"})
    assert _ask(customer, body, key).status_code == 504
    put(grid_operator, "/control/fault", {"mode": "ok"})
    assert _ask(customer, body, key).status_code == 200
    assert len(get(grid_operator, "/control/requests", reference=body["reference"])) == 1


async def test_requests_and_unsent_events_outlive_a_kill(tmp_path: Path, partner: Program, hook: str) -> None:
    environment = {
        "SANDBOX_API_KEY": API_KEY,
        "SANDBOX_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "SANDBOX_STATE": str(tmp_path),
    }
    put(partner, f"/control/hooks/{hook}", {"secret": WEBHOOK_SECRET, "status": 503})
    first = start_program("grid_operator", environment)
    body, key = _body(partner, hook), uuid.uuid4().hex
    try:
        with _customer(first) as customer:
            request_id = _ask(customer, body, key).json()["connection_request_id"]
        webhook_id = _tell(first, f"/control/requests/{request_id}/events", event="approved")
        await until(lambda: _calls(partner, hook, 1))
    finally:
        first.kill()
    put(partner, f"/control/hooks/{hook}", {"secret": WEBHOOK_SECRET})
    again = first.started_again()
    try:
        with _customer(again) as customer:
            assert _ask(customer, body, key).json()["connection_request_id"] == request_id
        taken = await until(lambda: [call for call in _calls(partner, hook, 1) if call["answered"] == 204])
        assert [call["webhook_id"] for call in taken] == [webhook_id]
    finally:
        assert again.stop() == 0


def test_a_missing_setting_ends_the_program_with_its_name() -> None:
    with (
        pytest.raises(RuntimeError, match="SANDBOX_API_KEY must be set"),
        running("grid_operator", {"SANDBOX_API_KEY": ""}),
    ):
        pass


def _calls(partner: Program, hook: str, at_least: int) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = get(partner, f"/hooks/{hook}/calls")
    return calls if len(calls) >= at_least else []


def _event(program: Program, request_id: str, webhook_id: str) -> dict[str, Any] | None:
    """One event after its last sending."""
    events = get(program, "/control/events", connection_request_id=request_id)
    return next((event for event in events if event["webhook_id"] == webhook_id and not event["sends_left"]), None)
