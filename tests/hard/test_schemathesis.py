"""Schemathesis sends what our OpenAPI document allows, and what not: no error of ours, no undocumented answer."""

import asyncio
import contextlib
import dataclasses
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from activities.gateways.documents import LocalDocuments
from models.rules.access import Permission, Role, reach
from tests.api.places import something_of_everything, values_for
from tests.api.road import Road, with_processes
from tests.people import Person, World

pytestmark = [pytest.mark.hard, pytest.mark.timeout(600)]

SEED = 20261121
EXAMPLES = 10
"""For each operation and each of: what the document allows, what it does not."""
TIME_LIMIT_S = 400.0
ANSWER_LIMIT_S = 20.0

NOT_CALLED = {
    "GET /v1/stations/{name}/events",  # does not end
    "GET /v1/stations/{name}/messages/live",  # nor does this
    "DELETE /v1/sessions/current",  # takes the caller's own login
}
SHUTS_OUT = {"/v1/users/{user_id}/disable", "/v1/service-accounts/{account_id}/disable"}
"""Called with ids of nobody only."""

CHECKS: list[CheckFunction] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass
class Sender:
    """Sends cases in somebody's name, to what there is and to what there is not, and remembers the answers."""

    url: str
    places: dict[str, str]
    people: dict[Role, Person]
    statuses: Counter[int] = field(default_factory=Counter)

    def send(self, case: Any, *, is_known: bool, is_permitted: bool) -> None:
        path = case.operation.path
        if is_known and path not in SHUTS_OUT and case.path_parameters:
            known = values_for(path, self.places)
            case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
        person = self._person(case.operation, is_permitted=is_permitted)
        answer = case.call(base_url=self.url, headers=person.headers, timeout=ANSWER_LIMIT_S)
        self.statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)
        is_sorry = answer.status_code == 503 and "retry-after" in answer.headers
        assert answer.status_code < 500 or is_sorry, f"{case.operation.label}: {answer.status_code}"

    def _person(self, operation: Any, *, is_permitted: bool) -> Person:
        needed = [Permission(each) for each in operation.definition.raw.get("x-permissions", [])]
        permitted = [role for role in self.people if all(reach(frozenset({role}), None, each) for each in needed)]
        return self.people[permitted[0] if is_permitted and permitted else Role.SERVICE_PARTNER]


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(ANSWER_LIMIT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


def play(document: dict[str, Any], sender: Sender) -> list[str]:
    """The failures, each with the operation that it is of."""
    schema = schemathesis.openapi.from_dict(document)
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert len(operations) == sum(len(item) for item in document["paths"].values())
    random.Random(SEED).shuffle(operations)
    failures = []
    ends_at = time.monotonic() + TIME_LIMIT_S
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if operation.label in NOT_CALLED or time.monotonic() > ends_at:
                continue
            try:
                _try(operation, mode, sender)
            except* Exception as found:  # noqa: BLE001 - each is told, with the operation that it is of
                failures.append(f"{operation.label} ({mode.value}): {found.exceptions}")
    assert time.monotonic() < ends_at, "Not every operation had its turn"
    return failures


def _try(operation: Any, mode: GenerationMode, sender: Sender) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=st.integers(0, 3), permitted=st.integers(0, 4))
    def send(case: Any, known: int, permitted: int) -> None:
        sender.send(case, is_known=known > 0, is_permitted=permitted > 0)

    send()


async def test_no_error_of_ours_and_no_undocumented_answer(
    app: FastAPI, api: httpx.AsyncClient, world: World, tmp_path: Path
) -> None:
    processes = with_processes(app, world)
    documents = LocalDocuments(tmp_path / "documents")
    app.state.services = dataclasses.replace(app.state.services, documents=documents)
    places = await something_of_everything(Road(api, world, processes, documents=documents), world)
    people = {
        Role.ADMINISTRATION: world.administrator,
        Role.OPERATIONS: world.operations,
        Role.INSTALLER: world.installer_user,
        Role.REQUESTER: world.requester_user,
        Role.WAREHOUSE: world.warehouse,
        Role.ENGINEER: world.engineer,
        Role.CUSTOMER_CARE: world.customer_care,
        Role.FINANCE: world.finance,
        Role.SERVICE_PARTNER: world.service_user,
    }
    async with served(app) as url:
        sender = Sender(url, places, people)
        failures = await asyncio.to_thread(play, app.openapi(), sender)
    assert not failures, "\n\n".join(failures)
    assert {200, 201, 403, 404, 409, 422} <= sender.statuses.keys()
    assert sender.statuses.total() > 1000
