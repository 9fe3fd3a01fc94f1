"""What an erasure changes in the rows, and what stands against one (S8)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col, select

from models.rules.holds import HoldState
from models.rules.personal_data import ERASED, WITH_UIDS, Becomes, By, Place
from models.rules.session import SESSION
from models.rules.subscriber import SUBSCRIBER
from models.rules.vehicle_id import pattern_of
from models.store.personal_data import Person, is_theirs
from models.tables.customer import Customer
from models.tables.ledger import Hold, LedgerAccount
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber

_UNSETTLED = tuple(stage.name for stage in SESSION.states if not stage.terminal)


async def long_gone(
    session: AsyncSession, before: datetime, after: UUID | None, limit: int
) -> Sequence[tuple[UUID, str]]:
    """Customers, by id and reference, who have had nothing with us since then: those behind ``after``, in their order.

    Whoever has never had a subscription counts from when they were entered.
    """
    ended = tuple(stage.name for stage in SUBSCRIBER.states if stage.terminal)
    lately = sa.or_(
        col(Subscriber.stage).not_in(ended),
        sa.func.coalesce(col(Subscriber.ended_at), col(Subscriber.created_at)) >= before,
    )
    query = sa.select(col(Customer.id), col(Customer.reference)).where(
        col(Customer.erased_at).is_(None),
        col(Customer.created_at) < before,
        sa.not_(sa.exists().where(col(Subscriber.customer_id) == col(Customer.id), lately)),
    )
    if after is not None:
        query = query.where(col(Customer.id) > after)
    found = await session.execute(query.order_by(col(Customer.id)).limit(limit))
    return [(row[0], row[1]) for row in found]


async def begin_erasing(session: AsyncSession) -> None:
    """Until the transaction ends the bodies of the audit trail may be changed, which a trigger refuses otherwise."""
    await session.execute(sa.text("SELECT set_config('stationmaster.erasing', 'on', true)"))


async def erase(session: AsyncSession, place: Place, whose: Person, pseudonyms: Mapping[str, str]) -> None:
    """``pseudonyms`` by the tokens' keys. Statements that name no row: what was there is in no record of changes."""
    table = SQLModel.metadata.tables[place.table]
    if place.goes:
        await session.execute(sa.delete(table).where(is_theirs(place, whose)))
    values = {
        name: _erased(table.c[name], what) for name, what in place.erased.items() if what is not Becomes.A_PSEUDONYM
    }
    if values:
        await session.execute(sa.update(table).where(is_theirs(place, whose)).values(values))
    columns = [name for name, what in place.erased.items() if what is Becomes.A_PSEUDONYM]
    if columns:
        await _rename(session, table, columns, pseudonyms, is_theirs(place, whose))


async def rename_elsewhere(session: AsyncSession, pseudonyms: Mapping[str, str]) -> None:
    """The uids where they stand among other things; a list that a station has is sent to it as a whole next time.

    Of frames those that belong to no transaction; there are far too many to read them all.
    """
    for name, columns in WITH_UIDS.items():
        table = SQLModel.metadata.tables[name]
        more = {"only_full": True} if "only_full" in table.c else {}
        await _rename(session, table, columns, pseudonyms, sa.true(), more)
    frames = SQLModel.metadata.tables["raw_frame"]
    number = frames.c.transaction_number
    await _rename(session, frames, ["frame"], pseudonyms, sa.or_(number.is_(None), number <= 0))


async def erase_notices(session: AsyncSession, whose: Person) -> None:
    """An outside CRM's own name for the customer."""
    table = SQLModel.metadata.tables["notice"]
    reference = table.c.data["reference"].astext
    await session.execute(
        sa.update(table)
        .where(reference.in_(whose.keys[By.REFERENCE]), table.c.data.has_key("external_id"))
        .values(data=table.c.data.op("-")("external_id"))
    )


async def unsettled(session: AsyncSession, subscriptions: Collection[UUID]) -> Sequence[str]:
    """The references of sessions that are not at their end yet."""
    found = await session.execute(
        select(ChargingSession.reference)
        .where(col(ChargingSession.subscriber_id).in_(subscriptions), col(ChargingSession.stage).in_(_UNSETTLED))
        .order_by(col(ChargingSession.reference))
    )
    return found.scalars().all()


async def balances(session: AsyncSession, subscriptions: Collection[UUID]) -> Sequence[tuple[str, str, Decimal]]:
    """By the references of subscriptions and by currency what is on all their accounts together."""
    found = await session.execute(
        sa.select(col(Subscriber.reference), col(LedgerAccount.currency), sa.func.sum(col(LedgerAccount.balance)))
        .join(Subscriber, col(Subscriber.id) == col(LedgerAccount.owner_id))
        .where(col(LedgerAccount.owner_id).in_(subscriptions))
        .group_by(col(Subscriber.reference), col(LedgerAccount.currency))
        .order_by(col(Subscriber.reference))
    )
    return [(row[0], row[1], row[2] or Decimal(0)) for row in found]


async def held(session: AsyncSession, subscriptions: Collection[UUID]) -> Sequence[str]:
    """The references of subscriptions with money that is held."""
    found = await session.execute(
        sa.select(col(Subscriber.reference))
        .distinct()
        .join(LedgerAccount, col(LedgerAccount.owner_id) == col(Subscriber.id))
        .join(Hold, col(Hold.account_id) == col(LedgerAccount.id))
        .where(col(Subscriber.id).in_(subscriptions), col(Hold.state) == HoldState.HELD)
    )
    return sorted(found.scalars())


async def subscriptions(session: AsyncSession, customer_id: UUID, *, locked: bool = False) -> Sequence[Subscriber]:
    """Those of the customer; ``locked``: held until the transaction ends."""
    query = select(Subscriber).where(col(Subscriber.customer_id) == customer_id).order_by(col(Subscriber.id))
    query = query.with_for_update() if locked else query
    return (await session.execute(query.execution_options(populate_existing=True))).scalars().all()


def _erased(column: Any, what: Becomes) -> Any:
    if what is Becomes.NOTHING:
        return sa.null()
    if what is Becomes.A_WORD:
        return sa.case((column.is_(None), sa.null()), else_=ERASED)
    empty = "[]" if column.name == "changes" else "{}"
    return sa.cast(sa.literal(empty), column.type)


async def _rename(
    session: AsyncSession,
    table: Any,
    columns: Sequence[str],
    pseudonyms: Mapping[str, str],
    theirs: Any,
    more: Mapping[str, Any] | None = None,
) -> None:
    """In whatever case, and with whatever separators in a car's id, a station has written the token, which is no part
    of another word there."""
    for uid, stands_for in pseudonyms.items():
        pattern = rf"(?<!\w){pattern_of(uid)}(?!\w)"
        texts = {name: sa.cast(table.c[name], sa.Text) for name in columns}
        has_it = sa.or_(*(text.op("~*")(pattern) for text in texts.values()))
        renamed = {
            name: sa.cast(sa.func.regexp_replace(text, pattern, stands_for, "gi"), table.c[name].type)
            for name, text in texts.items()
        }
        await session.execute(sa.update(table).where(theirs, has_it).values({**renamed, **(more or {})}))
