"""Many placement requests at once (P1): each is stored, or refused, for itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from pydantic import Field, SkipValidation, ValidationError

from api.auth.access import Access
from api.idempotency import Creation, Once
from api.problems import Problem, from_business_error, is_to_be_recorded, not_valid
from api.v1.placements import EXAMPLE, NEW, Creating, PlacementShape, create
from api.v1.shapes import Shape, example, sample
from models.errors import BusinessError, InvalidInput
from models.messages.base import Message
from models.messages.placement import NewPlacement

router = APIRouter(prefix="/placement-requests", tags=["placement requests"])

MOST = 200
_PROBLEM = {
    "type": "/problems/unknown-tender",
    "title": "Unknown tender",
    "status": 422,
    "detail": "There is no tender 'T-0' for your organisation",
    "instance": "/v1/placement-requests/bulk",
    "correlation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
    "errors": [{"pointer": "/requests/1/tender", "detail": "There is no tender 'T-0' for your organisation"}],
}


class NewPlacements(Message):
    requests: tuple[SkipValidation[NewPlacement], ...] = Field(min_length=1, max_length=MOST)


class OutcomeShape(Shape):
    """Of one request: where it was stored, or why not."""

    index: int = Field(description="Its place in what was sent, from 0")
    status: int = Field(description="As it would have been answered if sent alone")
    placement: PlacementShape | None = None
    problem: Problem | None = None


class OutcomesShape(Shape):
    model_config = example(
        stored=1,
        refused=1,
        items=[
            {"index": 0, "status": 201, "placement": EXAMPLE, "problem": None},
            {"index": 1, "status": 422, "placement": None, "problem": _PROBLEM},
        ],
    )

    stored: int
    refused: int
    items: list[OutcomeShape]


@router.post("/bulk", summary="Ask for stations at many locations")
async def submit_all(
    request: Request, body: Annotated[NewPlacements, sample(requests=[NEW])], access: Creating, once: Once
) -> OutcomesShape:
    """Up to 200 requests, each stored for itself: `items` tells of each, in the order in which they were sent.

    The `Idempotency-Key` is required. Whoever sends the same again under the same key, after a cut connection or a 503,
    gets those that were stored as the first time, and has the others tried anew; nothing is created twice. Two requests
    with the same `requester_reference` are two requests.
    """
    together = replace(access, later=set())
    parts = await once.parts(access, [_content(each) for each in body.requests])
    try:
        items = [
            await _outcome(request, together, part, index, wanted)
            for index, (part, wanted) in enumerate(zip(parts, body.requests, strict=True))
        ]
    finally:
        await access.services.deliver(together.later or set())
    stored = sum(item.placement is not None for item in items)
    return OutcomesShape(stored=stored, refused=len(items) - stored, items=items)


async def _outcome(request: Request, access: Access, part: Creation, index: int, said: Any) -> OutcomeShape:
    try:
        new = _read(said)
        body, _ = await part.made(access, lambda work: create(work, access, new))
    except BusinessError as error:
        placed = _at(index, error)
        if isinstance(said, Mapping) and is_to_be_recorded(request.method, error):
            await access.put_refusal_on_record(request, placed, said)
        problem = Problem.model_validate_json(bytes(from_business_error(request, placed).body))
        return OutcomeShape(index=index, status=error.status, problem=problem)
    return OutcomeShape(index=index, status=201, placement=PlacementShape.model_validate_json(body))


def _read(said: Any) -> NewPlacement:
    """Raises InvalidInput."""
    try:
        return NewPlacement.model_validate(said)
    except ValidationError as error:
        raise not_valid([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None


def _at(index: int, error: BusinessError) -> BusinessError:
    """The same refusal, its pointers leading into the whole body."""
    root = f"/requests/{index}"
    errors = [
        {**each, "pointer": root + each["pointer"]} if each.get("pointer") is not None else each
        for each in error.facts.get("errors", [])
    ]
    facts = {**error.facts, **({"errors": errors} if errors else {})}
    is_pointer = error.field is not None and error.field.startswith("/")
    return type(error)(error.detail, field=root + (error.field or "") if is_pointer else error.field, **facts)


def _content(said: Any) -> bytes:
    try:
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a lone surrogate
        raise InvalidInput("Leave out what is no proper text", field="/requests") from None
