"""Exports of everything about a customer: asked for, made by a worker, fetched, and gone after a week (S8)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.errors import NotFound
from models.rules.personal_data import EXPORT_VALID, PLACES, RequestKind, RequestState
from models.store import personal_data as store
from models.tables.customer import Customer
from models.tables.personal_data import PersonalRequest
from models.usecases import timeline
from models.usecases.customer import SUBJECT
from models.usecases.work import Work

AT_ONCE = 50


def document_key(request: PersonalRequest) -> str:
    """Under which an export is kept; it tells of nobody."""
    return f"customers/{request.customer_id}/exports/{request.id}.zip"


async def ask_for_export(work: Work, customer: Customer) -> PersonalRequest:
    """Its row is locked. One that is being made is not made twice."""
    for known in await store.lock_open(work.session, customer.id):
        if known.kind is RequestKind.EXPORT and known.state is RequestState.ASKED:
            return known
    request = PersonalRequest(
        customer_id=customer.id,
        kind=RequestKind.EXPORT,
        asked_by=work.actor.id,
        asked_by_name=work.actor.name,
        created_at=work.now,
    )
    work.session.add(request)
    await work.session.flush()
    timeline.record(work, SUBJECT, customer.id, "export asked for", customer=customer.reference)
    return request


async def due(work: Work) -> Sequence[UUID]:
    """The requests that a worker has something to do for."""
    return await store.due(work.session, work.now, AT_ONCE)


async def take(work: Work, request_id: UUID) -> PersonalRequest | None:
    """The request, held while it is worked on; None where another does, or there is nothing to do any more."""
    request = await store.take(work.session, request_id)
    is_over = request is not None and request.state in {RequestState.EXPIRED, RequestState.DONE}
    has_time = request is not None and request.expires_at is not None and request.expires_at > work.now
    return None if is_over or has_time else request


async def gathered(work: Work, request: PersonalRequest) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Everything that is told about the customer, by where it stands."""
    customer = await work.session.get_one(Customer, request.customer_id)
    whose = await store.person(work.session, customer)
    return {place.table: await store.read(work.session, place, whose) for place in PLACES if place.told}


def note_made(work: Work, request: PersonalRequest, size_bytes: int) -> None:
    request.state, request.size_bytes = RequestState.READY, size_bytes
    request.done_at, request.expires_at = work.now, work.now + EXPORT_VALID
    timeline.record(work, SUBJECT, request.customer_id, "export made")


def note_expired(work: Work, request: PersonalRequest) -> None:
    """Its file is gone."""
    request.state, request.size_bytes = RequestState.EXPIRED, None
    timeline.record(work, SUBJECT, request.customer_id, "export removed")


async def fetch(work: Work, customer: Customer, request_id: UUID) -> str:
    """The key of the file; who has fetched it is on record. Raises NotFound."""
    request = await export_of(work, customer, request_id)
    if request.state is RequestState.ASKED:
        raise NotFound("The export is not made yet")
    if request.state is not RequestState.READY or (request.expires_at or work.now) <= work.now:
        raise NotFound("The export has expired; ask for another one")
    timeline.record(work, SUBJECT, customer.id, "export fetched", customer=customer.reference)
    return document_key(request)


async def export_of(work: Work, customer: Customer, request_id: UUID) -> PersonalRequest:
    """Raises NotFound."""
    request = await store.request_of(work.session, customer.id, request_id)
    if request is None or request.kind is not RequestKind.EXPORT:
        raise NotFound("There is no such export of this customer")
    return request
