"""Many placement requests at once (P1)."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.v1 import placement_bulk, placements
from models.store.database import Database
from models.tables.placement import PlacementRequest
from tests.api.road import NEW, PLACEMENTS
from tests.people import World
from tests.recording import RecordingRelay

BULK = f"{PLACEMENTS}/bulk"


async def _send(api: httpx.AsyncClient, world: World, requests: list[Any], key: str | None = "k-1") -> httpx.Response:
    headers = {**world.requester.headers, **({"Idempotency-Key": key} if key else {})}
    return await api.post(BULK, json={"requests": requests}, headers=headers)


async def _stored(database: Database) -> int:
    async with database.transaction() as session:
        return int((await session.execute(sa.select(sa.func.count()).select_from(PlacementRequest))).scalar_one())


@pytest.mark.step("P1")
async def test_each_request_is_stored_or_refused_for_itself(
    api: httpx.AsyncClient, world: World, database: Database, relay: RecordingRelay
) -> None:
    bad_place = {**NEW, "location": {**NEW["location"], "latitude": 91}}
    answer = await _send(api, world, [NEW, {**NEW, "tender": "T-0"}, bad_place, "no request", NEW])
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["stored"], said["refused"]) == (2, 3)
    assert [item["status"] for item in said["items"]] == [201, 422, 422, 422, 201]
    stored = [item["placement"]["reference"] for item in said["items"] if item["placement"]]
    assert len(set(stored)) == await _stored(database) == 2
    pointers = [item["problem"]["errors"][0]["pointer"] for item in said["items"] if item["problem"]]
    assert pointers == ["/requests/1/tender", "/requests/2/location/latitude", "/requests/3"]
    assert sorted(relay.delivered) == sorted(f"placement-{reference}" for reference in stored)


@pytest.mark.step("P1")
async def test_the_same_sent_again_creates_nothing_twice_and_tries_what_was_refused(
    api: httpx.AsyncClient, world: World, database: Database
) -> None:
    wanted = [NEW, {**NEW, "tender": "T-0"}]
    first = await _send(api, world, wanted)
    again = await _send(api, world, wanted)
    assert again.json()["items"][0] == first.json()["items"][0]
    assert again.json()["items"][1]["problem"]["type"] == "/problems/unknown-tender"
    assert await _stored(database) == 1


@pytest.mark.step("P1")
async def test_a_bulk_that_was_cut_short_is_finished_by_sending_it_again(
    api: httpx.AsyncClient, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, calls = placements.create, 0

    async def breaks(*said: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise sa.exc.OperationalError("the database went away", None, Exception())
        return await create(*said)

    monkeypatch.setattr(placement_bulk, "create", breaks)
    wanted = [{**NEW, "requester_reference": f"LP-{number}"} for number in range(3)]
    cut = await _send(api, world, wanted)
    assert (cut.status_code, bool(cut.headers["retry-after"])) == (503, True)
    assert "same Idempotency-Key" in cut.json()["detail"]
    assert "nothing was stored" not in cut.text
    assert await _stored(database) == 1
    done = await _send(api, world, wanted)
    assert done.json()["stored"] == await _stored(database) == 3
    references = [item["placement"]["requester_reference"] for item in done.json()["items"]]
    assert references == ["LP-0", "LP-1", "LP-2"]


async def test_it_needs_a_key_and_another_request_needs_another_one(api: httpx.AsyncClient, world: World) -> None:
    without = await _send(api, world, [NEW], key=None)
    assert (without.status_code, without.json()["errors"][0]["parameter"]) == (422, "Idempotency-Key")
    assert (await _send(api, world, [NEW])).status_code == 200
    reused = await _send(api, world, [NEW, NEW])
    assert (reused.status_code, reused.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_at_most_two_hundred_come_at_once(api: httpx.AsyncClient, world: World, database: Database) -> None:
    too_many = await _send(api, world, [NEW] * 201)
    assert (too_many.status_code, too_many.json()["errors"][0]["pointer"]) == (422, "/requests")
    assert (await _send(api, world, [])).status_code == 422
    assert await _stored(database) == 0


async def test_each_refused_one_is_on_record(api: httpx.AsyncClient, world: World) -> None:
    await _send(api, world, [{**NEW, "tender": "T-0"}])
    answer = await api.get("/v1/audit", params={"refused": "true"}, headers=world.administrator.headers)
    (entry,) = answer.json()["items"]
    assert entry["detail"]["tried"]["body"]["tender"] == "T-0"
    assert NEW["contact"]["email"] not in answer.text


async def test_who_may_not_send_one_may_not_send_many(api: httpx.AsyncClient, world: World) -> None:
    headers = {**world.installer_user.headers, "Idempotency-Key": "k-1"}
    assert (await api.post(BULK, json={"requests": [NEW]}, headers=headers)).status_code == 403
