"""Whatever is refused, is refused as a problem that names the field and the remedy."""

from typing import Any

import httpx
import pytest

from api.app import create_app
from cli.supervisor.ports import free_port
from tests.conftest import settings_for
from tests.people import World

PRODUCT = {
    "code": "X-1",
    "brand": "Voltwerk",
    "model": "X",
    "product_type": "street post",
    "connectors": 2,
    "max_power_w": 22000,
}


def _problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["status"] == status
    assert said["type"].startswith("/problems/")
    assert said["correlation_id"] == answer.headers["x-correlation-id"]
    assert said["title"]
    assert said["detail"]
    return said


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"connectors": "two"}, "/connectors"),
        ({"connectors": 0}, "/connectors"),
        ({"max_power_w": 1e308}, "/max_power_w"),
        ({"colour": "green"}, "/colour"),
        ({"brand": None}, "/brand"),
        ({"brand": "  "}, "/brand"),
        ({"brand": "a\0b"}, "/brand"),
        ({"code": "no spaces please"}, "/code"),
        ({"a/b~c": 1}, "/a~1b~0c"),
    ],
)
async def test_each_wrong_field_is_named_by_pointer(
    api: httpx.AsyncClient, world: World, change: dict[str, Any], pointer: str
) -> None:
    headers = world.administrator.headers
    said = _problem(await api.post("/v1/products", json={**PRODUCT, **change}, headers=headers), 422)
    assert [each["pointer"] for each in said["errors"]] == [pointer]
    assert (await api.get("/v1/products/X-1", headers=headers)).status_code == 404


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"text"', b"null", b'{"code": "\\ud800"}', b"\xff\xfe"])
async def test_what_is_no_proper_body_is_refused(api: httpx.AsyncClient, world: World, body: bytes) -> None:
    headers = {**world.administrator.headers, "Content-Type": "application/json"}
    answer = await api.post("/v1/products", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    _problem(answer, answer.status_code)


async def test_a_body_nested_without_end_is_refused(api: httpx.AsyncClient, world: World) -> None:
    headers = {**world.administrator.headers, "Content-Type": "application/json", "Idempotency-Key": "deep"}
    for depth in (100, 900, 100_000):
        answer = await api.post("/v1/products", content=b"[" * depth + b"]" * depth, headers=headers)
        assert answer.status_code in {400, 422}
        _problem(answer, answer.status_code)


async def test_a_nul_at_the_bottom_of_a_deep_body_is_refused(api: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    for depth in range(880, 980, 3):
        for begin, end in ((b"[", b"]"), (b'{"a":', b"}")):
            body = begin * depth + b'"\\u0000"' + end * depth
            answer = await api.post("/v1/products", content=body, headers=headers)
            assert answer.status_code in {400, 401, 422}, depth


async def test_another_content_type_is_refused(api: httpx.AsyncClient, world: World) -> None:
    headers = {**world.administrator.headers, "Content-Type": "text/plain"}
    said = _problem(await api.post("/v1/products", content=b"{}", headers=headers), 415)
    assert "application/json" in said["detail"]


async def test_a_wrong_parameter_is_named(api: httpx.AsyncClient, world: World) -> None:
    headers = world.administrator.headers
    for path, parameter in [
        ("/v1/products?limit=0", "limit"),
        ("/v1/products?limit=many", "limit"),
        ("/v1/products?cursor=%21%21", "cursor"),
        ("/v1/products?cursor=eyJhZnRlciI6MX0", "cursor"),
        ("/v1/tasks?state=lost", "state"),
        ("/v1/users?organisation_id=7", "organisation_id"),
        ("/v1/products/%00", "path"),
    ]:
        said = _problem(await api.get(path, headers=headers), 422)
        assert [each["parameter"] for each in said["errors"]] == [parameter]


async def test_unknown_routes_and_methods_are_problems_too(api: httpx.AsyncClient) -> None:
    assert _problem(await api.get("/v1/nothing"), 404)["type"] == "/problems/not-found"
    answer = await api.put("/v1/products")
    assert _problem(answer, 405)["type"] == "/problems/method-not-allowed"
    assert answer.headers["allow"]


async def test_an_unexpected_error_says_only_where_to_find_it(
    api: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr("models.store.tenders.products", fail)
    answer = await api.get("/v1/products", headers=world.administrator.headers)
    _problem(answer, 500)
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_database_that_is_away_is_503_with_retry_after() -> None:
    app = create_app(settings_for(f"postgresql://nobody:none@127.0.0.1:{free_port()}/none"))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://stationmaster.test") as away:
            answer = await away.get("/v1/products", headers={"Authorization": "Bearer sm_anything"})
            probe = await away.get("/readyz")
    _problem(answer, 503)
    assert answer.headers["retry-after"]
    assert (probe.status_code, probe.json()["missing"]) == (503, ["database"])
