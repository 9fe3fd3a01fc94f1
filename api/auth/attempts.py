"""What a refused attempt wanted, for the record: as far as it was read, masked, within bounds."""

from collections.abc import Callable
from typing import Any

import orjson
from fastapi import Request

from models.rules import privacy

LIMIT_BYTES = 64 * 1024
_FORMS = ("multipart/", "application/x-www-form-urlencoded")


_PERSONAL = "holds_personal_data"
Endpoint = Callable[..., object]


def personal(endpoint: Endpoint) -> Endpoint:
    """Marks an endpoint whose body tells of a person, by whatever names: none of it goes on record."""
    setattr(endpoint, _PERSONAL, True)
    return endpoint


async def tried(request: Request) -> dict[str, Any]:
    """The query and the JSON body; an upload is not kept."""
    said: dict[str, Any] = {}
    if request.query_params:
        said["query"] = privacy.shown(dict(request.query_params))
    if request.headers.get("content-type", "").lower().startswith(_FORMS):
        return said
    if getattr(request.scope.get("endpoint"), _PERSONAL, False):
        return {**said, "body": privacy.PERSONAL}
    body = _read(await request.body())
    if isinstance(body, dict):
        said["body"] = privacy.shown(body)
    return said


def _read(body: bytes) -> Any:
    if not body or len(body) > LIMIT_BYTES:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
