"""Customers: entered, changed, spoken to; an outside CRM is told by reference, never by name (S1)."""

from typing import Any
from uuid import UUID

from models.errors import AlreadyExists, CustomerErased, LimitReached, NotFound
from models.messages.customer import CustomerChange, NewContact, NewCustomer, NewNote
from models.rules.events import Event
from models.store import customers, organisations
from models.tables.customer import Customer, CustomerContact, CustomerNote
from models.usecases import notice, timeline
from models.usecases.work import Work

CONTACTS_LIMIT = 100
SUBJECT = "customer"


async def add(work: Work, new: NewCustomer) -> Customer:
    """Raises AlreadyExists (its id in an outside CRM)."""
    await _check_outside(work, new.external_id, None)
    number = await customers.next_number(work.session)
    customer = Customer(
        reference=f"CU-{work.now.year}-{number:06d}",
        external_id=new.external_id,
        kind=new.kind,
        name=new.name,
        email=new.email,
        phone=new.phone,
        language=new.language or work.terms.language,
        **new.address.model_dump(),
    )
    work.session.add(customer)
    await work.session.flush()
    await work.session.refresh(customer)
    timeline.record(work, SUBJECT, customer.id, "customer added", customer=customer.reference)
    await tell(work, Event.CUSTOMER_CREATED, customer)
    return customer


async def change(work: Work, customer: Customer, wanted: CustomerChange) -> None:
    """Its row is locked. Raises AlreadyExists (its id in an outside CRM)."""
    said = wanted.model_dump(exclude_none=True, exclude={"address"})
    said |= wanted.address.model_dump() if wanted.address else {}
    moved = sorted(name for name, value in said.items() if getattr(customer, name) != value)
    if not moved:
        return
    await _check_outside(work, said.get("external_id"), customer)
    customer.sqlmodel_update(said)
    timeline.record(work, SUBJECT, customer.id, "customer changed", customer=customer.reference, changed=moved)
    await tell(work, Event.CUSTOMER_CHANGED, customer, changed=moved)


async def lock(work: Work, reference: str) -> Customer:
    """To be changed. Raises NotFound, CustomerErased."""
    customer = await lock_any(work, reference)
    if customer.erased_at is not None:
        raise CustomerErased("Nothing is kept about this customer any more; enter them anew where they come back")
    return customer


async def lock_any(work: Work, reference: str) -> Customer:
    """Also one that was erased. Raises NotFound."""
    customer = await customers.lock(work.session, reference)
    if customer is None:
        raise NotFound("There is no such customer")
    return customer


async def add_contact(work: Work, customer: Customer, new: NewContact) -> CustomerContact:
    """Its row is locked. Raises LimitReached."""
    if await customers.count_contacts(work.session, customer.id) >= CONTACTS_LIMIT:
        raise LimitReached(f"A customer has at most {CONTACTS_LIMIT} contacts; remove those that are not needed")
    contact = CustomerContact(customer_id=customer.id, **new.model_dump())
    work.session.add(contact)
    await work.session.flush()
    await work.session.refresh(contact)
    timeline.record(work, SUBJECT, customer.id, "contact added")
    await tell(work, Event.CUSTOMER_CHANGED, customer, changed=["contacts"])
    return contact


async def remove_contact(work: Work, customer: Customer, contact_id: UUID) -> None:
    """Its row is locked. Raises NotFound."""
    contact = await customers.contact(work.session, customer.id, contact_id)
    if contact is None:
        raise NotFound("The customer has no such contact")
    await work.session.delete(contact)
    await work.session.flush()
    timeline.record(work, SUBJECT, customer.id, "contact removed")
    await tell(work, Event.CUSTOMER_CHANGED, customer, changed=["contacts"])


async def add_note(work: Work, customer: Customer, new: NewNote) -> CustomerNote:
    note = CustomerNote(
        customer_id=customer.id, text=new.text, written_by=work.actor.id, written_by_name=work.actor.name
    )
    work.session.add(note)
    await work.session.flush()
    await work.session.refresh(note)
    timeline.record(work, SUBJECT, customer.id, "note written")
    return note


async def _check_outside(work: Work, external_id: str | None, own: Customer | None) -> None:
    if external_id is None:
        return
    known = (await customers.known_outside(work.session, [external_id])).get(external_id)
    if known is not None and (own is None or known.id != own.id):
        raise AlreadyExists(f"Customer {known.reference} has this external_id already", field="/external_id")


async def tell(work: Work, event: Event, customer: Customer, **more: Any) -> None:
    """The operator's own endpoints; who is to know more asks the API."""
    operator = await organisations.operator(work.session)
    data = {"reference": customer.reference, "external_id": customer.external_id, **more}
    await notice.notify(work, operator.id, event, data)
