"""The grid operator's webhook: signed, kept once, handed over (P7)."""

import asyncio
import base64
import dataclasses
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import col

from models.tables.handover import Handover
from models.tables.placement import GridCall
from models.usecases.work import Desk
from tests.api.grid_calls import SECRET, grid_call
from tests.api.road import PLACEMENTS, Road
from tests.recording import RecordingRelay

HOOK = "/v1/webhooks/grid-operator"


async def kept(desk: Desk) -> list[GridCall]:
    async with desk.database.transaction() as session:
        return list((await session.execute(sa.select(GridCall))).scalars())


async def requested(road: Road) -> str:
    await road.submit()
    return str(await road.approve())


@pytest.mark.step("P7")
async def test_a_signed_call_is_stored_and_handed_to_the_placement(
    road: Road, desk: Desk, relay: RecordingRelay
) -> None:
    grid_id = await requested(road)
    relay.delivered.clear()
    sent = grid_call("connection_scheduled", grid_id, reason=" ", scheduled_for="2026-12-01", crew="7")
    sent["headers"]["X-Correlation-Id"] = "from-the-grid"
    answer = await road.api.post(HOOK, **sent)
    assert answer.status_code == 204
    assert answer.content == b""
    assert relay.delivered == [f"placement-{road.reference}"]
    (call,) = await kept(desk)
    assert (call.event, call.scheduled_for, call.reason) == ("connection_scheduled", "2026-12-01", None)
    async with desk.database.transaction() as session:
        found = await session.execute(sa.select(Handover).where(col(Handover.name) == "grid_call"))
        fact = found.scalar_one()
    assert (fact.number, fact.correlation_id) == (2, "from-the-grid")
    await road.hear()
    seen = await road.call(road.world.requester, "GET", f"{PLACEMENTS}/{road.reference}")
    assert seen["stage"] == "pending_grid_installation"


@pytest.mark.step("P7")
async def test_a_call_that_comes_again_or_twice_at_once_is_kept_once(road: Road, desk: Desk) -> None:
    grid_id = await requested(road)
    sent = grid_call("approved", grid_id, webhook_id="msg_1")
    answers = await asyncio.gather(*(road.api.post(HOOK, **sent) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {204}
    again = grid_call("approved", grid_id, webhook_id="msg_1")
    assert (await road.api.post(HOOK, **again)).status_code == 204
    assert len(await kept(desk)) == 1
    async with desk.database.transaction() as session:
        facts = (await session.execute(sa.select(Handover).where(col(Handover.name) == "grid_call"))).scalars().all()
    assert len(facts) == 1


def forged(grid_id: str) -> dict[str, dict[str, Any]]:
    now = datetime.now(UTC)
    other = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    faults = {
        "another secret": grid_call("approved", grid_id, secret=other),
        "too old": grid_call("approved", grid_id, at=now - timedelta(minutes=6)),
        "from the future": grid_call("approved", grid_id, at=now + timedelta(minutes=6)),
        "changed on the way": grid_call("approved", grid_id),
    }
    faults["changed on the way"]["content"] = faults["changed on the way"]["content"].replace(b"approved", b"rejected")
    headers = {
        "no signature": {"webhook-signature": ""},
        "no base64": {"webhook-signature": "v1,***"},
        "no version": {"webhook-signature": "abc"},
        "not ASCII": {"webhook-signature": "v1,é".encode()},
        "no time": {"webhook-timestamp": "soon"},
        "endless time": {"webhook-timestamp": "1e999"},
        "another id": {"webhook-id": "msg_other"},
    }
    for name, changed in headers.items():
        faults[name] = grid_call("approved", grid_id)
        faults[name]["headers"].update(changed)
    faults["nothing at all"] = {"content": b"{}"}
    return faults


@pytest.mark.step("P7")
async def test_a_badly_signed_call_changes_nothing(road: Road, desk: Desk) -> None:
    grid_id = await requested(road)
    for fault, sent in forged(grid_id).items():
        answer = await road.api.post(HOOK, **sent)
        assert answer.status_code == 401, fault
        assert answer.json()["type"] == "/problems/not-authenticated", fault
    assert await kept(desk) == []


@pytest.mark.step("P7")
async def test_without_a_secret_every_call_is_refused_and_two_hold_while_they_are_changed_over(
    app: FastAPI, road: Road
) -> None:
    grid_id = await requested(road)
    services = app.state.services
    fresh = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    for setting, used, status in (
        ("", SECRET, 401),
        (f"{SECRET} {fresh}", SECRET, 204),
        (f"{SECRET} {fresh}", fresh, 204),
    ):
        settings = services.settings.model_copy(update={"grid_operator_webhook_secret": SecretStr(setting)})
        app.state.services = dataclasses.replace(services, settings=settings)
        answer = await road.api.post(HOOK, **grid_call("approved", grid_id, secret=used))
        assert answer.status_code == status


@pytest.mark.step("P7")
async def test_an_unknown_connection_request_is_a_404(road: Road, desk: Desk) -> None:
    answer = await road.api.post(HOOK, **grid_call("approved", "GC-unknown"))
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["pointer"] == "/data/connection_request_id"
    assert await kept(desk) == []


@pytest.mark.step("P7")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"not json", ""),
        (b"[]", ""),
        (b'{"type": "connection_request.exploded", "timestamp": "2026-11-21T10:00:00Z", "data": {}}', "/type"),
        (b'{"type": "connection_request.approved", "timestamp": "yesterday", "data": {}}', "/timestamp"),
        (b'{"type": "connection_request.approved", "timestamp": "2026-11-21T10:00:00", "data": {}}', "/timestamp"),
        (
            b'{"type": "connection_request.approved", "timestamp": "2026-11-21T10:00:00Z", "data": {}}',
            "/data/connection_request_id",
        ),
        (
            b'{"type": "connection_request.approved", "data": {"connection_request_id": "G\\u0000C"}}',
            "/data/connection_request_id",
        ),
    ],
)
async def test_a_payload_that_says_nothing_is_a_422_with_its_field(
    road: Road, desk: Desk, body: bytes, pointer: str
) -> None:
    answer = await road.api.post(HOOK, **grid_call("approved", "GC-1", body=body))
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert await kept(desk) == []


async def test_an_oversized_call_is_refused_before_it_is_read(road: Road) -> None:
    answer = await road.api.post(HOOK, **grid_call("approved", "GC-1", reason="x" * 70_000))
    assert answer.status_code == 413


@pytest.mark.step("P7")
async def test_a_call_after_the_process_has_ended_is_kept_as_a_late_fact(road: Road) -> None:
    grid_id = await requested(road)
    await road.grid_says("rejected", grid_id, reason="No capacity")
    await road.call(
        road.world.operations, "POST", f"{PLACEMENTS}/{road.reference}/reject", json={"reason": "No other place"}
    )
    answer = await road.api.post(HOOK, **grid_call("connected", grid_id))
    assert answer.status_code == 204
    process = await road.call(road.world.engineer, "GET", f"/v1/processes/placement-{road.reference}")
    assert process["ended_at"] is not None
    assert process["facts"][0]["late"] is True
    assert process["facts"][0]["name"] == "grid_call"
    assert "payload" not in process["facts"][0]
    inbox = await road.call(road.world.operations, "GET", "/v1/tasks")
    assert "unexpected_fact" in [task["kind"] for task in inbox["items"]]
    seen = await road.call(road.world.requester, "GET", f"{PLACEMENTS}/{road.reference}")
    assert seen["stage"] == "rejected"


async def test_only_engineers_and_administration_see_processes(road: Road) -> None:
    await road.submit()
    path = f"/v1/processes/placement-{road.reference}"
    assert (await road.api.get(path, headers=road.world.operations.headers)).status_code == 403
    assert (await road.api.get("/v1/processes/none", headers=road.world.engineer.headers)).status_code == 404
    shown = await road.call(road.world.engineer, "GET", path)
    assert [fact["kind"] for fact in shown["facts"]] == ["start"]
