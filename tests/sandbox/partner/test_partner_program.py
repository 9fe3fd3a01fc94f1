"""The partners' receiver checks signatures, keeps calls, and fails as told."""

import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from tests.sandbox_programs import WEBHOOK_SECRET, Program, get, put, start_program

OTHER_SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

pytestmark = pytest.mark.step("N")


@pytest.fixture
def hook(partner: Program) -> str:
    name = uuid.uuid4().hex
    put(partner, f"/control/hooks/{name}", {"secret": WEBHOOK_SECRET})
    return name


def _call(
    program: Program, hook: str, secret: str = WEBHOOK_SECRET, age: timedelta = timedelta(), **changed: str
) -> httpx.Response:
    at = datetime.now(UTC) - age
    body = '{"type": "placement.rejected"}'
    headers = {
        "webhook-id": "notice-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("notice-1", at, body),
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return httpx.post(f"{program.url}/hooks/{hook}", content=body, headers=headers, trust_env=False)


def test_a_well_signed_call_is_kept_as_verified(partner: Program, hook: str) -> None:
    assert _call(partner, hook).status_code == 204
    (call,) = get(partner, f"/hooks/{hook}/calls", webhook_id="notice-1")
    assert (call["verified"], call["webhook_id"], call["answered"]) == (True, "notice-1", 204)
    assert call["body"] == {"type": "placement.rejected"}


def test_badly_signed_calls_are_refused_and_kept_as_such(partner: Program, hook: str) -> None:
    assert _call(partner, hook, OTHER_SECRET).status_code == 401
    assert _call(partner, hook, age=timedelta(minutes=6)).status_code == 401
    assert _call(partner, hook, webhook_signature="nonsense").status_code == 401
    assert _call(partner, hook, webhook_id="notice-2").status_code == 401
    calls = get(partner, f"/hooks/{hook}/calls")
    assert [call["verified"] for call in calls] == [False] * 4
    assert all(call["why_not"] for call in calls)


def test_a_hook_fails_so_many_times_then_takes_calls(partner: Program, hook: str) -> None:
    told = {"secret": WEBHOOK_SECRET, "status": 503, "times": 2, "retry_after_s": 5}
    put(partner, f"/control/hooks/{hook}", told)
    answers = [_call(partner, hook) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 204]
    assert [answer.headers.get("retry-after") for answer in answers] == ["5", "5", None]


def test_a_slow_hook_answers_late(partner: Program, hook: str) -> None:
    put(partner, f"/control/hooks/{hook}", {"secret": WEBHOOK_SECRET, "delay_s": 0.3, "times": 1})
    began = time.monotonic()
    assert _call(partner, hook).status_code == 204
    assert time.monotonic() - began >= 0.3


def test_an_unknown_hook_and_a_senseless_secret_are_refused(partner: Program) -> None:
    assert _call(partner, "nobody").status_code == 404
    answer = httpx.put(f"{partner.url}/control/hooks/x", json={"secret": "no"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/secret"


def test_calls_outlive_a_kill_and_can_be_forgotten(tmp_path: Path) -> None:
    first = start_program("partner", {"SANDBOX_STATE": str(tmp_path)})
    try:
        put(first, "/control/hooks/city", {"secret": WEBHOOK_SECRET})
        _call(first, "city")
    finally:
        first.kill()
    again = first.started_again()
    try:
        assert len(get(again, "/hooks/city/calls")) == 1
        assert httpx.delete(f"{again.url}/hooks/city/calls").status_code == 204
        assert get(again, "/hooks/city/calls") == []
    finally:
        assert again.stop() == 0
