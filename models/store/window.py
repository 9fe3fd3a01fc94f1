"""A stretch of a list: in which order, behind which row, how many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

NEWEST_FIRST = "-created_at"
"""Rows have time-ordered ids (UUIDv7): by these they are sorted as they were made."""

UNDATED = date.max
"""Stands for no date at all: behind every other."""

Key = str | date | datetime


@dataclass(frozen=True)
class Window:
    """``sort`` is a sortable name, behind a minus where the order descends; ``after`` is the row before the stretch."""

    limit: int
    sort: str = NEWEST_FIRST
    after: tuple[Key | None, UUID] | None = None

    @property
    def name(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def descends(self) -> bool:
        return self.sort.startswith("-")


def cut(query: Any, own_id: Any, window: Window, keys: Mapping[str, Any] | None = None) -> Any:
    """The query's rows within the window. ``keys`` are what it can be sorted by, beside the time of making."""
    key = (keys or {}).get(window.name)
    columns = [own_id] if key is None else [key, own_id]
    if window.after is not None:
        bounds = [sa.bindparam(None, value, column.type) for value, column in _bounds(window.after, columns)]
        row, bound = sa.tuple_(*columns), sa.tuple_(*bounds)
        query = query.where(row < bound if window.descends else row > bound)
    return query.order_by(*(column.desc() if window.descends else column.asc() for column in columns)).limit(
        window.limit
    )


def _bounds(after: tuple[Key | None, UUID], columns: list[Any]) -> list[tuple[Key | UUID | None, Any]]:
    values = list(after)[-len(columns) :]
    return list(zip(values, columns, strict=True))


def like(words: str) -> str:
    """A pattern for ILIKE that finds the words as they are, anywhere."""
    for special in "\\%_":
        words = words.replace(special, "\\" + special)
    return f"%{words}%"
