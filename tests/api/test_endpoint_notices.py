"""The delivery log tells what became of each notice, try by try, and sends again what somebody asks for (N, P22)."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from models.tables.base import new_id
from models.usecases import delivery
from models.usecases.work import Desk
from tests.api.test_endpoints import made, queue
from tests.people import World
from tests.recording import RecordingRelay
from tests.road import NOBODY

pytestmark = pytest.mark.step("N", "P22")
REFUSED = delivery.Outcome(0.1, 503, "The endpoint answered 503")
ARRIVED = delivery.Outcome(0.02, 204)
LONG_AGO = "2020-01-01T00:00:00Z"


class Log:
    """An endpoint of the municipality with its log, as the municipality's program reads it."""

    def __init__(self, api: httpx.AsyncClient, world: World, desk: Desk, path: str) -> None:
        self.api, self.world, self.desk, self.path = api, world, desk, path
        self.headers = world.requester.headers

    async def queued(self, *references: str) -> None:
        await queue(self.desk, self.world, *references)

    async def tried(self, *outcomes: delivery.Outcome) -> None:
        for outcome in outcomes:
            async with self.desk.work(NOBODY, "test") as work:
                taken = await delivery.take_next(work, UUID(self.path.rpartition("/")[2]))
            assert isinstance(taken, delivery.Taken)
            async with self.desk.work(NOBODY, "test") as work:
                await delivery.note_outcome(work, taken, outcome)

    async def read(self, **query: str) -> list[dict[str, Any]]:
        answer = await self.api.get(f"{self.path}/notices", params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def references(self, **query: str) -> list[str]:
        return [each["data"]["reference"] for each in await self.read(**query)]

    async def replay(self, body: dict[str, Any], **headers: str) -> httpx.Response:
        return await self.api.post(f"{self.path}/replay", json=body, headers={**self.headers, **headers})


@pytest.fixture
async def log(api: httpx.AsyncClient, world: World, desk: Desk) -> Log:
    return Log(api, world, desk, await made(api, world, events=[]))


async def test_the_log_is_read_by_state_event_and_time(log: Log) -> None:
    await log.queued("PR-1", "PR-2")
    await log.tried(ARRIVED)
    assert await log.references() == ["PR-2", "PR-1"]
    assert await log.references(state="delivered") == ["PR-1"]
    assert await log.references(event="placement.rejected") == []
    assert await log.references(event="placement.approved", state="waiting") == ["PR-2"]
    newest = (await log.read())[0]["created_at"]
    assert await log.references(since=newest) == ["PR-2"]


@pytest.mark.parametrize("wrong", [{"state": "lost"}, {"event": "no.such"}, {"since": "yesterday"}])
async def test_a_filter_that_means_nothing_is_refused(log: Log, wrong: dict[str, str]) -> None:
    answer = await log.api.get(f"{log.path}/notices", params=wrong, headers=log.headers)
    assert answer.status_code == 422


async def test_a_notice_shows_each_of_its_tries(log: Log) -> None:
    await log.queued("PR-1")
    await log.tried(REFUSED, ARRIVED)
    (short,) = await log.read()
    full = (await log.api.get(f"{log.path}/notices/{short['id']}", headers=log.headers)).json()
    assert {name: full[name] for name in short} == short
    assert [(each["status"], each["error"], each["duration_ms"]) for each in full["tries"]] == [
        (204, None, 20),
        (503, "The endpoint answered 503", 100),
    ]
    assert not any(each["replay"] for each in full["tries"])


async def test_a_notice_of_another_endpoint_is_not_found_there(log: Log, world: World) -> None:
    other = await made(log.api, world, address="https://archive.example/hook")
    await log.queued("PR-1")
    (mine,) = await log.read()
    for method, part in (("GET", ""), ("POST", "/give-up")):
        path = f"{other}/notices/{mine['id']}{part}"
        assert (await log.api.request(method, path, headers=log.headers)).status_code == 404


async def test_a_notice_that_holds_up_the_others_is_given_up_by_hand_once(log: Log, relay: RecordingRelay) -> None:
    await log.queued("PR-1", "PR-2")
    oldest = (await log.read())[1]
    relay.delivered.clear()
    given_up = await log.api.post(f"{log.path}/notices/{oldest['id']}/give-up", headers=log.headers)
    assert (given_up.json()["state"], given_up.json()["last_error"]) == ("given_up", "given up by City system")
    assert len(relay.delivered) == 1
    again = await log.api.post(f"{log.path}/notices/{oldest['id']}/give-up", headers=log.headers)
    assert again.status_code == 409


async def test_what_was_delivered_or_given_up_in_a_time_is_replayed_in_order(log: Log, relay: RecordingRelay) -> None:
    await log.queued("PR-1", "PR-2", "PR-3")
    await log.tried(ARRIVED, ARRIVED)
    relay.delivered.clear()
    answer = await log.replay({"since": LONG_AGO})
    assert (answer.status_code, answer.json()) == (202, {"replayed": 2})
    assert len(relay.delivered) == 1
    kept = await log.read()
    assert [(each["state"], each["replays"]) for each in kept] == [("waiting", 0), ("waiting", 1), ("waiting", 1)]
    assert kept[1]["replayed_at"]
    assert kept[1]["delivered_at"], "that it has arrived before is not forgotten"
    await log.tried(ARRIVED, ARRIVED, ARRIVED)
    full = (await log.api.get(f"{log.path}/notices/{kept[2]['id']}", headers=log.headers)).json()
    assert [each["replay"] for each in full["tries"]] == [True, False]


async def test_single_notices_are_replayed_by_their_ids(log: Log) -> None:
    await log.queued("PR-1", "PR-2")
    await log.tried(ARRIVED, ARRIVED)
    newest = (await log.read())[0]["id"]
    assert (await log.replay({"notice_ids": [newest]})).json() == {"replayed": 1}
    assert await log.references(state="waiting") == ["PR-2"]


async def test_the_same_replay_sent_twice_replays_once(log: Log) -> None:
    await log.queued("PR-1")
    await log.tried(ARRIVED)
    first = await log.replay({"since": LONG_AGO}, **{"Idempotency-Key": "replay-1"})
    await log.tried(ARRIVED)
    again = await log.replay({"since": LONG_AGO}, **{"Idempotency-Key": "replay-1"})
    assert (again.status_code, again.json()) == (202, first.json())
    assert (await log.read())[0]["replays"] == 1


async def test_what_waits_already_is_not_replayed(log: Log) -> None:
    await log.queued("PR-1")
    assert (await log.replay({"since": LONG_AGO})).json() == {"replayed": 0}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/"),
        ({"since": LONG_AGO, "notice_ids": [str(new_id())]}, "/"),
        ({"until": LONG_AGO}, "/"),
        ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "/"),
        ({"since": "2026-01-02T00:00:00"}, "/since"),
        ({"notice_ids": [str(new_id())]}, "/notice_ids/0"),
    ],
)
async def test_a_replay_that_means_nothing_is_refused(log: Log, body: dict[str, Any], pointer: str) -> None:
    answer = await log.replay(body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"] or "/") == (422, pointer), answer.text


async def test_nothing_is_replayed_to_a_disabled_endpoint(log: Log) -> None:
    await log.api.post(f"{log.path}/disable", headers=log.headers)
    assert (await log.replay({"since": LONG_AGO})).status_code == 409
