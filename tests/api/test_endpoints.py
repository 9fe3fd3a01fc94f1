"""Where partners are told, and whether that arrived (N)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from models.clock import utc_now
from models.secrets import KeyRing
from models.settings import Settings
from models.tables.notice import Endpoint
from models.usecases import delivery, notice
from models.usecases.work import Desk
from tests.people import World
from tests.recording import RecordingRelay
from tests.road import NOBODY

pytestmark = pytest.mark.step("N")
BY_HAND = ("pause", "resume", "test", "disable", "enable", "rotate-secret")
WEBHOOK = {"channel": "webhook", "address": "https://voorbeeld.example/hooks", "events": ["placement.approved"]}


async def test_a_webhook_gets_a_secret_once_and_its_process_starts(
    api: httpx.AsyncClient, world: World, desk: Desk, settings: Settings, relay: RecordingRelay
) -> None:
    made = await api.post("/v1/endpoints", json=WEBHOOK, headers=world.requester.headers)
    assert made.status_code == 201, made.text
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    assert relay.delivered == [notice.workflow_id(made.json()["id"])]
    assert secret not in (await api.get("/v1/endpoints", headers=world.requester.headers)).text
    async with desk.database.transaction() as session:
        kept = await session.get_one(Endpoint, made.json()["id"])
    assert secret not in (kept.secret or "")
    assert notice.open_secret(KeyRing.parse(settings.keys.get_secret_value()), kept) == secret


async def test_mail_has_no_secret(api: httpx.AsyncClient, world: World) -> None:
    body = {"channel": "mail", "address": "post@voorbeeld.example"}
    made = await api.post("/v1/endpoints", json=body, headers=world.requester.headers)
    assert (made.status_code, made.json()["secret"], made.json()["events"]) == (201, None, [])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"address": "http://voorbeeld.example/hooks"}, "/address"),
        ({"address": "https://127.0.0.1/hooks"}, "/address"),
        ({"address": "https://[::1]/hooks"}, "/address"),
        ({"address": "https://user:pw@voorbeeld.example/"}, "/address"),
        ({"address": "not an address"}, "/address"),
        ({"channel": "mail"}, "/address"),
        ({"events": ["all of them"]}, "/events/0"),
        ({"events": ["placement.approved", "placement.appoved"]}, "/events/1"),
        ({"language": "fr"}, "/language"),
        ({"channel": "pigeon"}, "/channel"),
    ],
)
async def test_an_address_we_never_call_is_refused(
    api: httpx.AsyncClient, world: World, change: dict[str, Any], pointer: str
) -> None:
    answer = await api.post("/v1/endpoints", json={**WEBHOOK, **change}, headers=world.requester.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_partner_reaches_its_own_endpoints_only(api: httpx.AsyncClient, world: World) -> None:
    made = (await api.post("/v1/endpoints", json=WEBHOOK, headers=world.requester.headers)).json()["id"]
    strange = world.other_requester.headers
    assert (await api.get("/v1/endpoints", headers=strange)).json()["items"] == []
    for method, part in (("GET", "/notices"), ("GET", ""), *(("POST", f"/{name}") for name in BY_HAND)):
        answer = await api.request(method, f"/v1/endpoints/{made}{part}", headers=strange)
        assert answer.status_code == 404, (part, answer.text)
    assert (await api.patch(f"/v1/endpoints/{made}", json={}, headers=strange)).status_code == 404
    other = {**WEBHOOK, "organisation_id": str(world.municipality.id)}
    refused = await api.post("/v1/endpoints", json=other, headers=strange)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/organisation_id")
    elsewhere = {**other, "address": "https://b.example"}
    for_them = await api.post("/v1/endpoints", json=elsewhere, headers=world.administrator.headers)
    assert for_them.json()["organisation_id"] == str(world.municipality.id)


async def test_the_same_address_twice_is_refused(api: httpx.AsyncClient, world: World) -> None:
    await api.post("/v1/endpoints", json=WEBHOOK, headers=world.requester.headers)
    again = await api.post("/v1/endpoints", json=WEBHOOK, headers=world.requester.headers)
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/address")


async def made(api: httpx.AsyncClient, world: World, **changes: Any) -> str:
    answer = await api.post("/v1/endpoints", json={**WEBHOOK, **changes}, headers=world.requester.headers)
    assert answer.status_code == 201, answer.text
    return f"/v1/endpoints/{answer.json()['id']}"


async def queue(desk: Desk, world: World, *references: str) -> None:
    for reference in references:
        async with desk.work(world.operations.actor, "test") as work:
            await notice.notify(work, world.municipality.id, "placement.approved", {"reference": reference})


async def test_a_new_endpoint_is_ok_and_its_letters_are_in_the_operators_language(
    api: httpx.AsyncClient, world: World
) -> None:
    path = await made(api, world)
    shown = (await api.get(path, headers=world.requester.headers)).json()
    assert (shown["state"], shown["since"], shown["last_error"], shown["waiting"]) == ("ok", None, None, 0)
    assert shown["language"] is None


async def test_events_and_language_are_changed_each_for_itself(api: httpx.AsyncClient, world: World) -> None:
    path, headers = await made(api, world), world.requester.headers
    changed = (await api.patch(path, json={"language": "nl"}, headers=headers)).json()
    assert (changed["language"], changed["events"]) == ("nl", WEBHOOK["events"])
    changed = (await api.patch(path, json={"events": []}, headers=headers)).json()
    assert (changed["language"], changed["events"]) == ("nl", [])
    assert (await api.patch(path, json={"language": None}, headers=headers)).json()["language"] is None


async def test_paused_it_keeps_what_waits_and_resumed_its_process_hears_of_it(
    api: httpx.AsyncClient, world: World, desk: Desk, relay: RecordingRelay
) -> None:
    path, headers = await made(api, world), world.requester.headers
    paused = (await api.post(f"{path}/pause", headers=headers)).json()
    assert (paused["state"], paused["pause_reason"]) == ("paused", "by_hand")
    assert paused["since"]
    await queue(desk, world, "PR-1", "PR-2")
    assert (await api.get(path, headers=headers)).json()["waiting"] == 2
    relay.delivered.clear()
    resumed = (await api.post(f"{path}/resume", headers=headers)).json()
    assert (resumed["state"], resumed["since"], resumed["waiting"]) == ("ok", None, 2)
    assert relay.delivered == [f"delivery-{resumed['id']}"]


async def test_a_failing_endpoint_says_since_when_and_why(api: httpx.AsyncClient, world: World, desk: Desk) -> None:
    path, headers = await made(api, world), world.requester.headers
    await queue(desk, world, "PR-1")
    await fail(desk, path, 1)
    shown = (await api.get("/v1/endpoints", headers=headers)).json()["items"][0]
    assert (shown["state"], shown["last_error"], shown["failures"]) == ("failing", "The endpoint answered 503", 1)
    assert shown["since"] < shown["retry_at"]
    await fail(desk, path, 9)
    assert (await api.get(path, headers=headers)).json()["state"] == "down"
    (task,) = (await api.get("/v1/tasks", headers=world.requester_user.headers)).json()["items"]
    assert (task["kind"], task["reference"]) == ("endpoint_down", WEBHOOK["address"])


async def fail(desk: Desk, path: str, times: int) -> None:
    for _ in range(times):
        async with desk.work(NOBODY, "test") as work:
            taken = await delivery.take_next(work, UUID(path.rpartition("/")[2]))
        assert isinstance(taken, delivery.Taken)
        async with desk.work(NOBODY, "test") as work:
            outcome = delivery.Outcome(0.1, 503, "The endpoint answered 503")
            await delivery.note_outcome(work, taken, outcome)


async def test_a_disabled_endpoint_gives_up_what_waits_and_is_neither_paused_nor_resumed(
    api: httpx.AsyncClient, world: World, desk: Desk
) -> None:
    path, headers = await made(api, world), world.requester.headers
    await queue(desk, world, "PR-1")
    disabled = (await api.post(f"{path}/disable", headers=headers)).json()
    assert (disabled["state"], disabled["waiting"]) == ("disabled", 0)
    await queue(desk, world, "PR-2")
    log = (await api.get(f"{path}/notices", headers=headers)).json()["items"]
    assert [(each["data"]["reference"], each["state"]) for each in log] == [("PR-1", "given_up")]
    for name in ("pause", "resume", "test"):
        assert (await api.post(f"{path}/{name}", headers=headers)).status_code == 409
    assert (await api.post(f"{path}/enable", headers=headers)).json()["state"] == "ok"


async def test_a_test_resumes_and_sends_a_notice_of_its_own(api: httpx.AsyncClient, world: World) -> None:
    path, headers = await made(api, world), world.requester.headers
    await api.post(f"{path}/pause", headers=headers)
    tested = (await api.post(f"{path}/test", headers=headers)).json()
    assert (tested["state"], tested["waiting"]) == ("ok", 1)
    log = (await api.get(f"{path}/notices", headers=headers)).json()["items"]
    assert [each["event"] for each in log] == ["endpoint.tested"]


async def test_a_rotated_secret_is_shown_once_and_the_old_one_signs_for_a_day(
    api: httpx.AsyncClient, world: World, desk: Desk, settings: Settings
) -> None:
    headers = world.requester.headers
    first = (await api.post("/v1/endpoints", json=WEBHOOK, headers=headers)).json()
    path = f"/v1/endpoints/{first['id']}"
    keyed = {**headers, "Idempotency-Key": "rotation-1"}
    rotated, again = [await api.post(f"{path}/rotate-secret", headers=keyed) for _ in range(2)]
    assert rotated.status_code == 201
    assert again.json() == rotated.json()
    new = rotated.json()["secret"]
    assert new.startswith("whsec_")
    assert new != first["secret"]
    assert new not in (await api.get(path, headers=headers)).text
    async with desk.database.transaction() as session:
        kept = await session.get_one(Endpoint, first["id"])
    keys, until = KeyRing.parse(settings.keys.get_secret_value()), kept.previous_secret_until
    assert until is not None
    assert timedelta(hours=23) < until - utc_now() <= timedelta(hours=24)
    assert notice.open_secrets(keys, kept, utc_now()) == [new, first["secret"]]
    assert notice.open_secrets(keys, kept, until) == [new]


async def test_mail_has_no_secret_to_rotate(api: httpx.AsyncClient, world: World) -> None:
    path = await made(api, world, channel="mail", address="post@voorbeeld.example")
    assert (await api.post(f"{path}/rotate-secret", headers=world.requester.headers)).status_code == 409
