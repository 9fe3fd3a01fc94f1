"""Placement requests over the API: sent in, seen by whom they concern (P1, P2, P22)."""

import asyncio
import copy
import json
import socket
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from api.app import create_app
from models.settings import Settings
from models.tables.handover import Handover
from models.tables.placement import LocationAttempt, PlacementRequest
from models.tables.task import Task
from models.usecases.work import Desk
from tests.api.road import NEW, PLACEMENTS, Road
from tests.people import World
from tests.recording import RecordingRelay


async def count(desk: Desk, table: type[Any]) -> int:
    async with desk.database.transaction() as session:
        return int((await session.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


@pytest.mark.step("P1", "P2")
async def test_a_request_gets_its_reference_at_once_and_its_process_hears_of_it(
    road: Road, world: World, relay: RecordingRelay
) -> None:
    made = await road.submit(remarks="Next to the entrance")
    assert made["reference"].startswith("PR-")
    assert made["stage"] == "submitted"
    assert made["label"] == "Request submitted"
    assert made["waits_for"] == "operations"
    assert made["allowed_actions"] == ["withdraw"]
    assert made["created_at"].endswith("Z")
    assert made["location"] == {**NEW["location"], "country": "NL"}
    assert relay.delivered == [f"placement-{made['reference']}"]
    seen = await road.call(world.operations, "GET", f"{PLACEMENTS}/{made['reference']}")
    assert seen["allowed_actions"] == ["approve", "reject", "cancel"]
    inbox = await road.call(world.operations, "GET", "/v1/tasks")
    assert [(task["kind"], task["reference"]) for task in inbox["items"]] == [("review_placement", made["reference"])]


@pytest.mark.step("P1")
async def test_two_identical_requests_at_once_under_one_key_make_one_placement(road: Road, desk: Desk) -> None:
    headers = {**road.world.requester.headers, "Idempotency-Key": "municipal-118"}
    answers = await asyncio.gather(*(road.api.post(PLACEMENTS, json=NEW, headers=headers) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    for table in (PlacementRequest, LocationAttempt, Handover, Task):
        assert await count(desk, table) == 1


def changed(*path: str, to: Any) -> dict[str, Any]:
    body = copy.deepcopy(NEW)
    place = body
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return body


BAD = {
    "north of the pole": (changed("location", "latitude", to=90.01), "/location/latitude"),
    "off the globe": (changed("location", "longitude", to=-181), "/location/longitude"),
    "no number": (changed("location", "latitude", to="north"), "/location/latitude"),
    "not finite": (changed("location", "latitude", to="NaN"), "/location/latitude"),
    "no stations": (changed("stations", to=0), "/stations"),
    "too many stations": (changed("stations", to=21), "/stations"),
    "half a station": (changed("stations", to=1.5), "/stations"),
    "wrong type": (changed("location", to="Dam 1"), "/location"),
    "unknown field": (changed("priority", to="high"), "/priority"),
    "unknown inner field": (changed("location", "planet", to="Mars"), "/location/planet"),
    "no e-mail address": (changed("contact", "email", to="nobody"), "/contact/email"),
    "blank street": (changed("location", "street", to="  "), "/location/street"),
    "endless street": (changed("location", "street", to="x" * 201), "/location/street"),
    "NUL": (changed("location", "street", to="Da\0m"), "/location/street"),
    "lone surrogate": (changed("location", "street", to="\ud800"), "/location/street"),
    "no country code": (changed("location", "country", to="Nederland"), "/location/country"),
    "unknown tender": (changed("tender", to="T-1999-1"), "/tender"),
}


@pytest.mark.step("P1")
@pytest.mark.parametrize("fault", BAD)
async def test_bad_input_is_named_by_its_field_and_nothing_is_stored(road: Road, desk: Desk, fault: str) -> None:
    body, pointer = BAD[fault]
    headers = {**road.world.requester.headers, "Content-Type": "application/json"}
    answer = await road.api.post(PLACEMENTS, content=json.dumps(body), headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error.get("pointer") for error in answer.json()["errors"]]
    assert await count(desk, PlacementRequest) == 0
    assert await count(desk, Handover) == 0


@pytest.mark.step("P1")
@pytest.mark.parametrize(
    ("content", "status"),
    [(b'{"tender": ', 422), (b"[]", 422), (b"", 422), (b'{"remarks": "' + b"x" * 1_100_000 + b'"}', 413)],
)
async def test_a_malformed_or_oversized_body_is_refused(road: Road, desk: Desk, content: bytes, status: int) -> None:
    headers = {**road.world.requester.headers, "Content-Type": "application/json"}
    answer = await road.api.post(PLACEMENTS, content=content, headers=headers)
    assert answer.status_code == status
    assert await count(desk, PlacementRequest) == 0


@pytest.mark.step("P1")
async def test_a_tender_of_another_requester_is_unknown(road: Road) -> None:
    answer = await road.api.post(PLACEMENTS, json=NEW, headers=road.world.other_requester.headers)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/unknown-tender"


@pytest.mark.step("P1")
async def test_operations_sends_a_request_in_for_the_tenders_requester(road: Road, world: World) -> None:
    made = await road.call(world.operations, "POST", PLACEMENTS, json=NEW)
    assert made["requester"]["name"] == world.municipality.name
    assert (await road.call(world.requester, "GET", f"{PLACEMENTS}/{made['reference']}"))["id"] == made["id"]


@pytest.mark.step("P1", "P22")
async def test_a_requester_sees_nothing_of_anothers(road: Road, world: World) -> None:
    await road.submit()
    for path in ("", "/attempts", "/timeline", "/documents", "/map.svg"):
        answer = await road.api.get(f"{PLACEMENTS}/{road.reference}{path}", headers=world.other_requester.headers)
        assert answer.status_code == 404, path
        answer = await road.api.get(f"{PLACEMENTS}/{road.reference}{path}", headers=world.installer_user.headers)
        assert answer.status_code == 403, path
    assert (await road.call(world.other_requester, "GET", PLACEMENTS))["items"] == []
    assert len((await road.call(world.requester, "GET", PLACEMENTS))["items"]) == 1


@pytest.mark.step("P1")
async def test_the_list_comes_in_pages_and_by_stage(road: Road, world: World) -> None:
    references = [(await road.submit())["reference"] for _ in range(3)]
    await road.call(world.operations, "POST", f"{PLACEMENTS}/{references[0]}/approve")
    first = await road.call(world.operations, "GET", PLACEMENTS, params={"limit": 2})
    rest = await road.call(world.operations, "GET", PLACEMENTS, params={"limit": 2, "cursor": first["next_cursor"]})
    assert [item["reference"] for item in first["items"] + rest["items"]] == references[::-1]
    assert rest["next_cursor"] is None
    approved = await road.call(world.operations, "GET", PLACEMENTS, params={"stage": "grid_requested"})
    assert [item["reference"] for item in approved["items"]] == references[:1]
    answer = await road.api.get(PLACEMENTS, params={"stage": "limbo"}, headers=world.operations.headers)
    assert answer.json()["errors"][0]["parameter"] == "stage"


@pytest.mark.step("P1", "P2")
async def test_requests_are_taken_while_temporal_is_away(
    settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{nobody.getsockname()[1]}")
        app: FastAPI = create_app(settings)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://stationmaster.test") as api,
        ):
            made = await api.post(PLACEMENTS, json=NEW, headers=world.requester.headers)
            assert made.status_code == 201
            path = f"{PLACEMENTS}/{made.json()['reference']}"
            answer = await api.post(f"{path}/approve", headers=world.operations.headers)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["type"] == "/problems/process-not-ready"
            async with world.desk.database.transaction() as session:
                await session.execute(sa.update(Handover).values(delivered_at=sa.func.now()))
            answer = await api.post(f"{path}/approve", headers=world.operations.headers)
            assert answer.status_code == 503, answer.text
            assert (await api.get(path, headers=world.operations.headers)).json()["stage"] == "submitted"
