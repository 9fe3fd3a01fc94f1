"""Stations that come without a placement request, many at once, as CSV: each row is entered for itself (L6)."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from pydantic import Field

from api.auth.access import Access
from api.envelope import takes_up_to
from api.idempotency import Once
from api.v1 import csv_lists
from api.v1.csv_lists import Unread
from api.v1.imports import OVERTAKEN, RowErrorShape, RowStatus
from api.v1.shapes import Shape, example
from api.v1.station_entries import Entering, key_hashes
from models.errors import Overloaded
from models.messages.lists import Row, RowFault
from models.messages.site import ImportedStation
from models.tables.base import new_id
from models.usecases import site, site_import, timeline
from models.usecases.site_import import Group, Sorted

router = APIRouter(prefix="/stations", tags=["stations"])

_ROWS_AT_ONCE = 25
"""So many are entered in one transaction, so that a list is not undone by its last row."""
_ON_RECORD = 50
"""So many refused rows are named in the record of an import."""
STATIONS = csv_lists.Kind(ImportedStation, "station", decimals=("latitude", "longitude"))
_EXAMPLE = (
    f"{','.join((*STATIONS.required, 'site', 'owner', 'evse_ids'))}\n"
    "Dam,1,1012 JS,Amsterdam,Amsterdam,52.3731,4.8926,Onderhoud BV,DUO-22,SN-700123,VW-700123,8F3A1C0D9E7B46521122,"
    "Garage Noord,Gemeente Voorbeeld,NL*ABC*E700123*1 NL*ABC*E700123*2\n"
)

log = structlog.get_logger(__name__)


class StationRowShape(Shape):
    line: int = Field(description="In the file; the header is line 1")
    status: RowStatus
    work_order: str | None = Field(default=None, description="On which the station was entered, now or before")
    errors: list[RowErrorShape] = Field(default_factory=list)


class StationImportShape(Shape):
    model_config = example(
        entered=1,
        known=0,
        refused=1,
        checked=False,
        items=[
            {"line": 2, "status": "entered", "work_order": "WO-2026-000017", "errors": []},
            {
                "line": 3,
                "status": "refused",
                "work_order": None,
                "errors": [{"column": "product", "detail": "There is no product 'DUO-23'"}],
            },
        ],
    )

    entered: int = Field(description="Or possible, where the list was only checked")
    known: int
    refused: int
    checked: bool = Field(description="The list was only checked: nothing was entered")
    items: list[StationRowShape] = Field(description="Of every row, in the order of the file")


@router.post(
    "/import", status_code=200, summary="Enter many stations from a CSV list", openapi_extra=csv_lists.body(_EXAMPLE)
)
@takes_up_to(csv_lists.LIMIT_BYTES)
async def enter_all(
    request: Request,
    access: Entering,
    once: Once,
    *,
    check: Annotated[bool, Query(description="Only tell what would become of each row")] = False,
) -> StationImportShape:
    """Up to 5,000 rows, as `text/csv` or as the `file` of a form; UTF-8, with commas or semicolons. The first line
    names the columns.

    Rows with the same `site` of one owner become one work order (of at most 100 stations), every other row one of its
    own. A row that was entered before is `known` and changes nothing, so a list can be corrected, or sent again after a
    cut connection, as a whole. The `Idempotency-Key` is required, but for a `check`.
    """
    content = await csv_lists.content_of(request)
    if not check:
        await once.parts(access, [], upload=hashlib.sha256(content).hexdigest())
    rows = csv_lists.read(content, STATIONS)
    together = replace(access, later=set())
    async with together.work() as work:
        found = await site_import.sort(work, [row for row in rows if isinstance(row, Row)])
    for row in rows:
        if isinstance(row, Unread):
            found.faults[row.line] += row.faults
    entered: dict[int, str] = {}
    try:
        if not check:
            entered = await _enter(together, found)
            await _put_on_record(together, content, entered, found)
    finally:
        await access.services.deliver(together.later or set())
    possible = {row.line for group in found.groups for row in group.rows} if check else set()
    items = [_row_shape(row.line, entered, possible, found) for row in rows]
    return _shape(items, checked=check)


async def _enter(access: Access, found: Sorted) -> dict[int, str]:
    """The work orders, by line; what has come between a row and its entering is found."""
    entered: dict[int, str] = {}
    overtaken: list[Row[ImportedStation]] = []
    for groups in _batches(found.groups):
        done = await _enter_or_leave(access, groups)
        if done is not None:
            entered |= done
            continue
        # Somebody has entered one of them meanwhile: the others need not suffer from it.
        for group in groups:
            done = await _enter_or_leave(access, [group])
            if done is None:
                overtaken += group.rows
            else:
                entered |= done
    if overtaken:
        await _judge_again(access, overtaken, found)
    return entered


async def _enter_or_leave(access: Access, groups: Sequence[Group]) -> dict[int, str] | None:
    """None where what the rows were judged by has changed meanwhile. Raises Overloaded: the rows are not to blame."""
    try:
        return await _enter_together(access, groups)
    except Overloaded:
        raise
    except OVERTAKEN:
        return None


async def _judge_again(access: Access, rows: Sequence[Row[ImportedStation]], found: Sorted) -> None:
    async with access.work() as work:
        now = await site_import.sort(work, rows)
    found.known |= now.known
    found.faults |= now.faults
    for row in (row for group in now.groups for row in group.rows):
        found.faults[row.line].append(RowFault(None, "Its site was changed at the same moment; send the list again"))


def _batches(groups: Sequence[Group]) -> Iterator[list[Group]]:
    batch: list[Group] = []
    for group in groups:
        if batch and sum(len(each.rows) for each in batch) + len(group.rows) > _ROWS_AT_ONCE:
            yield batch
            batch = []
        batch.append(group)
    if batch:
        yield batch


async def _enter_together(access: Access, groups: Sequence[Group]) -> dict[int, str]:
    hashes = [await key_hashes(access, group.new.stations) for group in groups]
    entered: dict[int, str] = {}
    async with access.work() as work:
        for group, its_hashes in zip(groups, hashes, strict=True):
            order = await site.enter(work, group.new, its_hashes)
            entered |= {row.line: order.reference for row in group.rows}
    return entered


async def _put_on_record(access: Access, content: bytes, entered: dict[int, str], found: Sorted) -> None:
    refused = [
        {"line": line, "columns": [fault.column for fault in faults]} for line, faults in sorted(found.faults.items())
    ]
    counts = {"entered": len(entered), "known": len(found.known), "refused": len(refused)}
    log.info("stations_imported", **counts)
    sha256 = hashlib.sha256(content).hexdigest()
    async with access.work() as work:
        timeline.record(
            work, "import", new_id(), "stations imported", sha256=sha256, counts=counts, lines=refused[:_ON_RECORD]
        )


def _shape(items: list[StationRowShape], *, checked: bool) -> StationImportShape:
    statuses = [item.status for item in items]
    return StationImportShape(
        entered=statuses.count(RowStatus.ENTERED) + statuses.count(RowStatus.POSSIBLE),
        known=statuses.count(RowStatus.KNOWN),
        refused=statuses.count(RowStatus.REFUSED),
        checked=checked,
        items=items,
    )


def _row_shape(line: int, entered: dict[int, str], possible: set[int], found: Sorted) -> StationRowShape:
    if line in entered:
        return StationRowShape(line=line, status=RowStatus.ENTERED, work_order=entered[line])
    if line in found.known:
        return StationRowShape(line=line, status=RowStatus.KNOWN, work_order=found.known[line])
    if line in possible:
        return StationRowShape(line=line, status=RowStatus.POSSIBLE)
    errors = [RowErrorShape(column=fault.column, detail=fault.detail) for fault in found.faults[line]]
    return StationRowShape(line=line, status=RowStatus.REFUSED, errors=errors)
