"""Text with a NUL character can't be kept by PostgreSQL: it is refused at the door, with its field."""

from collections.abc import Iterator
from typing import Any

from fastapi import Request

from api.problems import pointer
from models.errors import InvalidInput

FORMS = ("multipart/", "application/x-www-form-urlencoded")
"""A form's body is read before anything else of a request, and only once."""

_DETAIL = "Leave out the NUL character (U+0000)"


async def refuse_nul(request: Request) -> None:
    """Raises InvalidInput."""
    if any("\0" in value for value in request.path_params.values() if isinstance(value, str)):
        raise InvalidInput(f"path: {_DETAIL}", field="path")
    for name, value in request.query_params.multi_items():
        if "\0" in value:
            raise InvalidInput(f"{name}: {_DETAIL}", field=name)
    if request.headers.get("content-type", "").lower().startswith(FORMS):
        return
    if b"\\u0000" in await request.body():
        for field in _with_nul(await _read(request)):
            raise InvalidInput(f"{field}: {_DETAIL}", field=field)


async def _read(request: Request) -> Any:
    """What is no JSON is refused by whoever wants to read it."""
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None


_Place = tuple["_Place", str | int] | None
"""Where a value stands: the place of what holds it, and its name or number there."""


def _with_nul(said: Any) -> Iterator[str]:
    """Pointers to every text with a NUL in it, in no order; without recursion, since whoever sends sets the depth."""
    waiting: list[tuple[Any, _Place]] = [(said, None)]
    while waiting:
        value, place = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            yield _pointer(place) or "/"
        elif isinstance(value, dict):
            for name, inner in value.items():
                waiting += [(name, (place, name)), (inner, (place, name))]
        elif isinstance(value, list):
            waiting += [(inner, (place, index)) for index, inner in enumerate(value)]


def _pointer(place: _Place) -> str:
    path: list[str | int] = []
    while place is not None:
        place, name = place
        path.append(name)
    return pointer(path[::-1])
