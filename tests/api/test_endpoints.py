"""Where partners are told, and whether that arrived (N)."""

from typing import Any

import httpx
import pytest

from models.secrets import KeyRing
from models.settings import Settings
from models.tables.notice import Endpoint
from models.usecases import notice
from models.usecases.work import Desk
from tests.people import World
from tests.recording import RecordingRelay

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
        ({"channel": "pigeon"}, "/channel"),
    ],
)
async def test_an_address_we_never_call_is_refused(
    api: httpx.AsyncClient, world: World, change: dict[str, Any], pointer: str
) -> None:
    answer = await api.post("/v1/endpoints", json={**WEBHOOK, **change}, headers=world.requester.headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_the_log_shows_what_was_sent_and_a_disabled_endpoint_gets_nothing(
    api: httpx.AsyncClient, world: World, desk: Desk
) -> None:
    headers = world.requester.headers
    path = f"/v1/endpoints/{(await api.post('/v1/endpoints', json=WEBHOOK, headers=headers)).json()['id']}"
    for reference in ("PR-1", "PR-2"):
        async with desk.work(world.operations.actor, "test") as work:
            await notice.notify(work, world.municipality.id, "placement.approved", {"reference": reference})
            await notice.notify(work, world.municipality.id, "placement.rejected", {"reference": reference})
    log = (await api.get(f"{path}/notices", headers=headers)).json()["items"]
    assert [(each["data"]["reference"], each["state"]) for each in log] == [("PR-2", "waiting"), ("PR-1", "waiting")]
    assert (await api.post(f"{path}/disable", headers=headers)).json()["disabled_at"]
    async with desk.work(world.operations.actor, "test") as work:
        await notice.notify(work, world.municipality.id, "placement.approved", {"reference": "PR-3"})
    log = (await api.get(f"{path}/notices", headers=headers)).json()["items"]
    assert [each["state"] for each in log] == ["given_up", "given_up"]
    assert (await api.post(f"{path}/enable", headers=headers)).json()["disabled_at"] is None


async def test_a_partner_reaches_its_own_endpoints_only(api: httpx.AsyncClient, world: World) -> None:
    made = (await api.post("/v1/endpoints", json=WEBHOOK, headers=world.requester.headers)).json()["id"]
    strange = world.other_requester.headers
    assert (await api.get("/v1/endpoints", headers=strange)).json()["items"] == []
    for method, part in (("GET", "notices"), ("POST", "disable"), ("POST", "enable")):
        assert (await api.request(method, f"/v1/endpoints/{made}/{part}", headers=strange)).status_code == 404
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
