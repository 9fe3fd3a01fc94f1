"""Commands to stations and reservations over the API: by kind and field, by permission, once, and called off."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from models.messages.commands import COMMANDS
from models.messages.station import CommandOutcome
from models.rules.access import Permission, Role
from models.rules.command import NOT_ASKED_FOR
from models.store import assets
from models.store.viewer import EVERYTHING
from models.usecases import command
from tests.api.road import PROCESS, Road
from tests.people import World, service_account
from tests.recording import RecordingRelay

STATIONS = "/v1/stations"


async def ask(road: Road, name: str, kind: str, /, **arguments: Any) -> Any:
    path, body = f"{STATIONS}/{name}/commands", {"kind": kind, "arguments": arguments}
    return await road.call(road.world.operations, "POST", path, json=body)


async def answered(road: Road, command_id: str, outcome: str, **data: Any) -> None:
    """What the command's process does with the station's answer."""
    said = CommandOutcome.model_validate({"outcome": outcome, "data": data})
    async with road.world.desk.work(PROCESS, "test") as work:
        assert (await command.dispatch(work, UUID(command_id))).node is not None
    async with road.world.desk.work(PROCESS, "test") as work:
        await command.note_outcome(work, UUID(command_id), said)


@pytest.mark.walked("to_checked")
@pytest.mark.step("H1", "H3", "H5")
async def test_a_command_is_taken_followed_and_answered(road: Road, relay: RecordingRelay) -> None:
    name = road.station
    asked = await ask(road, name, "read_configuration", keys=["HeartbeatInterval"])
    assert (asked["state"], asked["asked_by"], asked["tries"]) == ("queued", "Olga Operations", 0)
    assert f"command-{asked['id']}" in relay.delivered
    settings = {"HeartbeatInterval": {"value": "300"}, "AuthorizationKey": {"value": "0123456789ABCDEF"}}
    await answered(road, asked["id"], "accepted", configuration=settings)
    shown = await road.call(road.world.engineer, "GET", f"{STATIONS}/{name}/commands/{asked['id']}")
    assert (shown["state"], shown["outcome"], shown["label"]) == ("answered", "accepted", "Answered")
    assert shown["data"]["configuration"]["HeartbeatInterval"] == {"value": "300"}
    assert "0123456789ABCDEF" not in str(shown)
    events = (await road.call(road.world.operations, "GET", f"{STATIONS}/{name}"))["last_events"]
    assert (events[0]["kind"], events[0]["detail"]["command"]) == ("command_answered", asked["id"])
    timeline = await road.call(road.world.operations, "GET", f"/v1/placement-requests/{road.reference}/timeline")
    told = {item["what"]: item for item in timeline["items"]}
    assert told["command asked"]["who"] == "Olga Operations"
    assert told["command answered"]["detail"]["kind"] == "read_configuration"


@pytest.mark.walked("to_checked")
async def test_commands_are_listed_newest_first_in_pages_and_by_state_and_kind(road: Road) -> None:
    name = road.station
    ids = [(await ask(road, name, kind))["id"] for kind in ("reset", "clear_cache", "reset")]
    await answered(road, ids[1], "rejected")
    path = f"{STATIONS}/{name}/commands"

    async def listed(**query: Any) -> Any:
        return await road.call(road.world.operations, "GET", path, params=query)

    first = await listed(limit=2)
    rest = await listed(limit=2, cursor=first["next_cursor"])
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert [each["id"] for each in (await listed(state="rejected"))["items"]] == [ids[1]]
    assert [each["id"] for each in (await listed(kind="reset", state="queued"))["items"]] == [ids[2], ids[0]]


@pytest.mark.walked("to_checked")
@pytest.mark.step("H2")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"arguments": {}}, "/kind"),
        ({"kind": "explode"}, "/kind"),
        ({"kind": "set_key", "arguments": {"key": "0123456789ABCDEF"}}, "/kind"),
        ({"kind": "reserve_now"}, "/kind"),
        ({"kind": "unlock"}, "/arguments"),
        ({"kind": "unlock", "arguments": {"connector": "one"}}, "/arguments/connector"),
        ({"kind": "unlock", "arguments": {"connector": 9}}, "/arguments/connector"),
        ({"kind": "reset", "arguments": {"kind": "gentle"}}, "/arguments/kind"),
        ({"kind": "reset", "arguments": {"hard": True}}, "/arguments/hard"),
        ({"kind": "reset", "valid_s": 1}, "/valid_s"),
        ({"kind": "change_configuration", "arguments": {"key": "AuthorizationKey", "value": "x"}}, "/arguments/key"),
        ({"kind": "fetch_log", "arguments": {"location": "ftp://me:secret@files.example/"}}, "/arguments/location"),
        ([], ""),
    ],
)
async def test_a_command_that_cannot_be_is_refused_by_its_field_and_leaves_no_trace(
    road: Road, body: Any, pointer: str
) -> None:
    name = road.station
    path, headers = f"{STATIONS}/{name}/commands", road.world.operations.headers
    answer = await road.api.post(path, json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert [each.get("pointer") for each in answer.json()["errors"]] == [pointer]
    assert (await road.call(road.world.operations, "GET", path))["items"] == []


@pytest.mark.walked("to_checked")
@pytest.mark.step("H1")
async def test_the_same_request_under_its_key_is_one_command(road: Road) -> None:
    name = road.station
    path, headers = f"{STATIONS}/{name}/commands", {**road.world.operations.headers, "Idempotency-Key": "once"}
    first = await road.api.post(path, json={"kind": "reset"}, headers=headers)
    again = await road.api.post(path, json={"kind": "reset"}, headers=headers)
    assert (first.status_code, again.status_code, again.headers["idempotency-replayed"]) == (202, 202, "true")
    assert first.json() == again.json()
    other = await road.api.post(path, json={"kind": "clear_cache"}, headers=headers)
    assert other.status_code == 422
    assert len((await road.call(road.world.operations, "GET", path))["items"]) == 1


@pytest.mark.walked("to_checked")
async def test_whoever_maintains_a_station_sends_what_is_at_hand_and_no_more(road: Road) -> None:
    name = road.station
    path, headers = f"{STATIONS}/{name}/commands", road.world.service_user.headers
    at_hand: list[dict[str, Any]] = [
        {"kind": "reset"},
        {"kind": "unlock", "arguments": {"connector": 1}},
        {"kind": "trigger_message", "arguments": {"message": "status"}},
        {"kind": "fetch_log", "arguments": {"location": "https://files.example/log"}},
    ]
    for body in at_hand:
        assert (await road.api.post(path, json=body, headers=headers)).status_code == 202
    refused = await road.api.post(path, json={"kind": "clear_cache"}, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["facts"] == {"permission": "stations:command"}
    operators = f"{path}/{(await ask(road, name, 'clear_cache'))['id']}"
    assert (await road.api.get(operators, headers=headers)).status_code == 404
    assert (await road.api.post(f"{operators}/cancel", headers=headers)).status_code == 404
    seen = (await road.call(road.world.service_user, "GET", path))["items"]
    assert [each["kind"] for each in reversed(seen)] == [each["kind"] for each in at_hand]
    assert (await road.api.get(f"{path}/{seen[0]['id']}", headers=headers)).status_code == 200


@pytest.mark.walked("to_checked")
async def test_partners_are_told_of_no_command_that_they_may_not_send(road: Road) -> None:
    name = road.station
    world = road.world
    for kind in ("reset", "clear_cache"):
        await ask(road, name, kind)
    assert (await _reserve(road, name)).status_code == 202

    async def told(person: Any) -> list[str]:
        events = (await road.call(person, "GET", f"{STATIONS}/{name}"))["last_events"]
        return [event["detail"]["kind"] for event in reversed(events) if event["kind"] == "command_asked"]

    assert await told(world.operations) == ["reset", "clear_cache", "reserve_now"]
    assert await told(world.service_user) == ["reset"]
    assert await told(world.installer_user) == []
    for person, address in (
        (world.requester, f"/v1/placement-requests/{road.reference}"),
        (world.installer_user, f"/v1/work-orders/{road.work_order}"),
    ):
        timelines = [await road.call(reader, "GET", f"{address}/timeline") for reader in (world.operations, person)]
        seen = [[item["what"] for item in timeline["items"]].count("command asked") for timeline in timelines]
        assert seen == [3, 0], address


@pytest.mark.walked("to_checked")
async def test_a_key_that_is_narrowed_sends_only_what_it_was_given(road: Road, world: World) -> None:
    name = road.station
    async with world.desk.work(world.administrator.actor, "test") as work:
        scopes = frozenset({Permission.STATIONS_MAINTAIN})
        program = await service_account(work, world.operator, "Night watch", Role.OPERATIONS, scopes)
    path = f"{STATIONS}/{name}/commands"
    assert (await road.api.post(path, json={"kind": "reset"}, headers=program.headers)).status_code == 202
    assert (await road.api.post(path, json={"kind": "clear_cache"}, headers=program.headers)).status_code == 403


@pytest.mark.walked("to_checked")
@pytest.mark.step("H2", "H3")
async def test_a_command_is_called_off_until_it_is_sent(road: Road) -> None:
    name = road.station
    first, second = await ask(road, name, "reset"), await ask(road, name, "reset")
    path = f"{STATIONS}/{name}/commands"
    once = {**road.world.operations.headers, "Idempotency-Key": "call-off"}
    gone, again = [await road.api.post(f"{path}/{first['id']}/cancel", headers=once) for _ in range(2)]
    assert (gone.status_code, gone.json()["state"]) == (200, "cancelled")
    assert (again.json(), again.headers["idempotency-replayed"]) == (gone.json(), "true")
    await answered(road, second["id"], "accepted")
    late = await road.api.post(f"{path}/{second['id']}/cancel", headers=road.world.operations.headers)
    assert late.status_code == 409
    assert late.json()["facts"]["state"] == "answered"


@pytest.mark.walked("to_checked")
async def test_a_command_of_another_station_is_not_there(road: Road) -> None:
    first = road.station
    asked = await ask(road, first, "reset")
    other = (await road.to_station("VW-2"))["station"]
    path = f"{STATIONS}/{other}/commands/{asked['id']}"
    for method, address in (("GET", path), ("POST", f"{path}/cancel")):
        answer = await road.api.request(method, address, headers=road.world.operations.headers)
        assert answer.status_code == 404


@pytest.mark.walked("to_checked")
async def test_tokens_are_shown_by_their_last_characters(road: Road) -> None:
    name = road.station
    asked = await ask(road, name, "start_charging", token="04E91C5A7A2C", connector=1)
    listed = await ask(
        road,
        name,
        "send_local_list",
        version=1,
        kind="differential",
        tokens=[{"token": "04E91C5A7A2C", "verdict": None}],
    )
    assert asked["arguments"] == {"token": "…7A2C", "connector": 1}
    # None takes a token off the list: it must not fall back to what stands where nothing is said.
    assert listed["arguments"]["tokens"] == [{"token": "…7A2C", "verdict": None}]
    card = {"idToken": "04E91C5A7A2C", "type": "ISO14443"}
    own = await ask(road, name, "send_message", action="CustomerInformation", payload={"idToken": card})
    assert own["arguments"]["payload"] == {"idToken": {"idToken": "…7A2C", "type": "ISO14443"}}
    async with road.world.desk.work(PROCESS, "test") as work:
        asset = await assets.find(work.session, name, EVERYTHING)
        assert asset is not None
    audit = await road.api.get("/v1/audit", headers=road.world.engineer.headers)
    assert "04E91C5A7A2C" not in audit.text


def test_the_document_shows_every_command_with_its_arguments(app: FastAPI) -> None:
    document = app.openapi()
    body = document["paths"]["/v1/stations/{name}/commands"]["post"]["requestBody"]["content"]["application/json"]
    schemas = document["components"]["schemas"]
    chosen = schemas[body["schema"]["$ref"].rpartition("/")[2]]
    assert chosen["discriminator"]["propertyName"] == "kind"
    assert set(chosen["discriminator"]["mapping"]) == set(COMMANDS) - NOT_ASKED_FOR
    unlock = schemas[chosen["discriminator"]["mapping"]["unlock"].rpartition("/")[2]]
    assert unlock["properties"]["arguments"]["$ref"].endswith("/Unlock")
    assert "arguments" in unlock["required"]


async def _reserve(road: Road, name: str, **changed: Any) -> httpx.Response:
    body = {"token": "04E91C5A7A2C", "until": "2099-01-06T12:00:00+01:00", "connector": 1, **changed}
    return await road.api.post(f"{STATIONS}/{name}/reservations", json=body, headers=road.world.operations.headers)


@pytest.mark.walked("to_checked")
async def test_a_connector_is_reserved_and_given_free(road: Road) -> None:
    name = road.station
    made = await _reserve(road, name)
    assert made.status_code == 202, made.text
    reservation = made.json()
    assert (reservation["state"], reservation["token"]) == ("asked", "…7A2C")
    await answered(road, reservation["command_id"], "accepted")
    path = f"{STATIONS}/{name}/reservations"
    shown = await road.call(road.world.engineer, "GET", f"{path}/{reservation['number']}")
    assert (shown["state"], shown["label"]) == ("accepted", "Reserved")
    once = {**road.world.operations.headers, "Idempotency-Key": "give-free"}
    freeing, repeated = [await road.api.delete(f"{path}/{reservation['number']}", headers=once) for _ in range(2)]
    assert (freeing.status_code, freeing.json()["state"], repeated.json()) == (202, "accepted", freeing.json())
    (asked,) = (
        await road.call(
            road.world.operations, "GET", f"{STATIONS}/{name}/commands", params={"kind": "cancel_reservation"}
        )
    )["items"]
    await answered(road, asked["id"], "accepted")
    (listed,) = (await road.call(road.world.operations, "GET", path, params={"state": "cancelled"}))["items"]
    assert listed["number"] == reservation["number"]
    again = await road.api.delete(f"{path}/{reservation['number']}", headers=road.world.operations.headers)
    assert again.status_code == 409


@pytest.mark.walked("to_checked")
@pytest.mark.step("H2")
async def test_a_reservation_that_cannot_be_is_refused_by_its_field(road: Road) -> None:
    name = road.station
    wrong = {"until": "2020-01-01T00:00:00Z", "connector": 9, "token": "x" * 37}
    for field, value in wrong.items():
        answer = await _reserve(road, name, **{field: value})
        assert answer.status_code == 422
        assert [each["pointer"] for each in answer.json()["errors"]] == [f"/{field}"]
    assert (await road.call(road.world.operations, "GET", f"{STATIONS}/{name}/reservations"))["items"] == []
    missing = await road.api.get(f"{STATIONS}/{name}/reservations/4711", headers=road.world.operations.headers)
    assert missing.status_code == 404
