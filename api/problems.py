"""Every refusal is an RFC 9457 problem: what is wrong, with which field, what to do."""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import sqlalchemy as sa
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.context import correlation_id_of
from models.errors import AlreadyExists, BusinessError, InvalidInput

log = structlog.get_logger(__name__)

ON_RECORD = {HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.UNPROCESSABLE_ENTITY}
"""What was tried and refused for a reason of the business; reading is on record only where it was denied."""

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
_ONLY_READS = {"GET", "HEAD"}
_SEND_AGAIN = "Try again shortly, under the same Idempotency-Key: what was stored before the database went counts once"
_UNIQUE_VIOLATION = "23505"
_UNAVAILABLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)


class FieldError(BaseModel):
    """One thing that is wrong: ``pointer`` leads into the body (RFC 6901), ``parameter`` names what is outside it."""

    pointer: str | None = None
    parameter: str | None = None
    detail: str


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "/problems/invalid-input",
                "title": "The input is not valid",
                "status": 422,
                "detail": "/location/latitude: Input should be less than or equal to 90",
                "instance": "/v1/placement-requests",
                "correlation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
                "errors": [
                    {"pointer": "/location/latitude", "detail": "Input should be less than or equal to 90"},
                ],
            }
        }
    )

    type: str = Field(description="Names the kind of problem; stable, for programs")
    title: str
    status: int
    detail: str = Field(description="What is wrong this time, and what to do")
    instance: str
    correlation_id: str = Field(description="Tell us this when you ask about it")
    errors: list[FieldError] = Field(default_factory=list)
    facts: dict[str, Any] = Field(default_factory=dict, description="What the detail says, for programs")


def problem(
    request: Request,
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """``code`` is the CamelCase name of the kind of problem."""
    document = Problem(
        type=f"/problems/{_kebab(code)}",
        title=title,
        status=status,
        detail=detail,
        instance=request.url.path,
        correlation_id=correlation_id_of(request),
        errors=list(errors),
        facts=dict(facts or {}),
    )
    said = document.model_dump(exclude_none=True)
    body = {name: value for name, value in said.items() if value or name not in {"errors", "facts"}}
    answer = Response(_json(body), status, media_type=MEDIA_TYPE)
    answer.headers.update({**_usual_headers(request, status), **(headers or {})})
    return answer


def answer_with_problems(app: FastAPI) -> None:
    """Every refusal of the application is a problem document; what is nobody's fault is left to the envelope."""
    app.add_exception_handler(BusinessError, _business_error)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(sa.exc.SQLAlchemyError, _database_error)


def from_business_error(request: Request, error: BusinessError) -> Response:
    facts = dict(error.facts)
    errors = [FieldError.model_validate(each) for each in facts.pop("errors", [])]
    if error.field is not None:
        place = {"pointer" if error.field.startswith("/") else "parameter": error.field}
        errors.insert(0, FieldError(detail=error.detail, **place))
    wait_s = facts.pop("retry_after_s", RETRY_AFTER_S)
    headers = {"Retry-After": str(wait_s)} if error.status in {429, 503} else {}
    return problem(
        request, error.status, error.code, error.title, error.detail, errors=errors, facts=facts, headers=headers
    )


def is_to_be_recorded(method: str, error: BusinessError) -> bool:
    if error.on_record:
        return False
    return error.status == HTTPStatus.FORBIDDEN or (method != "GET" and error.status in ON_RECORD)


def unexpected(request: Request) -> Response:
    """Says nothing but where to find what happened."""
    detail = "Something went wrong on our side; tell us the correlation id"
    return problem(request, 500, "InternalError", "Unexpected error", detail)


async def _business_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, BusinessError)  # noqa: S101 - what it is registered for
    # Not its words, which name people: they are in the answer, and on record where they must be.
    log.info("refused", code=error.code, field=error.field)
    access = getattr(request.state, "access", None)
    if access is not None and is_to_be_recorded(request.method, error):
        try:
            await access.put_refusal_on_record(request, error)
        except sa.exc.SQLAlchemyError as away:
            return await _database_error(request, away)
    return from_business_error(request, error)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    status = HTTPStatus(error.status_code)
    said = {
        404: "There is nothing at this address; see /v1/openapi.json",
        405: f"{request.method} is not possible here; see the Allow header",
    }
    detail = said.get(status.value) or (error.detail if error.detail != status.phrase else status.description)
    # Python has renamed this phrase; what programs read stays.
    title = "Content Too Large" if status.value == 413 else status.phrase
    code = "".join(word.capitalize() for word in title.split())
    return problem(request, status.value, code, title, detail, headers=dict(error.headers or {}))


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    if isinstance(error.body, bytes) and error.body:
        given = request.headers.get("content-type", "no content type")
        detail = f"Send the body as application/json, not {given[:100]}"
        return problem(request, 415, "UnsupportedMediaType", "The body is of another kind", detail)
    return from_business_error(request, not_valid(error.errors()))


def not_valid(found: Sequence[Mapping[str, Any]]) -> InvalidInput:
    """What pydantic found wrong; the first part of each ``loc`` is the place, as FastAPI names it."""
    errors = [_field_error(each) for each in found]
    summary = f"{errors[0].pointer or errors[0].parameter or 'body'}: {errors[0].detail}"
    return InvalidInput(summary, errors=[each.model_dump() for each in errors])


async def _database_error(request: Request, error: Exception) -> Response:
    """Whoever loses a race against a unique index, sends what can't be stored, or comes while the database is away."""
    if isinstance(error, _UNAVAILABLE):
        log.warning("database_unavailable", error=str(error.__cause__ or error))
        detail = "Try again shortly" if request.method in _ONLY_READS else _SEND_AGAIN
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return problem(request, 503, "Unavailable", "The database is not available", detail, headers=headers)
    if isinstance(error, sa.exc.IntegrityError) and getattr(error.orig, "sqlstate", "") == _UNIQUE_VIOLATION:
        return from_business_error(request, AlreadyExists("It was made at the same moment by somebody else"))
    if isinstance(error, sa.exc.DataError):
        return from_business_error(request, InvalidInput("A value is out of the range that can be stored"))
    raise error


def _field_error(found: Mapping[str, Any]) -> FieldError:
    place, *path = found["loc"]
    detail = {
        "missing": "This is required",
        "extra_forbidden": "There is no such field; leave it out",
        "json_invalid": f"This is not JSON: {found.get('ctx', {}).get('error', '')} at position {(path or [0])[0]}",
    }.get(found["type"], str(found["msg"]).removeprefix("Value error, "))
    if place != "body":
        return FieldError(parameter=str(path[0]) if path else place, detail=detail)
    return FieldError(pointer="" if found["type"] == "json_invalid" else pointer(path), detail=detail)


def pointer(path: Sequence[str | int]) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _usual_headers(request: Request, status: int) -> dict[str, str]:
    """A guard that takes something else than a bearer token says so in ``request.state.challenge``."""
    challenge = getattr(request.state, "challenge", 'Bearer realm="stationmaster"')
    return {"WWW-Authenticate": challenge} if status == HTTPStatus.UNAUTHORIZED else {}


def _kebab(code: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", code).lower()


def _json(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body, default=str)
    except TypeError:  # a lone surrogate in what was sent can't be sent back
        return json.dumps(body, default=str).encode()
