"""What importing a list tells of each of its rows, and how rows that were judged are taken in."""

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
import structlog
from pydantic import Field

from api.auth.access import Access
from api.v1.csv_lists import Unread
from api.v1.shapes import Shape, example
from models.errors import BusinessError, Overloaded
from models.messages.lists import Row, RowFault
from models.tables.base import new_id
from models.usecases import timeline
from models.usecases.work import Work

OVERTAKEN = (BusinessError, sa.exc.IntegrityError)
ROWS_AT_ONCE = 50
"""So many are taken in one transaction, so that a list is not undone by its last row."""
_ON_RECORD = 50
"""So many refused rows are named in the record of an import."""

log = structlog.get_logger(__name__)


class RowStatus(StrEnum):
    ENTERED = "entered"
    CHANGED = "changed"
    POSSIBLE = "possible"
    """It would be taken: the list was only checked."""
    KNOWN = "known"
    REFUSED = "refused"


class RowErrorShape(Shape):
    column: str | None = Field(description="Null where it is the row as a whole")
    detail: str = Field(description="What is wrong, and what to do")


class RowShape(Shape):
    line: int = Field(description="In the file; the header is line 1")
    status: RowStatus
    reference: str | None = Field(default=None, description="Of what was entered, changed or known")
    errors: list[RowErrorShape] = Field(default_factory=list)


class ImportShape(Shape):
    model_config = example(
        entered=1,
        changed=0,
        known=0,
        refused=1,
        checked=False,
        items=[
            {"line": 2, "status": "entered", "reference": "CU-2026-000017", "errors": []},
            {
                "line": 3,
                "status": "refused",
                "reference": None,
                "errors": [{"column": "email", "detail": "This is required"}],
            },
        ],
    )

    entered: int = Field(description="Or possible, where the list was only checked")
    changed: int
    known: int
    refused: int
    checked: bool = Field(description="The list was only checked: nothing was taken")
    items: list[RowShape] = Field(description="Of every row, in the order of the file")


class Judged(Protocol):
    """What every list has been judged to: ``known`` has references by line."""

    known: dict[int, str]
    faults: dict[int, list[RowFault]]


Taken = dict[int, tuple[RowStatus, str]]
"""What became of the rows that were taken, by line."""
Each = tuple[Row[Any], Callable[[Work], Awaitable[tuple[RowStatus, str]]]]
"""A row with what takes it in, and gives its reference."""
J = TypeVar("J", bound=Judged)


def note_unread(rows: Sequence[Row[Any] | Unread], found: Judged) -> None:
    for row in rows:
        if isinstance(row, Unread):
            found.faults[row.line] += row.faults


async def take(
    access: Access, rows: Sequence[Each], judge: Callable[[Work, Sequence[Row[Any]]], Awaitable[J]], found: J
) -> Taken:
    """Take the rows in, many in one transaction; those that somebody has overtaken meanwhile are judged again."""
    taken: Taken = {}
    overtaken: list[Row[Any]] = []
    for some in _parts(rows):
        done = await _take_or_leave(access, some)
        if done is not None:
            taken |= done
            continue
        # One of them was overtaken: the others need not suffer from it.
        for each in some:
            done = await _take_or_leave(access, [each])
            if done is None:
                overtaken.append(each[0])
            else:
                taken |= done
    if overtaken:
        async with access.work() as work:
            again = await judge(work, overtaken)
        found.known |= again.known
        found.faults |= again.faults
        for row in overtaken:
            if row.line not in found.known and row.line not in found.faults:
                fault = RowFault(None, "Somebody was at the same at this moment; send the list again")
                found.faults[row.line].append(fault)
    return taken


async def put_on_record(access: Access, what: str, content: bytes, shape: ImportShape) -> None:
    """Which columns of which rows were refused, and never what stood there."""
    refused = [
        {"line": item.line, "columns": [error.column for error in item.errors]}
        for item in shape.items
        if item.status is RowStatus.REFUSED
    ]
    counts = shape.model_dump(include={"entered", "changed", "known", "refused"})
    log.info("list_imported", of=what, **counts)
    sha256 = hashlib.sha256(content).hexdigest()
    async with access.work() as work:
        timeline.record(
            work, "import", new_id(), f"{what} imported", sha256=sha256, counts=counts, lines=refused[:_ON_RECORD]
        )


def shape_of(
    rows: Sequence[Row[Any] | Unread], taken: Taken, possible: Mapping[int, str | None], found: Judged, *, checked: bool
) -> ImportShape:
    items = [_row_shape(row.line, taken, possible, found) for row in rows]
    statuses = [item.status for item in items]
    return ImportShape(
        entered=statuses.count(RowStatus.ENTERED) + statuses.count(RowStatus.POSSIBLE),
        changed=statuses.count(RowStatus.CHANGED),
        known=statuses.count(RowStatus.KNOWN),
        refused=statuses.count(RowStatus.REFUSED),
        checked=checked,
        items=items,
    )


def _row_shape(line: int, taken: Taken, possible: Mapping[int, str | None], found: Judged) -> RowShape:
    if line in taken:
        status, reference = taken[line]
        return RowShape(line=line, status=status, reference=reference)
    if line in found.known:
        return RowShape(line=line, status=RowStatus.KNOWN, reference=found.known[line])
    if line in possible:
        return RowShape(line=line, status=RowStatus.POSSIBLE, reference=possible[line])
    errors = [RowErrorShape(column=fault.column, detail=fault.detail) for fault in found.faults[line]]
    return RowShape(line=line, status=RowStatus.REFUSED, errors=errors)


def _parts(rows: Sequence[Each]) -> Iterator[Sequence[Each]]:
    return (rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE))


async def _take_or_leave(access: Access, rows: Sequence[Each]) -> Taken | None:
    """None where what the rows were judged by has changed meanwhile. Raises Overloaded: the rows are not to blame."""
    try:
        async with access.work() as work:
            return {row.line: await take_in(work) for row, take_in in rows}
    except Overloaded:
        raise
    except OVERTAKEN:
        return None
