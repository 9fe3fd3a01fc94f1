"""Groups, and who and what belongs to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.viewer import Viewer
from models.store.window import Window, cut, like
from models.tables.asset import Asset
from models.tables.card import Card
from models.tables.customer import Customer
from models.tables.group import GROUP_NUMBER, DriverGroup
from models.tables.subscriber import Subscriber


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(sa.select(GROUP_NUMBER.next_value()))).scalar_one())


async def find(session: AsyncSession, reference: str, viewer: Viewer) -> DriverGroup | None:
    found = await session.execute(_seen(viewer).where(col(DriverGroup.reference) == reference))
    return found.scalar_one_or_none()


async def lock(session: AsyncSession, reference: str, viewer: Viewer) -> DriverGroup | None:
    """Nobody else changes it until the transaction ends; who belongs to it is locked with their own rows."""
    found = await session.execute(
        _seen(viewer).where(col(DriverGroup.reference) == reference).with_for_update(key_share=True)
    )
    return found.scalar_one_or_none()


async def take_turn(session: AsyncSession, group_id: UUID) -> None:
    """No other session of the group begins until the transaction ends, where its sessions are counted."""
    await session.execute(
        sa.select(col(DriverGroup.id)).where(col(DriverGroup.id) == group_id).with_for_update(key_share=True)
    )


async def exists(session: AsyncSession, group_id: UUID) -> bool:
    return await session.get(DriverGroup, group_id) is not None


async def tagged(session: AsyncSession, tag: str) -> DriverGroup | None:
    return (await session.execute(select(DriverGroup).where(col(DriverGroup.tag) == tag))).scalar_one_or_none()


@dataclass(frozen=True)
class GroupFilter:
    """Which groups are wanted; None wants all."""

    organisation_id: UUID | None = None
    q: Annotated[str | None, Field(max_length=100, description="Part of a name or a reference")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.organisation_id is not None:
            yield col(DriverGroup.organisation_id) == self.organisation_id
        if self.q is not None:
            said = like(self.q)
            yield sa.or_(col(DriverGroup.name).ilike(said), col(DriverGroup.reference).ilike(said))


async def page(session: AsyncSession, wanted: GroupFilter, viewer: Viewer, window: Window) -> Sequence[DriverGroup]:
    keys = {"reference": col(DriverGroup.reference), "name": col(DriverGroup.name)}
    query = _seen(viewer).where(*wanted.conditions())
    return list((await session.execute(cut(query, col(DriverGroup.id), window, keys))).scalars())


@dataclass
class PersonOfGroup:
    """A subscription of the group, with its customer's name and the cards that charge."""

    id: UUID
    subscriber: Subscriber
    name: str
    cards: list[str]


async def people(session: AsyncSession, group_id: UUID, window: Window) -> Sequence[PersonOfGroup]:
    numbers = (
        sa.select(sa.func.array_agg(sa.distinct(col(Card.number))))
        .where(col(Card.subscriber_id) == col(Subscriber.id), col(Card.state) == "assigned")
        .correlate(Subscriber)
        .scalar_subquery()
    )
    query = (
        sa.select(col(Subscriber.id), Subscriber, col(Customer.name), numbers)
        .join(Customer, col(Customer.id) == col(Subscriber.customer_id))
        .where(col(Subscriber.group_id) == group_id)
    )
    rows = await session.execute(cut(query, col(Subscriber.id), window))
    return [PersonOfGroup(row[0], row[1], row[2], sorted(row[3] or ())) for row in rows.all()]


@dataclass
class CardOfGroup:
    """A card that belongs to the group, with whose it is."""

    id: UUID
    card: Card
    subscriber: str | None


async def cards(session: AsyncSession, group_id: UUID, window: Window) -> Sequence[CardOfGroup]:
    query = _cards().where(_belongs_to(group_id))
    return [CardOfGroup(*row) for row in (await session.execute(cut(query, col(Card.id), window))).all()]


async def card(session: AsyncSession, group_id: UUID, number: str) -> CardOfGroup | None:
    found = await session.execute(_cards().where(_belongs_to(group_id), col(Card.number) == number))
    row = found.one_or_none()
    return None if row is None else CardOfGroup(*row)


async def stations(session: AsyncSession, group_id: UUID, window: Window) -> Sequence[Asset]:
    query = select(Asset).where(col(Asset.group_id) == group_id)
    return list((await session.execute(cut(query, col(Asset.id), window, {"name": col(Asset.name)}))).scalars())


def _cards() -> Any:
    return sa.select(col(Card.id), Card, col(Subscriber.reference)).outerjoin(
        Subscriber, col(Subscriber.id) == col(Card.subscriber_id)
    )


def _belongs_to(group_id: UUID) -> sa.ColumnElement[bool]:
    return sa.func.coalesce(col(Card.group_id), col(Subscriber.group_id)) == group_id


def _seen(viewer: Viewer) -> Any:
    return select(DriverGroup).where(viewer.sees(col(DriverGroup.organisation_id)))
