"""Text with a NUL character can't be kept by PostgreSQL: it is refused at the door, with its field."""

from collections.abc import Iterator
from typing import Any

from fastapi import Request

from api.problems import pointer
from models.errors import InvalidInput

_DETAIL = "Leave out the NUL character (U+0000)"


async def refuse_nul(request: Request) -> None:
    """Raises InvalidInput."""
    if any("\0" in value for value in request.path_params.values() if isinstance(value, str)):
        raise InvalidInput(f"path: {_DETAIL}", field="path")
    for name, value in request.query_params.multi_items():
        if "\0" in value:
            raise InvalidInput(f"{name}: {_DETAIL}", field=name)
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        return
    if b"\\u0000" in await request.body():
        for field in _with_nul(await _read(request), []):
            raise InvalidInput(f"{field}: {_DETAIL}", field=field)


async def _read(request: Request) -> Any:
    """What is no JSON is refused by whoever wants to read it."""
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None


def _with_nul(value: Any, path: list[str | int]) -> Iterator[str]:
    if isinstance(value, str) and "\0" in value:
        yield pointer(path) or "/"
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _with_nul(str(name), [*path, name])
            yield from _with_nul(inner, [*path, name])
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _with_nul(inner, [*path, index])
