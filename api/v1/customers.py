"""Customers: entered, found, changed, written out; personal data stand in bodies, never in addresses (S1)."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse

from api.auth.access import Access, require
from api.auth.attempts import personal
from api.etags import IfMatch
from api.idempotency import Once
from api.paging import Page, Pages, Paging, pages_by
from api.v1 import csv_lists
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.customer import CustomerChange, CustomerSearch, NewCustomer
from models.rules.access import Permission
from models.rules.customer import CustomerKind
from models.rules.events import Language
from models.store import customers
from models.store.customers import CustomerFilter
from models.tables.base import new_id
from models.tables.customer import Customer
from models.usecases import customer as usecase
from models.usecases import timeline
from models.usecases.work import Work

router = APIRouter(prefix="/customers", tags=["customers"])

Reading = Annotated[Access, require(Permission.SUBSCRIBERS_READ)]
Managing = Annotated[Access, require(Permission.SUBSCRIBERS_MANAGE)]

ADDRESS = {"street": "Dam", "house_number": "1", "postal_code": "1012 JS", "city": "Amsterdam", "country": "NL"}
NEW = {
    "kind": "person",
    "name": "A. Jansen",
    "email": "a.jansen@voorbeeld.example",
    "phone": "+31201234567",
    "language": "nl",
    "address": ADDRESS,
    "external_id": "CRM-118",
}
COLUMNS = (
    *("reference", "external_id", "kind", "name", "email", "phone", "language"),
    *("street", "house_number", "postal_code", "city", "country"),
)
_AT_ONCE = 500


class AddressShape(Shape):
    street: str
    house_number: str
    postal_code: str
    city: str
    country: str


class CustomerShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d01",
        reference="CU-2026-000017",
        **NEW,
        created_at="2026-11-21T08:00:00Z",
        erased_at=None,
    )

    id: UUID
    reference: str
    external_id: str | None
    kind: CustomerKind
    name: str
    email: str
    phone: str | None
    language: Language
    address: AddressShape
    created_at: datetime
    erased_at: datetime | None = Field(description="From then on nothing of it tells who it was")


@router.post("", status_code=201, response_model=CustomerShape, summary="Enter a customer")
@personal
async def add(body: Annotated[NewCustomer, sample(**NEW)], access: Managing, once: Once) -> Response:
    async def create(work: Work) -> CustomerShape:
        return customer_shape(await usecase.add(work, body))

    return await once.answer(access, create)


@router.get("", summary="Customers, newest first")
async def show_all(
    access: Reading, paging: Annotated[Paging, pages_by(reference=str)], wanted: Annotated[CustomerFilter, Depends()]
) -> Page[CustomerShape]:
    async with access.reading() as session:
        rows = await customers.page(session, wanted, paging.window)
    return paging.page(rows, customer_shape)


@router.post("/search", summary="Find customers by anything that is known of them")
@personal
async def search(
    body: Annotated[CustomerSearch, sample(q="jansen")], access: Reading, paging: Pages
) -> Page[CustomerShape]:
    async with access.reading() as session:
        rows = await customers.search(session, body.q, paging.window)
    return paging.page(rows, customer_shape)


@router.get(
    "/export",
    summary="All customers as CSV, as an import takes them",
    response_class=Response,
    responses={200: {"content": {csv_lists.MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def export(access: Reading) -> Response:
    """Who has taken it is on record. Cells that a spreadsheet would take for formulas begin with an apostrophe."""
    async with access.work() as work:
        timeline.record(work, "export", new_id(), "customers exported")
    return StreamingResponse(_exported(access), media_type=csv_lists.MEDIA_TYPE)


@router.get("/{reference}", summary="One customer")
async def show(reference: str, access: Reading) -> CustomerShape:
    async with access.reading() as session:
        return customer_shape(await found(session, reference))


@router.patch("/{reference}", summary="Change what is known of a customer")
@personal
async def change(
    reference: str,
    body: Annotated[CustomerChange, sample(phone="+31207654321")],
    access: Managing,
    condition: IfMatch,
) -> CustomerShape:
    async with access.work() as work:
        customer = await usecase.lock(work, reference)

        async def shown() -> CustomerShape:
            return customer_shape(customer)

        await condition.check(shown)
        await usecase.change(work, customer, body)
        return condition.answered(await shown(), f"/v1/customers/{reference}")


async def found(session: AsyncSession, reference: str) -> Customer:
    """Raises NotFound."""
    customer = await customers.find(session, reference)
    if customer is None:
        raise NotFound("There is no such customer")
    return customer


def customer_shape(row: Customer) -> CustomerShape:
    said = row.model_dump(include=set(CustomerShape.model_fields))
    return CustomerShape(**said, address=AddressShape.model_validate(row))


async def _exported(access: Access) -> AsyncIterator[str]:
    yield csv_lists.written(COLUMNS, [])
    last: UUID | None = None
    while True:
        async with access.reading() as session:
            rows = await customers.after(session, last, _AT_ONCE)
        if not rows:
            return
        last = rows[-1].id
        yield csv_lists.written([], [[getattr(row, name) for name in COLUMNS] for row in rows])
