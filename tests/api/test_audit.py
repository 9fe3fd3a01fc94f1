"""The audit trail: every edit with before and after, every refused attempt, changed by nobody."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from models.store.database import Database
from models.tables.timeline import TimelineEntry
from tests.api.road import NEW, PLACEMENTS, Road
from tests.people import Person, World

AUDIT = "/v1/audit"


async def _trail(api: httpx.AsyncClient, reader: Person, **wanted: Any) -> list[Any]:
    answer = await api.get(AUDIT, params=wanted, headers=reader.headers)
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


@pytest.mark.step("P22")
async def test_a_decision_stands_with_what_it_changed_before_and_after(road: Road, world: World) -> None:
    await road.submit()
    await road.call(world.operations, "POST", f"{PLACEMENTS}/{road.reference}/approve")
    approved, requested = await _trail(road.api, world.administrator, reference=road.reference, subject="placement")
    assert (approved["what"], approved["actor"]) == ("approve", str(world.operations.id))
    moved = {change["what"]: change for change in approved["changes"]}
    assert moved["placement_request"]["before"]["stage"] == "submitted"
    assert moved["placement_request"]["after"]["stage"] == "grid_requested"
    assert moved["task"]["after"]["state"] == "done"
    made = {change["what"]: change for change in requested["changes"]}
    assert made["placement_request"]["before"] is None
    assert made["location_attempt"]["after"]["street"] == "Dam"


async def test_secrets_and_personal_data_are_masked(road: Road, world: World) -> None:
    await road.submit()
    body = {
        "organisation_id": str(world.municipality.id),
        "name": "Nina New",
        "email": "nina@city.example",
        "password": "a long pass phrase",
        "roles": ["requester"],
    }
    await road.call(world.administrator, "POST", "/v1/users", json=body)
    again = await road.api.post("/v1/users", json=body, headers=world.administrator.headers)
    assert again.status_code == 409
    answer = await road.api.get(AUDIT, headers=world.engineer.headers)
    for private in (NEW["contact"]["email"], NEW["contact"]["name"], "a long pass phrase", "argon2"):
        assert private not in answer.text
    added = next(each for each in answer.json()["items"] if each["what"] == "user added")
    assert added["changes"][0]["after"]["password_hash"] == "(secret)"
    assert added["changes"][0]["after"]["email"] == "(personal)"


@pytest.mark.walked("to_test_charged")
async def test_each_answer_of_a_draft_is_on_record_with_the_one_before(road: Road, world: World) -> None:
    path = f"/v1/work-orders/{road.work_order}/sat/answers"
    for value in ("no", "yes"):
        await road.call(
            world.installer_user, "PATCH", path, json={"answers": [{"question": "site_clean", "value": value}]}
        )
    entries = await _trail(road.api, world.administrator, actor=str(world.installer_user.id))
    found = [change for entry in entries for change in entry["changes"] if change["what"] == "sat_answer"]
    assert [found[0]["before"]["value"], found[0]["after"]["value"]] == ["no", "yes"]
    assert (found[1]["before"], found[1]["after"]["value"]) == (None, "no")


@pytest.mark.parametrize(
    ("who", "path", "body", "status", "code"),
    [
        ("installer_user", "/v1/organisations", {"kind": "requester", "name": "Mine"}, 403, "Forbidden"),
        ("operations", PLACEMENTS + "/{reference}/approve", None, 409, "StageDoesNotAllow"),
        ("administrator", "/v1/organisations", {"kind": "requester", "name": "Gemeente Voorbeeld"}, 409, None),
        ("requester_user", PLACEMENTS, {**NEW, "tender": "T-0"}, 422, "UnknownTender"),
    ],
)
async def test_a_refused_attempt_is_on_record_once_with_what_was_tried(
    road: Road, world: World, who: str, path: str, body: dict[str, Any] | None, status: int, code: str | None
) -> None:
    await road.submit()
    await road.call(world.operations, "POST", f"{PLACEMENTS}/{road.reference}/approve")
    person: Person = getattr(world, who)
    if body is not None and body.get("name") == "Gemeente Voorbeeld":
        body = {**body, "name": world.municipality.name}
    address = path.format(reference=road.reference)
    answer = await road.api.post(address, json=body, headers=person.headers)
    assert answer.status_code == status, answer.text
    (entry,) = await _trail(road.api, world.administrator, refused=True)
    assert entry["actor"] == str(person.id)
    assert entry["correlation_id"] == answer.headers["x-correlation-id"]
    assert code in {None, entry["detail"]["code"]}
    assert entry["changes"] == []
    if body is not None:
        assert entry["what"] == f"refused: POST {address}"
        assert entry["detail"]["tried"]["body"].keys() == body.keys()
    else:
        assert entry["subject"] == "placement"


async def test_a_refused_attempt_is_found_by_what_it_was_aimed_at(road: Road, world: World) -> None:
    await road.submit()
    path = f"{PLACEMENTS}/{road.reference}/approve"
    assert (await road.api.post(path, headers=world.requester_user.headers)).status_code == 403
    (entry,) = await _trail(road.api, world.administrator, reference=road.reference, refused=True)
    assert entry["reference"] == road.reference


async def test_the_trail_is_read_by_page_time_and_actor(road: Road, world: World) -> None:
    await road.submit()
    await road.submit()
    whole = await _trail(road.api, world.administrator)
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await road.api.get(AUDIT, params={"limit": "1", **cursor}, headers=world.administrator.headers)
        seen += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json()["next_cursor"]}
    assert seen == whole
    middle = whole[0]["at"]
    assert whole[0] in await _trail(road.api, world.administrator, at_from=middle)
    assert whole[0] not in await _trail(road.api, world.administrator, at_to=middle)
    by_city = await _trail(road.api, world.administrator, actor=str(world.requester.id))
    assert {entry["what"] for entry in by_city} == {"placement requested"}


async def test_nobody_but_administration_and_engineers_reads_it(api: httpx.AsyncClient, world: World) -> None:
    for person in (world.operations, world.requester_user, world.installer_user, world.warehouse):
        assert (await api.get(AUDIT, headers=person.headers)).status_code == 403


@pytest.mark.parametrize(
    "statement", ["UPDATE timeline_entry SET what = 'nothing'", "DELETE FROM timeline_entry", "TRUNCATE timeline_entry"]
)
@pytest.mark.usefixtures("world")
async def test_the_database_lets_nobody_change_what_is_on_record(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as session:
            await session.execute(sa.text(statement))
    async with database.transaction() as session:
        assert (await session.execute(sa.select(sa.func.count()).select_from(TimelineEntry))).scalar_one() > 0
