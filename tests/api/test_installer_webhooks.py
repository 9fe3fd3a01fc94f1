"""Plans that installers' own systems send: signed, kept once, handed over (P10)."""

import asyncio
import base64
import secrets as random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from models.tables.handover import Handover
from models.tables.plan import PlanCall
from models.usecases.work import Desk
from tests.api.planning import make_secret, signed_plan
from tests.api.road import Road
from tests.recording import RecordingRelay

DAY: dict[str, Any] = {"planned_for": "2099-01-06"}
HOURS: dict[str, Any] = {"starts_at": "2099-01-06T08:00:00Z", "ends_at": "2099-01-06T11:30:00Z"}


def hook(road: Road, organisation_id: object = None) -> str:
    return f"/v1/webhooks/installers/{organisation_id or road.world.installer.id}"


async def kept(desk: Desk) -> list[PlanCall]:
    async with desk.database.transaction() as session:
        return list((await session.execute(sa.select(PlanCall))).scalars())


async def facts(desk: Desk) -> list[Handover]:
    async with desk.database.transaction() as session:
        return list((await session.execute(sa.select(Handover).where(col(Handover.name) == "plan_call"))).scalars())


@pytest.mark.step("P10")
async def test_a_signed_plan_is_stored_and_handed_to_the_work_order(
    road: Road, desk: Desk, relay: RecordingRelay
) -> None:
    reference, secret = await road.to_work_order(), await make_secret(road)
    relay.delivered.clear()
    sent = signed_plan(secret, reference, **HOURS, unknown="7")
    sent["headers"]["X-Correlation-Id"] = "from-the-partner"
    answer = await road.api.post(hook(road), **sent)
    assert (answer.status_code, answer.content) == (204, b"")
    assert relay.delivered == [f"work-order-{reference}"]
    (call,) = await kept(desk)
    assert (call.state, call.said["planned_for"]) == ("received", "2099-01-06")
    (fact,) = await facts(desk)
    assert fact.correlation_id == "from-the-partner"


@pytest.mark.step("P10")
async def test_a_plan_that_comes_again_or_twice_at_once_counts_once(road: Road, desk: Desk) -> None:
    reference, secret = await road.to_work_order(), await make_secret(road)
    sent = signed_plan(secret, reference, webhook_id="msg_1", **DAY)
    answers = await asyncio.gather(*(road.api.post(hook(road), **sent) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {204}
    assert len(await kept(desk)) == len(await facts(desk)) == 1


@pytest.mark.step("P10")
async def test_a_badly_signed_plan_changes_nothing(road: Road, desk: Desk) -> None:
    reference, secret = await road.to_work_order(), await make_secret(road)
    other = "whsec_" + base64.b64encode(random.token_bytes(32)).decode()
    changed = signed_plan(secret, reference, **DAY)
    changed["content"] = changed["content"].replace(b"2099-01-06", b"2099-01-07")
    forged: dict[str, tuple[str, dict[str, Any]]] = {
        "another secret": (hook(road), signed_plan(other, reference, **DAY)),
        "changed on the way": (hook(road), changed),
        "nothing at all": (hook(road), {"content": b"{}"}),
        "another company": (hook(road, road.world.other_installer.id), signed_plan(secret, reference, **DAY)),
        "nobody": (hook(road, road.world.tender.id), signed_plan(secret, reference, **DAY)),
    }
    for fault, (path, sent) in forged.items():
        answer = await road.api.post(path, **sent)
        assert answer.status_code == 401, fault
        assert answer.json()["type"] == "/problems/not-authenticated", fault
    assert await kept(desk) == []


@pytest.mark.step("P10")
async def test_a_secret_is_changed_over_without_a_gap_and_ended_at_once(road: Road) -> None:
    reference, first = await road.to_work_order(), await make_secret(road)
    second = await make_secret(road)
    for secret in (first, second):
        assert (await road.api.post(hook(road), **signed_plan(secret, reference, **DAY))).status_code == 204
    path = f"/v1/organisations/{road.world.installer.id}/plan-webhook"
    await road.call(road.world.administrator, "DELETE", path)
    for secret in (first, second):
        assert (await road.api.post(hook(road), **signed_plan(secret, reference, **DAY))).status_code == 401


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P10")
async def test_a_work_order_that_is_not_this_installers_is_not_found(road: Road, desk: Desk) -> None:
    reference = road.work_order
    path = f"/v1/organisations/{road.world.other_installer.id}/plan-webhook"
    theirs = (await road.call(road.world.administrator, "POST", path))["secret"]
    others = hook(road, road.world.other_installer.id)
    for sent in (signed_plan(theirs, reference, **DAY), signed_plan(theirs, "WO-2026-999999", **DAY)):
        answer = await road.api.post(others, **sent)
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["pointer"] == "/data/reference"
    assert await kept(desk) == []


@pytest.mark.step("P10")
@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({}, "/data/planned_for"),
        ({"planned_for": "soon"}, "/data/planned_for"),
        ({"planned_for": "2020-01-01"}, "/data/planned_for"),
        ({"starts_at": HOURS["starts_at"]}, "/data/ends_at"),
        ({**DAY, "crew": "Nobody"}, "/data/crew"),
        ({**DAY, "accept_conflicts": True}, "/data/reason"),
    ],
)
async def test_a_plan_that_makes_no_sense_is_a_422_with_its_field(
    road: Road, desk: Desk, said: dict[str, Any], pointer: str
) -> None:
    reference, secret = await road.to_work_order(), await make_secret(road)
    answer = await road.api.post(hook(road), **signed_plan(secret, reference, **said))
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert await kept(desk) == []


@pytest.mark.step("P10")
async def test_another_kind_of_call_is_a_422(road: Road) -> None:
    reference, secret = await road.to_work_order(), await make_secret(road)
    answer = await road.api.post(hook(road), **signed_plan(secret, reference, event="work_order.eaten", **DAY))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/type")


@pytest.mark.step("P10")
async def test_a_plan_that_the_stage_does_not_allow_is_a_409_each_time_and_on_record(road: Road, desk: Desk) -> None:
    await road.to_station()
    secret = await make_secret(road)
    sent = signed_plan(secret, road.work_order, **DAY)
    for _ in range(2):
        answer = await road.api.post(hook(road), **sent)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/stage-does-not-allow")
    (call,) = await kept(desk)
    assert call.state == "refused"
    assert await facts(desk) == []
    path = f"/v1/placement-requests/{road.reference}/timeline"
    entries = (await road.call(road.world.operations, "GET", path))["items"]
    refused = [entry for entry in entries if entry["refused"]]
    assert [(entry["what"], entry["who"]) for entry in refused] == [("plan", "Installatie BV (own system)")]


@pytest.mark.step("P10")
async def test_only_administration_makes_the_secret_and_only_for_installers(road: Road) -> None:
    world = road.world
    path = f"/v1/organisations/{world.installer.id}/plan-webhook"
    for person in (world.operations, world.installer_user):
        assert (await road.api.post(path, headers=person.headers)).status_code == 403
    city = f"/v1/organisations/{world.municipality.id}/plan-webhook"
    assert (await road.api.post(city, headers=world.administrator.headers)).status_code == 422
    made = await road.call(world.administrator, "POST", path)
    assert made["url"].endswith(hook(road))
