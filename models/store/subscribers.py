"""Subscriptions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.subscriber import Payment, SubscriberStage
from models.store.window import Window, cut
from models.tables.card import Card
from models.tables.customer import Customer
from models.tables.subscriber import SUBSCRIBER_NUMBER, Subscriber


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(sa.select(SUBSCRIBER_NUMBER.next_value()))).scalar_one())


async def lock(session: AsyncSession, subscriber_id: UUID) -> Subscriber:
    found = await session.execute(
        select(Subscriber)
        .where(col(Subscriber.id) == subscriber_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def find(session: AsyncSession, reference: str) -> Subscriber | None:
    found = await session.execute(
        select(Subscriber).where(col(Subscriber.reference) == reference).execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def waiting_for_cards(session: AsyncSession, limit: int) -> Sequence[UUID]:
    """Those that are to be set up, the oldest first."""
    found = await session.execute(
        select(Subscriber.id)
        .where(col(Subscriber.stage) == SubscriberStage.ACCEPTED)
        .order_by(col(Subscriber.id))
        .limit(limit)
    )
    return found.scalars().all()


@dataclass(frozen=True)
class SubscriberFilter:
    """Which subscriptions are wanted; None wants all."""

    stage: SubscriberStage | None = None
    payment: Payment | None = None
    customer: Annotated[str | None, Field(max_length=40, description="The customer's reference")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.stage is not None:
            yield col(Subscriber.stage) == self.stage
        if self.payment is not None:
            yield col(Subscriber.payment) == self.payment
        if self.customer is not None:
            yield col(Customer.reference) == self.customer


@dataclass
class Shown:
    """A subscription with its customer's reference."""

    id: UUID
    reference: str
    stage: str
    subscriber: Subscriber
    customer: str


async def page(session: AsyncSession, wanted: SubscriberFilter, window: Window) -> Sequence[Shown]:
    query = (
        sa.select(
            col(Subscriber.id), col(Subscriber.reference), col(Subscriber.stage), Subscriber, col(Customer.reference)
        )
        .join(Customer, col(Customer.id) == col(Subscriber.customer_id))
        .where(*wanted.conditions())
    )
    keys = {"reference": col(Subscriber.reference), "stage": col(Subscriber.stage)}
    found = await session.execute(cut(query, col(Subscriber.id), window, keys))
    return [Shown(*row) for row in found.all()]


async def cards_of(session: AsyncSession, subscriber_id: UUID) -> Sequence[Card]:
    """Those it has, and those it had and which are blocked."""
    found = await session.execute(select(Card).where(col(Card.subscriber_id) == subscriber_id).order_by(col(Card.id)))
    return found.scalars().all()


async def first_card(session: AsyncSession, subscriber_id: UUID) -> Card | None:
    """The one that came first, whatever has become of it."""
    mine = select(Card).where(col(Card.subscriber_id) == subscriber_id)
    return (await session.execute(mine.order_by(col(Card.assigned_at), col(Card.id)).limit(1))).scalar_one_or_none()
