"""Customers from a CSV list: each row is entered, changes whom it knows, or is refused for itself (S1)."""

import functools
import hashlib
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.envelope import takes_up_to
from api.idempotency import Once
from api.v1 import csv_lists, imports
from api.v1.customers import Managing
from api.v1.imports import Each, ImportShape, RowStatus
from models.messages.customer import ImportedCustomer
from models.messages.lists import Row as AnyRow
from models.usecases import customer_import
from models.usecases.customer_import import Row, Sorted
from models.usecases.work import Work

router = APIRouter(prefix="/customers", tags=["customers"])

CUSTOMERS = csv_lists.Kind(ImportedCustomer, "customer", passed_over=("reference",))
_EXAMPLE = (
    "kind,name,email,phone,language,street,house_number,postal_code,city,country,external_id\n"
    "person,A. Jansen,a.jansen@voorbeeld.example,+31201234567,nl,Dam,1,1012 JS,Amsterdam,NL,CRM-118\n"
)


@router.post(
    "/import",
    status_code=200,
    summary="Enter or change many customers from a CSV list",
    openapi_extra=csv_lists.body(_EXAMPLE),
)
@takes_up_to(csv_lists.LIMIT_BYTES)
async def import_all(
    request: Request,
    access: Managing,
    once: Once,
    *,
    check: Annotated[bool, Query(description="Only tell what would become of each row")] = False,
) -> ImportShape:
    """Up to 5,000 rows, as `text/csv` or as the `file` of a form; UTF-8, with commas or semicolons. The first line
    names the columns.

    A row whose `external_id` is known changes that customer; what it leaves out stays. One that says what is there is
    `known`, so a list can be sent again as a whole. The `Idempotency-Key` is required, but for a `check`.
    """
    content = await csv_lists.content_of(request)
    if not check:
        await once.parts(access, [], upload=hashlib.sha256(content).hexdigest())
    rows = csv_lists.read(content, CUSTOMERS)
    together = replace(access, later=set())
    async with together.work() as work:
        found = await customer_import.sort(work, [row for row in rows if isinstance(row, AnyRow)])
    imports.note_unread(rows, found)
    if check:
        possible = {row.line: None for row in found.new} | {line: each[1] for line, each in found.changed.items()}
        return imports.shape_of(rows, {}, possible, found, checked=True)
    try:
        taken = await imports.take(together, _each(found), customer_import.sort, found)
        shape = imports.shape_of(rows, taken, {}, found, checked=False)
        await imports.put_on_record(together, "customers", content, shape)
    finally:
        await access.services.deliver(together.later or set())
    return shape


def _each(found: Sorted) -> list[Each]:
    new: list[Each] = [(row, functools.partial(_enter, row=row)) for row in found.new]
    changed: list[Each] = [
        (row, functools.partial(_change, row=row, reference=reference)) for row, reference in found.changed.values()
    ]
    return [*new, *changed]


async def _enter(work: Work, *, row: Row) -> tuple[RowStatus, str]:
    return RowStatus.ENTERED, await customer_import.enter(work, row)


async def _change(work: Work, *, row: Row, reference: str) -> tuple[RowStatus, str]:
    return RowStatus.CHANGED, await customer_import.change(work, row, reference)
