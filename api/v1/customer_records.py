"""What is kept beside a customer: whom to speak to, what was written down, and everything that was done (S1)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api.auth.attempts import personal
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.customers import Managing, Reading, found
from api.v1.shapes import Shape, example, sample
from models.messages.customer import NewContact, NewNote
from models.store import customers
from models.usecases import customer as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/customers/{reference}", tags=["customers"])

_CONTACT = {
    "name": "B. de Boer",
    "function": "Fleet manager",
    "email": "b.deboer@voorbeeld.example",
    "phone": "+31201234568",
}
_NOTE = {"text": "Wants its invoices before the fifth."}


class ContactShape(Shape):
    model_config = example(id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d02", **_CONTACT, created_at="2026-11-21T08:00:00Z")

    id: UUID
    name: str
    function: str | None
    email: str | None
    phone: str | None
    created_at: datetime


class NoteShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d03",
        **_NOTE,
        written_by_name="Carla Care",
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    text: str
    written_by_name: str
    created_at: datetime


class HistoryItemShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d04",
        at="2026-11-21T09:12:00Z",
        subject="customer",
        what="customer changed",
        who="Carla Care",
        why=None,
        refused=False,
        detail={"customer": "CU-2026-000017", "changed": ["phone"]},
        correlation_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
    )

    id: UUID
    at: datetime
    subject: str = Field(description="What it is about: customer, subscriber, card")
    what: str
    who: str = Field(validation_alias="actor_name")
    why: str | None
    refused: bool
    detail: dict[str, Any]
    correlation_id: str | None


@router.post("/contacts", status_code=201, response_model=ContactShape, summary="Add somebody to speak to")
@personal
async def add_contact(
    reference: str, body: Annotated[NewContact, sample(**_CONTACT)], access: Managing, once: Once
) -> Response:
    async def create(work: Work) -> ContactShape:
        customer = await usecase.lock(work, reference)
        return ContactShape.model_validate(await usecase.add_contact(work, customer, body))

    return await once.answer(access, create)


@router.get("/contacts", summary="Whom to speak to at the customer, newest first")
async def show_contacts(reference: str, access: Reading, paging: Pages) -> Page[ContactShape]:
    async with access.reading() as session:
        customer = await found(session, reference)
        rows = await customers.contacts(session, customer.id, paging.window)
    return paging.page(rows, ContactShape.model_validate)


@router.delete("/contacts/{contact_id}", status_code=204, summary="Remove a contact")
async def remove_contact(reference: str, contact_id: UUID, access: Managing) -> None:
    async with access.work() as work:
        await usecase.remove_contact(work, await usecase.lock(work, reference), contact_id)


@router.post("/notes", status_code=201, response_model=NoteShape, summary="Write something down about the customer")
@personal
async def add_note(reference: str, body: Annotated[NewNote, sample(**_NOTE)], access: Managing, once: Once) -> Response:
    async def create(work: Work) -> NoteShape:
        customer = await usecase.lock(work, reference)
        return NoteShape.model_validate(await usecase.add_note(work, customer, body))

    return await once.answer(access, create)


@router.get("/notes", summary="What was written down about the customer, newest first")
async def show_notes(reference: str, access: Reading, paging: Pages) -> Page[NoteShape]:
    async with access.reading() as session:
        customer = await found(session, reference)
        rows = await customers.notes(session, customer.id, paging.window)
    return paging.page(rows, NoteShape.model_validate)


@router.get("/history", summary="Everything that was done about the customer, newest first")
async def show_history(reference: str, access: Reading, paging: Pages) -> Page[HistoryItemShape]:
    """With its subscriptions and cards, and with what was refused."""
    async with access.reading() as session:
        customer = await found(session, reference)
        rows = await customers.history(session, customer, paging.window)
    return paging.page(rows, HistoryItemShape.model_validate)
