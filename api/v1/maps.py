"""Where something stands on its process map (P22)."""

from collections.abc import Collection, Iterable

from starlette.responses import Response

from models.rules.machine import E, Machine, S
from models.rules.process_map import draw
from models.tables.timeline import TimelineEntry

SVG = "image/svg+xml"
_HEADERS = {
    # The map has its style in it.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
RESPONSES: dict[int | str, dict[str, object]] = {
    200: {"description": "The map, which stands alone", "content": {SVG: {"schema": {"type": "string"}}}}
}


def answer(machine: Machine[S, E], current: S, visited: Collection[S]) -> Response:
    return Response(draw(machine, current, visited), media_type=SVG, headers=_HEADERS)


def visited(machine: Machine[S, E], entries: Iterable[TimelineEntry], subject: str) -> set[S]:
    """The stages that the entries about ``subject`` tell of: what moves it records the stage before and after."""
    kind = type(machine.initial)
    known = {str(state.name) for state in machine.states}
    told = {
        str(entry.detail[side])
        for entry in entries
        if entry.subject == subject and not entry.refused
        for side in ("before", "after")
        if side in entry.detail
    }
    return {machine.initial} | {kind(name) for name in told & known}
