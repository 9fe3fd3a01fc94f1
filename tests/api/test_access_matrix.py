"""Every route with everybody: the policy table decides, and nobody reads or changes what is another organisation's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import SQLModel

from models.messages.access import NewOrganisation
from models.rules.access import OrganisationKind, Permission, Reach, Role, reach
from models.store.database import Database
from models.usecases import access
from tests.api.road import Road, photo
from tests.people import Person, World, user

OPEN_STREAM = "/v1/stations/{name}/events"
"""For whoever may follow it, it does not end."""

NOT_COMPARED = {"timeline_entry", "idempotency_key"}
"""Denied attempts are on record."""


@dataclass
class Call:
    """One operation, addressed to what belongs to the municipality, its installer and its service partner."""

    method: str
    path: str
    address: str
    permission: Permission
    sent: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Caller:
    person: Person
    roles: frozenset[Role]

    def reach(self, permission: Permission) -> Reach | None:
        return reach(self.roles, None, permission)


@pytest.fixture
async def places(road: Road, world: World) -> dict[str, str]:
    """Values of the path parameters: something of everything, none of it the strangers'."""
    await road.call(world.requester, "POST", "/v1/endpoints", json=_webhook("https://city.example/hook"))
    name = await road.to_test_charged()
    await road.fill_in()
    endpoints = await road.call(world.requester, "GET", "/v1/endpoints")
    order = await road.order()
    picture = await road.call(
        world.installer_user,
        "POST",
        f"/v1/work-orders/{road.work_order}/photos",
        files={"file": ("a.png", photo("PNG"), "image/png")},
    )
    tasks = await road.call(world.installer_user, "GET", "/v1/tasks")
    return {
        "reference": road.reference,
        "work_order": road.work_order,
        "line_id": order["lines"][0]["id"],
        "name": name,
        "document_id": picture["id"],
        "endpoint_id": endpoints["items"][0]["id"],
        "task_id": tasks["items"][0]["id"],
        "hardware_id": "VW-1",
        "code": "T-2026-1",
        "user_id": str(world.requester_user.id),
        "account_id": str(world.requester.id),
        "key_id": str(world.requester.id),
        "workflow_id": f"placement-{road.reference}",
        "kind": "placement",
    }


@pytest.fixture
async def strangers(world: World) -> dict[str, Caller]:
    """Partners that take no part in the tender."""
    async with world.desk.work(world.administrator.actor, "test") as work:
        other = await access.add_organisation(
            work, NewOrganisation(kind=OrganisationKind.SERVICE_PARTNER, name="Service Anders BV")
        )
        service = await user(work, other, "Stef Stranger", Role.SERVICE_PARTNER)
    return {
        "another requester": Caller(world.other_requester, frozenset({Role.REQUESTER})),
        "another installer": Caller(world.other_installer_user, frozenset({Role.INSTALLER})),
        "another service partner": Caller(service, frozenset({Role.SERVICE_PARTNER})),
    }


def _insiders(world: World) -> dict[str, Caller]:
    return {
        "administration": Caller(world.administrator, frozenset({Role.ADMINISTRATION})),
        "operations": Caller(world.operations, frozenset({Role.OPERATIONS})),
        "warehouse": Caller(world.warehouse, frozenset({Role.WAREHOUSE})),
        "engineer": Caller(world.engineer, frozenset({Role.ENGINEER})),
        "requester": Caller(world.requester_user, frozenset({Role.REQUESTER})),
        "requester's program": Caller(world.requester, frozenset({Role.REQUESTER})),
        "installer": Caller(world.installer_user, frozenset({Role.INSTALLER})),
        "service partner": Caller(world.service_user, frozenset({Role.SERVICE_PARTNER})),
    }


def calls(app: FastAPI, places: dict[str, str]) -> Iterator[Call]:
    """Every operation that needs a permission, with its example as body."""
    for path, operations in app.openapi()["paths"].items():
        values = {**places, "reference": places["work_order"] if "/work-orders/" in path else places["reference"]}
        if path.startswith("/v1/products/"):
            values["code"] = "DUO-22"
        for method, operation in operations.items():
            for permission in operation.get("x-permissions", []):
                sent = _body(path, operation)
                yield Call(method.upper(), path, path.format_map(values), Permission(permission), sent)


def _body(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return {"files": {"file": ("a.jpg", photo(), "image/jpeg")}}
    if "application/json" not in content:
        return {}
    body = content["application/json"]["examples"]["example"]["value"]
    return {"json": {**body, "planned_for": "2099-01-01"} if path.endswith("/plan") else body}


def _webhook(address: str, **more: str) -> dict[str, Any]:
    return {"channel": "webhook", "address": address, "events": [], **more}


async def test_who_lacks_the_permission_is_refused_on_every_route(
    app: FastAPI, api: httpx.AsyncClient, world: World, places: dict[str, str], strangers: dict[str, Caller]
) -> None:
    tried = 0
    for call in calls(app, places):
        for name, caller in {**_insiders(world), **strangers}.items():
            if caller.reach(call.permission) is None:
                answer = await api.request(call.method, call.address, headers=caller.person.headers, **call.sent)
                assert answer.status_code == 403, (name, str(call), answer.status_code, answer.text)
                assert answer.json()["facts"] == {"permission": call.permission.value}
                tried += 1
    assert tried > 150


async def test_who_has_the_permission_reads_what_is_theirs(
    app: FastAPI, api: httpx.AsyncClient, world: World, places: dict[str, str]
) -> None:
    for call in calls(app, places):
        for name, caller in _insiders(world).items():
            if call.method == "GET" and call.path != OPEN_STREAM and caller.reach(call.permission):
                answer = await api.get(call.address, headers=caller.person.headers)
                hidden = _is_hidden(call, caller)
                assert answer.status_code == (404 if hidden else 200), (name, str(call), answer.text)


def _is_hidden(call: Call, caller: Caller) -> bool:
    """Within the circle of the tender too, not everything is everybody's."""
    if caller.reach(call.permission) is Reach.ALL:
        return False
    role = next(iter(caller.roles))
    return (
        (call.path.startswith("/v1/endpoints/") and role is not Role.REQUESTER)
        # The photo is for the installer and operations; the requester gets the report.
        or (call.path.startswith("/v1/documents/") and role is Role.REQUESTER)
    )


async def test_strangers_see_and_change_nothing(
    app: FastAPI,
    api: httpx.AsyncClient,
    database: Database,
    places: dict[str, str],
    strangers: dict[str, Caller],
) -> None:
    before = await _everything(database)
    tried = 0
    for call in calls(app, places):
        for name, caller in strangers.items():
            if caller.reach(call.permission) is None or str(call) == "POST /v1/endpoints":
                continue
            answer = await api.request(call.method, call.address, headers=caller.person.headers, **call.sent)
            expected = 404 if call.address != call.path else 200 if call.method == "GET" else 422
            assert answer.status_code == expected, (name, str(call), answer.status_code, answer.text)
            if call.method == "GET" and expected == 200:
                told = [value for value in places.values() if value in answer.text]
                assert not told, (name, str(call), told)
            tried += 1
    assert tried > 40
    assert await _everything(database) == before


async def test_nobody_adds_an_endpoint_for_another_organisation(
    api: httpx.AsyncClient, world: World, strangers: dict[str, Caller], database: Database
) -> None:
    before = await _everything(database)
    body = _webhook("https://thief.example/hook", organisation_id=str(world.municipality.id))
    for caller in strangers.values():
        answer = await api.post("/v1/endpoints", json=body, headers=caller.person.headers)
        permitted = caller.reach(Permission.NOTICES_MANAGE) is not None
        assert answer.status_code == (422 if permitted else 403), answer.text
    assert await _everything(database) == before


async def _everything(database: Database) -> dict[str, list[str]]:
    """All rows of all tables, as text."""
    said = {}
    async with database.transaction() as session:
        for name, table in SQLModel.metadata.tables.items():
            if name not in NOT_COMPARED:
                rows = (await session.execute(sa.select(table))).mappings().all()
                said[name] = sorted(json.dumps(dict(row), default=str, sort_keys=True) for row in rows)
    return said
