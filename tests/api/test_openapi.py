"""The API describes itself completely."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
async def described(api: httpx.AsyncClient) -> dict[str, Any]:
    said: dict[str, Any] = (await api.get("/v1/openapi.json")).json()
    return said


def _operations(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_every_operation_is_named_tagged_secured_and_tells_its_refusals(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert set(described["components"]["securitySchemes"]) == {"session", "api_key", "calendar"}
    tags = {tag["name"] for tag in described["tags"]}
    for name, operation in _operations(described):
        assert operation.get("summary"), name
        assert set(operation["tags"]) <= tags, name
        problems = {status for status, answer in operation["responses"].items() if status >= "400"}
        assert {"500", "503"} <= problems, name
        for status in problems:
            assert "application/problem+json" in operation["responses"][status]["content"], (name, status)
        if operation.get("security"):
            assert "401" in problems, name


def test_every_json_body_and_answer_has_an_example(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for name, operation in _operations(described):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        assert body is None or body.get("examples"), name
        for status, answer in operation["responses"].items():
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            assert "{" not in status
            assert not schema or _has_example(schema, schemas), (name, status, schema)


def _has_example(schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """An example of its own, or one for each thing that it is made of."""
    if "$ref" in schema:
        return _has_example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "example" in schema or "examples" in schema:
        return True
    inner = [each for each in schema.get("properties", {}).values() if "$ref" in str(each)]
    inner += [schema["items"]] if "items" in schema else []
    inner += schema.get("anyOf", [])
    refs = [each for each in inner if "$ref" in str(each)]
    return bool(refs) and any(_has_example(each, schemas) for each in refs)


def test_no_page_of_another_host_is_served(app: FastAPI) -> None:
    assert app.docs_url is None
    assert app.redoc_url is None


def test_every_creating_post_takes_an_idempotency_key(described: dict[str, Any]) -> None:
    logs_in = "post /v1/sessions"
    for name, operation in _operations(described):
        if name.startswith("post ") and "201" in operation["responses"] and name != logs_in:
            assert "Idempotency-Key" in {each["name"] for each in operation["parameters"]}, name
