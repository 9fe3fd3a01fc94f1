"""Every operation with input that nobody should send: refused by name, and never our fault."""

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from models.rules.access import Permission, Role, reach
from tests.api.places import in_parts, part_of
from tests.api.road import Road, photo
from tests.people import Person, World

pytestmark = [pytest.mark.hard, pytest.mark.timeout(600)]

NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 10**400, 1e308, -0.0, float("nan"), float("inf"), "", " ", "\0", "a\0b",
    "x" * 5000, "\ud800", "\u202e", "é" * 300, "1e999999999", "0" * 5000, "NaN", "9999-12-31", "0001-01-01",
    "1e10", "{}", "%00", "../../etc/passwd", "'; DROP TABLE unit; --", "\r\nX-Injected: 1", [], [[]], {}, {"a": {}},
    [None], ["x"] * 2000,
)  # fmt: skip
NASTY_IN_ADDRESSES = (
    "0", "-1", "%00", "a%00b", "%ff", "..%2f..%2fetc", "x" * 3000, "%F0%9F%92%A9", "'", "%0d%0aX: 1", "9" * 400,
    "%ED%A0%80", "00000000-0000-0000-0000-000000000000", "{0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11}", "NaN", "1e400",
    "current",
)  # fmt: skip
NASTY_HEADERS = ("", " ", "\xff", "x" * 5000, "a" * 255, "9" * 5000, "-1", '"', "*", "W/", ",,,", "1e9", "0x10")
LOG_OUT = ("delete", "/v1/sessions/current")


@pytest.fixture
async def places(road: Road) -> dict[str, str]:
    name = await road.to_checked()
    return {"reference": road.reference, "work_order": road.work_order, "name": name, "code": "DUO-22",
            "line_id": (await road.order())["lines"][0]["id"], "hardware_id": "VW-1"}  # fmt: skip


def operations(app: FastAPI, world: World) -> Iterator[tuple[str, str, dict[str, Any], Person]]:
    """Each with somebody who may."""
    able = {
        Role.ADMINISTRATION: world.administrator,
        Role.OPERATIONS: world.operations,
        Role.WAREHOUSE: world.warehouse,
        Role.ENGINEER: world.engineer,
        Role.CUSTOMER_CARE: world.customer_care,
        Role.FINANCE: world.finance,
        Role.INSTALLER: world.installer_user,
        Role.REQUESTER: world.requester_user,
    }
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            wanted = [Permission(name) for name in operation.get("x-permissions", [])]
            who = [each for role, each in able.items() if all(reach(frozenset({role}), None, one) for one in wanted)]
            if (method, path) != LOG_OUT:
                yield method, path, operation, who[0]


def spoilt(value: Any) -> Iterator[Any]:
    """The body with one value in it replaced, for every value and everything nasty; then something else altogether."""
    for place in _places(value, ()):
        for nasty in NASTY:
            body = copy.deepcopy(value)
            if not place:
                yield nasty
                continue
            inner = body
            for step in place[:-1]:
                inner = inner[step]
            inner[place[-1]] = nasty
            yield body


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from _places(each, (*path, name))


def _filled(path: str, places: dict[str, str]) -> str:
    values = {**places, "reference": places["work_order" if "/work-orders/" in path else "reference"]}
    some_id = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11"
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")] + ["map.svg"]
    return path.format_map({name: values.get(name, some_id) for name in names})


def _is_stream(operation: dict[str, Any]) -> bool:
    """Whoever follows one is answered without an end."""
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


def _assert_fine(answer: httpx.Response, *about: object) -> None:
    assert answer.status_code < 500, (*about, answer.text)
    assert "x-injected" not in answer.headers
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", about


@in_parts
async def test_no_body_provokes_an_error_of_ours(
    app: FastAPI, api: httpx.AsyncClient, world: World, places: dict[str, str], part: int
) -> None:
    tried = 0
    for method, path, operation, who in part_of(operations(app, world), part):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        body = content.get("example") or content.get("examples", {}).get("example", {}).get("value")
        if body is None or path == "/v1/sessions":
            continue
        for spoilt_body in spoilt(body):
            raw = _json(spoilt_body)
            headers = {**who.headers, "Content-Type": "application/json"}
            answer = await api.request(method, _filled(path, places), content=raw, headers=headers)
            _assert_fine(answer, method, path, raw[:300])
            tried += 1
    assert tried > 1000


@in_parts
async def test_no_address_provokes_an_error_of_ours(
    app: FastAPI, api: httpx.AsyncClient, world: World, places: dict[str, str], part: int
) -> None:
    for method, path, operation, who in part_of(operations(app, world), part):
        names = [part["name"] for part in operation.get("parameters", []) if part["in"] == "query"]
        for nasty in NASTY_IN_ADDRESSES:
            if "{" in path:
                parts = [nasty if part.startswith("{") else part for part in path.split("/")]
                _assert_fine(await api.request(method, "/".join(parts), headers=who.headers), method, path, nasty)
            for name in names:
                address = f"{_filled(path, places)}?{name}={nasty}&{quote(nasty)}=1"
                _assert_fine(await api.request(method, address, headers=who.headers), method, address)


@in_parts
async def test_no_header_provokes_an_error_of_ours(
    app: FastAPI, api: httpx.AsyncClient, world: World, places: dict[str, str], part: int
) -> None:
    for method, path, operation, who in part_of(operations(app, world), part):
        names = [part["name"] for part in operation.get("parameters", []) if part["in"] == "header"]
        ours = ["Authorization", "X-Correlation-Id", "Content-Type", "If-None-Match", "Content-Length"]
        for name in [*names, *ours]:
            for nasty in NASTY_HEADERS:
                if _is_stream(operation) and name != "Authorization":
                    continue
                kept = {key: value.encode() for key, value in who.headers.items()}
                headers = [(key.encode(), value) for key, value in {**kept, name: nasty.encode("latin-1")}.items()]
                answer = await api.request(method, _filled(path, places), headers=headers, content=b"")
                _assert_fine(answer, method, path, name, nasty)


async def test_no_upload_provokes_an_error_of_ours(
    api: httpx.AsyncClient, world: World, places: dict[str, str]
) -> None:
    path, headers = f"/v1/work-orders/{places['work_order']}/photos", world.installer_user.headers
    cut, other = (
        (photo()[:-40], photo("PNG")[:60], b"\xff\xd8\xff"),
        (b"", b"GIF89a" + b"\0" * 40, b"%PDF-1.7", b"<svg/>"),
    )
    for content in (*cut, *other):
        for field in ("file", "other", ""):
            for name in ("a.jpg", "", "../../a.jpg", "a\0.jpg", "x" * 3000):
                files = {field: (name, content, "image/jpeg")}
                _assert_fine(await api.post(path, files=files, headers=headers), field, name, content)
        for kind in ("", "; boundary=", "; boundary=" + "x" * 300):
            form = {**headers, "Content-Type": "multipart/form-data" + kind}
            _assert_fine(await api.post(path, content=content, headers=form), kind, content)


def _json(value: Any) -> bytes:
    """As anybody could send it, also what is no proper JSON."""
    return json.dumps(value).encode()
