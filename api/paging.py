"""Lists come in pages, each with an opaque cursor to the next; the cursor holds for the order it was given in."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, Protocol, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel, Field

from models.errors import InvalidInput
from models.store.window import NEWEST_FIRST, UNDATED, Key, Window

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
CURSOR_LIMIT = 1200

Cursor = Annotated[str | None, Query(max_length=CURSOR_LIMIT, description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Search = Annotated[str | None, Query(max_length=100, description="Part of a code or a name")]


class Identified(Protocol):
    id: UUID


Row = TypeVar("Row", bound=Identified)
Item = TypeVar("Item", bound=BaseModel)


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    next_cursor: str | None = Field(default=None, description="Ask with it for the next page; null on the last one")


@dataclass(frozen=True)
class Paging:
    """``after`` is the last row of the page before, ``fetch`` one more than asked for: whether more follow."""

    last: tuple[Key | None, UUID] | None
    limit: int
    sort: str = NEWEST_FIRST

    @property
    def after(self) -> UUID | None:
        return None if self.last is None else self.last[1]

    @property
    def fetch(self) -> int:
        return self.limit + 1

    @property
    def window(self) -> Window:
        return Window(self.fetch, self.sort, self.last)

    def page(self, rows: Sequence[Row], show: Callable[[Row], Item]) -> Page[Item]:
        """``rows`` are up to ``fetch`` of them, in the order of ``sort``."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(items=[show(row) for row in shown], next_cursor=self._cursor_to(shown[-1]) if more else None)

    def _cursor_to(self, row: Identified) -> str:
        said: dict[str, Any] = {"after": str(row.id)}
        if self.sort != NEWEST_FIRST:
            said["sort"] = self.sort
        if self.window.name != "created_at":
            said["key"] = getattr(row, self.window.name) or UNDATED
        return base64.urlsafe_b64encode(orjson.dumps(said)).decode().rstrip("=")


def pages_by(default: str = NEWEST_FIRST, /, **kinds: type[str | date | datetime]) -> Any:
    """The paging of a list that can be sorted by these columns too, each of its kind:
    ``paging: Annotated[Paging, pages_by(reference=str)]``; ``default`` is how it is sorted unless asked."""
    names = ["created_at", *kinds]
    wanted = [each for name in names for each in (f"-{name}", name)]

    def paging(
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
        sort: Annotated[
            str, Query(description="A minus in front: descending", json_schema_extra={"enum": wanted})
        ] = default,
    ) -> Paging:
        if sort not in wanted:
            raise InvalidInput(f"This list can be sorted by: {', '.join(wanted)}", field="sort")
        return Paging(None if cursor is None else _read(cursor, sort, kinds), limit, sort)

    return Depends(paging)


def _read(cursor: str, sort: str, kinds: Mapping[str, type[str | date | datetime]]) -> tuple[Key | None, UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        said = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        given_in, last = said.get("sort", NEWEST_FIRST), UUID(said["after"])
        kind = kinds.get(sort.removeprefix("-"))
        key = None if kind is None or given_in != sort else _key(kind, said["key"])
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput("This is no cursor of ours; start without one", field="cursor") from None
    if given_in != sort:
        raise InvalidInput(f"The cursor was given for sort={given_in}; start without one", field="cursor")
    return key, last


def _key(kind: type[str | date | datetime], said: str) -> Key:
    if issubclass(kind, date):  # datetime is one too
        return kind.fromisoformat(said)
    if not isinstance(said, str) or "\0" in said:
        raise ValueError(said)
    return said


def _paging(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Paging:
    return Paging(None if cursor is None else _read(cursor, NEWEST_FIRST, {}), limit)


Pages = Annotated[Paging, Depends(_paging)]
