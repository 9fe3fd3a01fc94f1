"""The API described at ``/v1/openapi.json``: OpenAPI 3.1, with what each operation needs and how it refuses."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import RouteContext, iter_route_contexts

from api.auth.access import Guard
from api.deprecation import Deprecated
from api.etags import HEADER
from api.problems import MEDIA_TYPE, Problem

TAGS = [
    {"name": "sessions", "description": "Logging in and out, and what one may do."},
    {"name": "organisations", "description": "The operator and its partners."},
    {"name": "users", "description": "People who log in with a password."},
    {"name": "service accounts", "description": "Programs that call with API keys."},
    {"name": "wanted", "description": "What stations are to have, and how far each has come with it."},
    {"name": "products", "description": "Stations that can be placed, and the questions of their acceptance test."},
    {"name": "tenders", "description": "Who asks, who installs, who keeps the stations, and what is placed."},
    {"name": "hardware", "description": "Units from the supplier's list to the installer's van (P11)."},
    {"name": "placement requests", "description": "From a request to an operating station (P1-P8)."},
    {"name": "tasks", "description": "The inbox of each role, overdue first, and deputies for days off (P21)."},
    {"name": "deadlines", "description": "How long each stage may take, in working days (P21)."},
    {"name": "work orders", "description": "Planning, hardware, connection test (P9-P14)."},
    {"name": "crews", "description": "Who comes to install: partners' crews and the operator's own (P10)."},
    {"name": "acceptance tests", "description": "Answers, review and report (P16-P18)."},
    {"name": "stations", "description": "Stations at their place, their states live, activation (P13-P19)."},
    {"name": "customers", "description": "People and companies, whom to speak to, what was agreed (S1)."},
    {
        "name": "charging sessions",
        "description": "What drivers charged: facts, prices explained, bill data records (C1-C6, B1).",
    },
    {"name": "ledger", "description": "Balances, statements and holds; every amount in double entry (B8, C5)."},
    {"name": "subscribers", "description": "Subscriptions, from the request to the settled account (S1-S5)."},
    {"name": "cards", "description": "The pool, whose each card is, and which are blocked (S3, S4)."},
    {"name": "vehicles", "description": "Cars that charge by their electronic ids (S9)."},
    {"name": "groups", "description": "Cards, people, cars and stations that belong together, and their limits (S6)."},
    {"name": "tariffs", "description": "What charging costs, for whom and where: shown, explained, tried out (C10)."},
    {"name": "documents", "description": "Reports and photos (P18)."},
    {"name": "endpoints", "description": "Where an organisation is told what happens, and whether that arrived."},
    {"name": "webhooks", "description": "What outside parties call."},
    {"name": "processes", "description": "Each process and the facts handed over to it, for engineers."},
    {"name": "audit", "description": "Who did or tried what, with before and after."},
]

DESCRIPTION = """
The road from a placement request to an operating charging station.

* Refusals are RFC 9457 problems; `errors` names each wrong field by JSON pointer.
* Every POST that creates takes an `Idempotency-Key`.
* Lists come in pages: ask again with `next_cursor`, in the same order and with the same filters.
* Each JSON answer to a GET has an `ETag`: `If-None-Match` gets 304, and an edit with `If-Match` is made only on what
  was seen. Where two people edit the same thing, send it.
* `RateLimit` tells what is left of the calls of this minute.
* What will go says so by `Deprecation` and `Sunset`, half a year before at least.
* A parameter that a route does not know is refused.
* `X-Correlation-Id` is taken from you or given to you, and stays with everything a request causes.
"""

_REFUSALS = {
    400: "The body can't be read.",
    401: "No valid session token or API key was sent.",
    403: "The policy does not allow it; the attempt is on record.",
    404: "There is no such thing for your organisation.",
    409: "It can't be done as things stand; the state is as it was.",
    412: "Somebody has changed it since it was read; nothing was changed.",
    413: "The body is too large.",
    415: "The body is of another kind.",
    422: "The input is not valid; every wrong field is named.",
    429: "Too many requests; wait for `Retry-After` seconds.",
    500: "Something went wrong on our side; tell us the correlation id.",
    503: "Not available right now; try again after `Retry-After` seconds.",
}


def describe(app: FastAPI) -> None:
    """Make ``app.openapi`` say it, once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # the way FastAPI documents


def guards_of(route: RouteContext) -> list[Guard]:
    """What guards a route: found in its dependencies, whatever depends on what."""
    dependant = getattr(route, "dependant", None)
    return [] if dependant is None else [call for call in _calls(dependant) if isinstance(call, Guard)]


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _described(app: FastAPI) -> dict[str, Any]:
    said = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, tags=TAGS, routes=app.routes)
    schemas = said.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            operation = said["paths"].get(getattr(route, "path_format", route.path), {}).get(method.lower())
            if operation is not None:
                _complete(operation, method, guards_of(route))
                _tell_end(operation, route)
    return said


def _complete(operation: dict[str, Any], method: str, guards: list[Guard]) -> None:
    if permissions := [guard.permission for guard in guards if guard.permission]:
        needs = "Needs the permission " + ", ".join(f"`{permission}`" for permission in permissions) + "."
        operation["description"] = "\n\n".join(filter(None, [operation.get("description"), needs]))
        operation["x-permissions"] = [permission.value for permission in permissions]
    for status in _possible(operation, method, guards):
        operation["responses"][str(status)] = {
            "description": _REFUSALS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    for status in (429, 503):
        if (refusal := operation["responses"].get(str(status))) is not None:
            refusal["headers"] = {"Retry-After": _header("Seconds to wait", kind="integer")}
    _tell_headers(operation, method, bool(guards))


def _tell_headers(operation: dict[str, Any], method: str, is_guarded: bool) -> None:
    responses = operation["responses"]
    if method == "GET" and "application/json" in responses.get("200", {}).get("content", {}):
        responses["200"].setdefault("headers", {})["ETag"] = _header("Names this version of what is shown")
        responses["304"] = {"description": "It is as in `If-None-Match`; nothing is sent."}
    for status, answer in responses.items():
        if is_guarded and status < "400":
            answer.setdefault("headers", {}).update(
                {
                    "RateLimit": _header("`r`: calls left, `t`: seconds until there are more"),
                    "RateLimit-Policy": _header("`q`: calls in a window, `w`: its seconds"),
                }
            )


def _tell_end(operation: dict[str, Any], route: RouteContext) -> None:
    dependant = getattr(route, "dependant", None)
    for end in _calls(dependant) if dependant else ():
        if isinstance(end, Deprecated):
            operation["deprecated"] = True
            tells = f"Deprecated since {end.since}; goes after {end.sunset}. Use `{end.successor}`."
            operation["description"] = "\n\n".join(filter(None, [operation.get("description"), tells]))


def _header(description: str, *, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


def _possible(operation: dict[str, Any], method: str, guards: list[Guard]) -> list[int]:
    parameters = operation.get("parameters", [])
    places = {parameter["in"] for parameter in parameters}
    statuses = [401, 422, 429, 500, 503]
    statuses += [403] if any(guard.permission for guard in guards) else []
    statuses += [404] if "path" in places else []
    statuses += [409] if method != "GET" else []
    statuses += [412] if HEADER in {parameter["name"] for parameter in parameters} else []
    statuses += [400, 413, 415] if "requestBody" in operation else []
    return sorted(statuses, key=lambda status: HTTPStatus(status).value)
