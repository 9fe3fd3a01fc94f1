"""What a station does not take at once, in parts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import orjson

from csms.frames import Payload

Item = TypeVar("Item")
AROUND_BYTES = 250
"""The frame around the items: message type, id, action, and the other fields."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the station takes in one message, and holds in all; None where it does not tell."""

    items: int | None = None
    size_bytes: int | None = None
    in_all: int | None = None


def cut(items: Sequence[Item], room: Room, written: Callable[[Item], Payload]) -> list[tuple[Item, ...]]:
    """At least one part, which may be empty. An item that is too long by itself goes alone: the station decides."""
    parts: list[tuple[Item, ...]] = list(_parts(items, room, written))
    return parts or [()]


def _parts(items: Sequence[Item], room: Room, written: Callable[[Item], Payload]) -> Iterator[tuple[Item, ...]]:
    part: list[Item] = []
    size_bytes = AROUND_BYTES
    for item in items:
        more_bytes = 0 if room.size_bytes is None else len(orjson.dumps(written(item))) + 1
        full = room.items is not None and len(part) >= room.items
        if part and (full or (room.size_bytes is not None and size_bytes + more_bytes > room.size_bytes)):
            yield tuple(part)
            part, size_bytes = [], AROUND_BYTES
        part.append(item)
        size_bytes += more_bytes
    if part:
        yield tuple(part)
