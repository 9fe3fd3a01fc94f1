"""Every route with everybody: the policy table decides, and nobody reads or changes what is another organisation's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
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
from tests.api.places import something_of_everything, values_for
from tests.api.road import Road, photo
from tests.people import Person, World, user

OPEN_STREAMS = {"/v1/stations/{name}/events", "/v1/stations/{name}/messages/live"}
"""For whoever may follow them, they do not end."""

NOT_COMPARED = {"timeline_entry", "idempotency_key", "request_count"}
"""Denied attempts are on record, and every request is counted."""


OF_ONES_OWN = {"POST /v1/endpoints", "POST /v1/crews", "POST /v1/delegations"}
"""What makes something that belongs to whoever makes it."""

EVERYBODYS = {"number", "reservation", "kind", "process", "stage", "key"}
"""Values of path parameters that tell nothing."""

NO_ROUTE_YET: set[Permission] = set()


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
    return await something_of_everything(road, world)


@pytest.fixture
async def strangers(world: World) -> dict[str, Caller]:
    """Partners that take no part in the tender."""
    async with world.desk.work(world.administrator.actor, "test") as work:
        other = await access.add_organisation(
            work, NewOrganisation(kind=OrganisationKind.SERVICE_PARTNER, name="Service Anders BV")
        )
        service = await user(work, other, "Stef Stranger", Role.SERVICE_PARTNER)
        crew = await user(work, world.operator, "Owen Own", Role.INSTALLER)
        keeper = await user(work, world.operator, "Kees Own", Role.SERVICE_PARTNER)
        owner = await access.add_organisation(
            work, NewOrganisation(kind=OrganisationKind.GROUP_OWNER, name="Koeriers BV")
        )
        driver = await user(work, owner, "Sia Stranger", Role.SUPER_USER)
    return {
        "another super-user": Caller(driver, frozenset({Role.SUPER_USER})),
        "another requester": Caller(world.other_requester, frozenset({Role.REQUESTER})),
        "another installer": Caller(world.other_installer_user, frozenset({Role.INSTALLER})),
        "another service partner": Caller(service, frozenset({Role.SERVICE_PARTNER})),
        "the operator's own crew": Caller(crew, frozenset({Role.INSTALLER})),
        "the operator's own keeper": Caller(keeper, frozenset({Role.SERVICE_PARTNER})),
    }


def _insiders(world: World) -> dict[str, Caller]:
    return {
        "administration": Caller(world.administrator, frozenset({Role.ADMINISTRATION})),
        "operations": Caller(world.operations, frozenset({Role.OPERATIONS})),
        "warehouse": Caller(world.warehouse, frozenset({Role.WAREHOUSE})),
        "engineer": Caller(world.engineer, frozenset({Role.ENGINEER})),
        "customer care": Caller(world.customer_care, frozenset({Role.CUSTOMER_CARE})),
        "finance": Caller(world.finance, frozenset({Role.FINANCE})),
        "super-user": Caller(world.super_user, frozenset({Role.SUPER_USER})),
        "requester": Caller(world.requester_user, frozenset({Role.REQUESTER})),
        "requester's program": Caller(world.requester, frozenset({Role.REQUESTER})),
        "installer": Caller(world.installer_user, frozenset({Role.INSTALLER})),
        "service partner": Caller(world.service_user, frozenset({Role.SERVICE_PARTNER})),
    }


def calls(app: FastAPI, places: dict[str, str]) -> Iterator[Call]:
    """Every operation that needs a permission, with its example as body."""
    for path, operations in app.openapi()["paths"].items():
        address = path.format_map(values_for(path, places))
        for method, operation in operations.items():
            for permission in operation.get("x-permissions", []):
                yield Call(method.upper(), path, address, Permission(permission), _body(path, operation))


def _body(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return {"files": {"file": ("a.jpg", photo(), "image/jpeg")}}
    if "application/json" not in content:
        return {}
    body = content["application/json"]["examples"]["example"]["value"]
    return {"json": {"planned_for": "2099-01-01"} if path.endswith("/plan") else body}


def _webhook(address: str, **more: str) -> dict[str, Any]:
    return {"channel": "webhook", "address": address, "events": [], **more}


async def test_who_lacks_the_permission_is_refused_on_every_route(
    app: FastAPI, api: httpx.AsyncClient, world: World, places: dict[str, str], strangers: dict[str, Caller]
) -> None:
    everybody = {**_insiders(world), **strangers}
    chosen = list(_each_with_each(calls(app, places), everybody))
    for name, call in chosen:
        answer = await api.request(call.method, call.address, headers=everybody[name].person.headers, **call.sent)
        assert answer.status_code == 403, (name, str(call), answer.status_code, answer.text)
        assert answer.json()["facts"] == {"permission": call.permission.value}
    lacking = {(n, p) for n, c in everybody.items() for p in set(Permission) - NO_ROUTE_YET if c.reach(p) is None}
    assert {(name, call.permission) for name, call in chosen} == lacking


def _each_with_each(every: Iterator[Call], everybody: dict[str, Caller]) -> Iterator[tuple[str, Call]]:
    """For each permission everybody who lacks it at one route, and each other route by two of them in turn: a route
    knows its permission and the policy who has it, so neither asks who calls where."""
    turns: dict[Permission, Iterator[str]] = {}
    for call in every:
        without = [name for name, caller in everybody.items() if caller.reach(call.permission) is None]
        first = call.permission not in turns
        turn = turns.setdefault(call.permission, cycle(without))
        for name in without if first else islice(turn, 2):
            yield name, call


async def test_who_has_the_permission_reads_what_is_theirs(
    app: FastAPI, api: httpx.AsyncClient, world: World, places: dict[str, str]
) -> None:
    for call in calls(app, places):
        for name, caller in _insiders(world).items():
            if call.method == "GET" and call.path not in OPEN_STREAMS and caller.reach(call.permission):
                answer = await api.get(call.address, headers=caller.person.headers)
                hidden = _is_hidden(call, caller)
                assert answer.status_code == (404 if hidden else 200), (name, str(call), answer.text)


THEIRS = {"/v1/tasks/": Role.INSTALLER, "/v1/endpoints/": Role.REQUESTER, "/v1/crews/": Role.INSTALLER}
"""Whose the task, the endpoint and the crew of these places are."""

NOBODYS = "/v1/delegations/"


def _is_hidden(call: Call, caller: Caller) -> bool:
    """Within the circle of the tender too, not everything is everybody's."""
    if caller.reach(call.permission) is Reach.ALL or _manages_tasks(call, caller):
        return False
    owner = next((role for start, role in THEIRS.items() if call.path.startswith(start)), None)
    return (
        call.path.startswith(NOBODYS)
        or (owner is not None and owner not in caller.roles)
        # The photo is for the installer and operations; the requester gets the report.
        or (call.path.startswith("/v1/documents/") and Role.REQUESTER in caller.roles)
    )


async def test_who_has_the_permission_is_let_in_wherever_it_reaches(
    app: FastAPI, api: httpx.AsyncClient, world: World, places: dict[str, str]
) -> None:
    """Whatever stands in the way then is the stage, a second person, or that it takes a person at all.

    What removes things comes last.
    """
    tried = 0
    for call in sorted(calls(app, places), key=_removes):
        for name, caller in _insiders(world).items():
            if call.method == "GET" or caller.reach(call.permission) is None:
                continue
            answer = await api.request(call.method, call.address, headers=caller.person.headers, **call.sent)
            said = (name, str(call), answer.status_code, answer.text)
            assert answer.status_code not in {401, 405, 415, 500}, said
            if answer.status_code == 403:
                assert "permission" not in answer.json().get("facts", {}), said
            if _is_hidden(call, caller):
                assert answer.status_code in {404, 422}, said
            elif _exists(call) and not _manages_tasks(call, caller):
                assert answer.status_code != 404, said
            tried += 1
    assert tried > 60


def _manages_tasks(call: Call, caller: Caller) -> bool:
    """Sees everybody's tasks, and takes only their own."""
    return call.path.startswith("/v1/tasks/") and caller.reach(Permission.TASKS_MANAGE) is not None


def _removes(call: Call) -> tuple[bool, bool]:
    """What lets a caller in goes last of all: logins and keys."""
    removes = call.method == "DELETE" or call.path.endswith("/disable")
    return removes and call.path.startswith(("/v1/users/", "/v1/service-accounts/")), removes


def _exists(call: Call) -> bool:
    """What the first of several callers has removed is not there for the next one."""
    return call.method != "DELETE" and "/lines/" not in call.path


async def test_who_is_logged_in_may_call_what_needs_no_permission(
    app: FastAPI,
    api: httpx.AsyncClient,
    world: World,
    places: dict[str, str],
    strangers: dict[str, Caller],
) -> None:
    for path, operations in app.openapi()["paths"].items():
        operation = operations.get("get", {})
        if operation.get("security") and not operation.get("x-permissions"):
            for name, caller in {**_insiders(world), **strangers}.items():
                answer = await api.get(path.format_map(values_for(path, places)), headers=caller.person.headers)
                assert answer.status_code == 200, (name, path, answer.text)


def test_every_role_and_every_permission_is_in_the_matrix(app: FastAPI, world: World) -> None:
    roles = {role for caller in _insiders(world).values() for role in caller.roles}
    assert roles == set(Role)
    guarded = {
        permission
        for operations in app.openapi()["paths"].values()
        for operation in operations.values()
        for permission in operation.get("x-permissions", [])
    }
    assert set(Permission) - guarded <= NO_ROUTE_YET


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
            if caller.reach(call.permission) is None or str(call) in OF_ONES_OWN:
                continue
            answer = await api.request(call.method, call.address, headers=caller.person.headers, **call.sent)
            expected = 404 if call.address != call.path else 200 if call.method == "GET" else 422
            assert answer.status_code == expected, (name, str(call), answer.status_code, answer.text)
            if call.method == "GET" and expected == 200:
                told = [value for name, value in places.items() if name not in EVERYBODYS and value in answer.text]
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
