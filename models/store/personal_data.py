"""A customer's personal data, read place by place, and what was asked of us about them (S8)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col, select

from models.rules.personal_data import By, Place, RequestKind, RequestState
from models.rules.vehicle_id import spellings_of
from models.store.window import Window, cut
from models.tables.card import Card
from models.tables.charging import ChargingTransaction, IdToken
from models.tables.customer import Customer
from models.tables.ledger import LedgerAccount, LedgerEntry
from models.tables.personal_data import PersonalRequest
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.vehicle import Vehicle, VehicleToken


@dataclass(frozen=True)
class Person:
    """By which keys the rows of one customer are known; ``uids`` are the keys of its tokens, by the tokens' ids.

    ``passed_on`` are ids of a car that is another's by now: what stands outside the customer's own rows is theirs.
    """

    keys: Mapping[By, Sequence[Any]]
    uids: Mapping[UUID, str]
    passed_on: frozenset[UUID]


async def person(session: AsyncSession, customer: Customer) -> Person:
    """Everything that leads to the customer, as it stands now."""
    subscriptions = await _pairs(session, Subscriber.id, Subscriber.reference, Subscriber.customer_id, [customer.id])
    cards = await _pairs(session, Card.id, Card.token_id, Card.subscriber_id, list(subscriptions))
    cars = await _pairs(session, Vehicle.id, Vehicle.reference, Vehicle.subscriber_id, list(subscriptions))
    ids = await _pairs(session, VehicleToken.id, VehicleToken.token_id, VehicleToken.vehicle_id, list(cars))
    uids = await _pairs(session, IdToken.id, IdToken.token, IdToken.id, [*cards.values(), *ids.values()])
    passed_on = await _passed_on(session, list(ids.values()), cars)
    charged = await _pairs(
        session,
        ChargingSession.id,
        ChargingSession.transaction_number,
        ChargingSession.subscriber_id,
        list(subscriptions),
    )
    accounts = await _pairs(session, LedgerAccount.id, LedgerAccount.id, LedgerAccount.owner_id, list(subscriptions))
    booked = await _pairs(session, LedgerEntry.id, LedgerEntry.transaction_id, LedgerEntry.account_id, list(accounts))
    theirs = [uid for token_id, uid in uids.items() if token_id not in passed_on]
    shown = await _shown(session, theirs, list(subscriptions))
    keys: dict[By, Sequence[Any]] = {
        By.CUSTOMER: [customer.id],
        By.SUBSCRIPTION: list(subscriptions),
        By.CARD: list(cards),
        By.VEHICLE: list(cars),
        By.TOKEN: [token_id for token_id in uids if token_id not in passed_on],
        By.SESSION: list(charged),
        By.TRANSACTION: sorted({*charged.values(), *shown}),
        By.ACCOUNT: list(accounts),
        By.BOOKING: sorted(set(booked.values())),
        By.SUBJECT: [customer.id, *subscriptions, *cards, *cars],
        By.REFERENCE: [customer.reference, *subscriptions.values()],
    }
    return Person(keys, uids, passed_on)


async def read(session: AsyncSession, place: Place, whose: Person) -> Sequence[Mapping[str, Any]]:
    """What is told of a place, in the order in which it came."""
    table = SQLModel.metadata.tables[place.table]
    shown = [column for column in table.columns if column.name not in place.hidden]
    query = sa.select(*shown).where(is_theirs(place, whose)).order_by(*table.primary_key.columns)
    return [dict(row) for row in (await session.execute(query)).mappings()]


async def requests(
    session: AsyncSession, customer_id: UUID, kind: RequestKind, window: Window
) -> Sequence[PersonalRequest]:
    query = select(PersonalRequest).where(
        col(PersonalRequest.customer_id) == customer_id, col(PersonalRequest.kind) == kind
    )
    return list((await session.execute(cut(query, col(PersonalRequest.id), window))).scalars())


async def request_of(session: AsyncSession, customer_id: UUID, request_id: UUID) -> PersonalRequest | None:
    found = await session.get(PersonalRequest, request_id)
    return found if found is not None and found.customer_id == customer_id else None


async def lock_open(session: AsyncSession, customer_id: UUID) -> Sequence[PersonalRequest]:
    """Exports that are being made, or can be fetched."""
    found = await session.execute(
        select(PersonalRequest)
        .where(
            col(PersonalRequest.customer_id) == customer_id,
            col(PersonalRequest.state).in_((RequestState.ASKED, RequestState.READY)),
        )
        .order_by(col(PersonalRequest.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalars().all()


async def due(session: AsyncSession, now: datetime, limit: int) -> Sequence[UUID]:
    """What is to be made, or removed."""
    is_over = sa.and_(col(PersonalRequest.state) == RequestState.READY, col(PersonalRequest.expires_at) <= now)
    found = await session.execute(
        select(PersonalRequest.id)
        .where(sa.or_(col(PersonalRequest.state) == RequestState.ASKED, is_over))
        .order_by(col(PersonalRequest.id))
        .limit(limit)
    )
    return found.scalars().all()


async def take(session: AsyncSession, request_id: UUID) -> PersonalRequest | None:
    """The request, held; None where another works on it."""
    found = await session.execute(
        select(PersonalRequest)
        .where(col(PersonalRequest.id) == request_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def _pairs(session: AsyncSession, own: Any, other: Any, column: Any, values: Collection[Any]) -> dict[Any, Any]:
    query = sa.select(col(own), col(other)).where(_any(col(column), values)).order_by(col(own))
    return {row[0]: row[1] for row in await session.execute(query)}


async def _passed_on(session: AsyncSession, token_ids: Collection[UUID], own: Collection[UUID]) -> frozenset[UUID]:
    """Those of the tokens that a car of somebody else's has had since."""
    of = VehicleToken
    query = sa.select(col(of.token_id), col(of.vehicle_id)).where(_any(col(of.token_id), token_ids))
    last = {row[0]: row[1] for row in await session.execute(query.order_by(col(of.id)))}
    return frozenset(token_id for token_id, vehicle_id in last.items() if vehicle_id not in own)


async def _shown(session: AsyncSession, uids: Collection[str], subscriptions: Collection[UUID]) -> Collection[int]:
    """The numbers of the transactions that a token of these began or ended, and which are no session of somebody
    else's, whose car that was. It reads the whole table: erasures and exports are rare, and an index would be paid for
    by every start."""
    of, spelled = ChargingTransaction, [each for uid in uids for each in spellings_of(uid)]
    others = sa.exists().where(
        col(ChargingSession.transaction_number) == col(of.number),
        ~_any(col(ChargingSession.subscriber_id), subscriptions),
    )
    is_shown = sa.or_(_any(col(of.token), spelled), _any(col(of.stop_token), spelled))
    query = sa.select(col(of.number)).where(is_shown, ~others)
    return set((await session.execute(query)).scalars())


def is_theirs(place: Place, whose: Person) -> Any:
    """The condition on a row of the place."""
    return _any(SQLModel.metadata.tables[place.table].c[place.column], whose.keys[place.by])


def _any(column: Any, values: Collection[Any]) -> Any:
    """As one array: there may be tens of thousands."""
    return column == sa.any_(sa.literal(list(values), sa.ARRAY(column.type)))
