"""What a route does not know is refused, so that a filter with a slip in its name doesn't show everything, and a
condition that is not looked at doesn't let an edit through."""

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant

from api import etags
from models.errors import InvalidInput

_KNOWN: dict[Any, tuple[frozenset[str], frozenset[str]]] = {}
"""What each endpoint takes; as many as there are endpoints."""


async def refuse_unknown(request: Request) -> None:
    """Raises InvalidInput."""
    endpoint = request.scope.get("endpoint")
    known = _KNOWN.get(endpoint) or _KNOWN.setdefault(endpoint, _read(request.scope.get("route")))
    queries, headers = known
    for name in request.query_params:
        if name not in queries:
            possible = f"there are: {', '.join(sorted(queries))}" if queries else "there are none here"
            raise InvalidInput(f"There is no parameter '{name[:50]}'; {possible}", field=name[:50])
    is_edit = request.method not in {"GET", "HEAD"}
    if is_edit and etags.HEADER in request.headers and etags.HEADER.lower() not in headers:
        raise InvalidInput("This can't be made on a condition; send it without If-Match", field=etags.HEADER)


def _read(route: Any) -> tuple[frozenset[str], frozenset[str]]:
    """The names of a route's query parameters and headers, whatever of its dependencies takes them."""
    found = list(_dependants(route.dependant)) if getattr(route, "dependant", None) else []
    return (
        frozenset(field.alias for each in found for field in each.query_params),
        frozenset(field.alias.lower() for each in found for field in each.header_params),
    )


def _dependants(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _dependants(inner)
