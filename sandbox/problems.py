"""RFC 9457 problems, as the stand-ins answer them."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


def problem(
    status: int, detail: str, *, headers: dict[str, str] | None = None, errors: Sequence[dict[str, str]] = ()
) -> JSONResponse:
    """``errors`` names fields by JSON pointer, as in the example of RFC 9457 §3."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def answer_with_problems(app: FastAPI) -> None:
    """Every refusal of the application is a problem document."""
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _refused)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 -- what it is registered for
    return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _not_valid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- what it is registered for
    found = [_named(item) for item in error.errors()]
    first = found[0]
    where = first.get("pointer") or first.get("parameter")
    return problem(422, f"{where}: {first['detail']}", errors=found)


def _named(item: dict[str, Any]) -> dict[str, str]:
    place, *path = item["loc"]
    detail = str(item["msg"])
    if place != "body":
        return {"detail": detail, "parameter": "/".join(str(part) for part in path)}
    if item["type"] == "json_invalid":
        return {"detail": "The body is not JSON.", "pointer": "#"}
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return {"detail": detail, "pointer": "#" + "".join(f"/{part}" for part in escaped)}
