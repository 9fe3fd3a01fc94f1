"""Lists come in pages, each with an opaque cursor to the next."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Protocol, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel, Field

from models.errors import InvalidInput

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class Identified(Protocol):
    id: UUID


Row = TypeVar("Row", bound=Identified)
Item = TypeVar("Item", bound=BaseModel)


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    next_cursor: str | None = Field(default=None, description="Ask with it for the next page; null on the last one")


@dataclass(frozen=True)
class Paging:
    """``after`` is the last id of the page before; ``fetch`` is one more than asked for: whether more follow."""

    after: UUID | None
    limit: int

    @property
    def fetch(self) -> int:
        return self.limit + 1

    def page(self, rows: Sequence[Row], show: Callable[[Row], Item]) -> Page[Item]:
        """``rows`` are up to ``fetch`` of them, ordered by id."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(items=[show(row) for row in shown], next_cursor=cursor_to(shown[-1].id) if more else None)


def cursor_to(last: UUID) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"after": str(last)})).decode().rstrip("=")


def _read(cursor: str) -> UUID:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return UUID(orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))["after"])
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput("This is no cursor of ours; start without one", field="cursor") from None


def _paging(
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Paging:
    return Paging(None if cursor is None else _read(cursor), limit)


Pages = Annotated[Paging, Depends(_paging)]
