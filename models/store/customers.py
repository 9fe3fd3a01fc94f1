"""Customers, their contacts and notes, and what is on record about them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.customer import CustomerKind
from models.store.window import Window, cut, like
from models.tables.card import Card
from models.tables.customer import CUSTOMER_NUMBER, Customer, CustomerContact, CustomerNote
from models.tables.subscriber import Subscriber
from models.tables.timeline import TimelineEntry
from models.tables.vehicle import Vehicle


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(sa.select(CUSTOMER_NUMBER.next_value()))).scalar_one())


async def find(session: AsyncSession, reference: str) -> Customer | None:
    found = await session.execute(select(Customer).where(col(Customer.reference) == reference))
    return found.scalar_one_or_none()


async def lock(session: AsyncSession, reference: str) -> Customer | None:
    found = await session.execute(select(Customer).where(col(Customer.reference) == reference).with_for_update())
    return found.scalar_one_or_none()


async def named(session: AsyncSession, customer_id: UUID) -> Customer:
    return await session.get_one(Customer, customer_id)


async def known_outside(session: AsyncSession, external_ids: Collection[str]) -> dict[str, Customer]:
    """By what an outside CRM calls them."""
    found = await session.execute(select(Customer).where(col(Customer.external_id).in_(external_ids)))
    return {each.external_id: each for each in found.scalars() if each.external_id is not None}


async def with_emails(session: AsyncSession, emails: Collection[str]) -> Sequence[Customer]:
    """Those with one of these mail addresses, in whatever case."""
    lower = sa.func.lower(Customer.email)
    wanted = [email.lower() for email in emails]
    return (await session.execute(select(Customer).where(lower.in_(wanted)).order_by(col(Customer.id)))).scalars().all()


@dataclass(frozen=True)
class CustomerFilter:
    """Which customers are wanted; None wants all. Nothing personal: it stands in addresses."""

    kind: CustomerKind | None = None
    external_id: Annotated[str | None, Field(max_length=80, description="By what an outside CRM knows it")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.kind is not None:
            yield col(Customer.kind) == self.kind
        if self.external_id is not None:
            yield col(Customer.external_id) == self.external_id


async def page(session: AsyncSession, wanted: CustomerFilter, window: Window) -> Sequence[Customer]:
    query = select(Customer).where(*wanted.conditions())
    keys = {"reference": col(Customer.reference)}
    return list((await session.execute(cut(query, col(Customer.id), window, keys))).scalars())


async def search(session: AsyncSession, words: str, window: Window) -> Sequence[Customer]:
    """Those of whom something is like the words."""
    columns = (Customer.name, Customer.email, Customer.phone, Customer.postal_code, Customer.city, Customer.reference)
    pattern = like(words)
    query = select(Customer).where(sa.or_(*(col(column).ilike(pattern) for column in columns)))
    return list((await session.execute(cut(query, col(Customer.id), window))).scalars())


async def after(session: AsyncSession, last: UUID | None, limit: int) -> Sequence[Customer]:
    """The next ones in the order in which they were made, but for those that were erased."""
    query = select(Customer).where(col(Customer.erased_at).is_(None)).order_by(col(Customer.id)).limit(limit)
    return (await session.execute(query if last is None else query.where(col(Customer.id) > last))).scalars().all()


async def contacts(session: AsyncSession, customer_id: UUID, window: Window) -> Sequence[CustomerContact]:
    query = select(CustomerContact).where(col(CustomerContact.customer_id) == customer_id)
    return list((await session.execute(cut(query, col(CustomerContact.id), window))).scalars())


async def contact(session: AsyncSession, customer_id: UUID, contact_id: UUID) -> CustomerContact | None:
    found = await session.get(CustomerContact, contact_id)
    return found if found is not None and found.customer_id == customer_id else None


async def count_contacts(session: AsyncSession, customer_id: UUID) -> int:
    counted = select(sa.func.count()).select_from(CustomerContact)
    return int((await session.execute(counted.where(col(CustomerContact.customer_id) == customer_id))).scalar_one())


async def notes(session: AsyncSession, customer_id: UUID, window: Window) -> Sequence[CustomerNote]:
    query = select(CustomerNote).where(col(CustomerNote.customer_id) == customer_id)
    return list((await session.execute(cut(query, col(CustomerNote.id), window))).scalars())


async def history(session: AsyncSession, customer: Customer, window: Window) -> Sequence[TimelineEntry]:
    """What was done about the customer, its subscriptions, their cards and cars, and what was refused."""
    subscriptions = sa.select(col(Subscriber.id)).where(col(Subscriber.customer_id) == customer.id)
    cards = sa.select(col(Card.id)).where(col(Card.subscriber_id).in_(subscriptions))
    cars = sa.select(col(Vehicle.id)).where(col(Vehicle.subscriber_id).in_(subscriptions))
    about = sa.or_(
        col(TimelineEntry.subject_id) == customer.id,
        col(TimelineEntry.subject_id).in_(subscriptions),
        col(TimelineEntry.subject_id).in_(cards),
        col(TimelineEntry.subject_id).in_(cars),
        col(TimelineEntry.reference) == customer.reference,
    )
    query = select(TimelineEntry).where(about)
    return list((await session.execute(cut(query, col(TimelineEntry.id), window))).scalars())
