"""Text messages of drivers, whose phones they come from, and which stations they name."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.session import RUNNING
from models.rules.subscriber import SubscriberStage
from models.tables.asset import SPELLED, Asset, Evse
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.text_message import TextMessage


async def keep(session: AsyncSession, message: TextMessage) -> TextMessage | None:
    """The message as a row; None where it is kept already."""
    values = message.model_dump()
    made = await session.execute(insert(TextMessage).values(values).on_conflict_do_nothing().returning(TextMessage))
    return made.scalar_one_or_none()


async def count_since(session: AsyncSession, sender: str, since: datetime) -> int:
    """How many came from the phone."""
    found = await session.execute(
        select(sa.func.count()).where(col(TextMessage.sender) == sender, col(TextMessage.at) > since)
    )
    return found.scalar_one()


async def forget_senders(session: AsyncSession, before: datetime) -> None:
    """Whose phones they came from; that they came, and what came of them, stays."""
    await session.execute(
        sa.update(TextMessage).where(col(TextMessage.at) < before, col(TextMessage.sender) != "").values(sender="")
    )


async def of_command(session: AsyncSession, command_id: UUID) -> TextMessage | None:
    """The one by which the command came, held until the transaction ends."""
    found = await session.execute(
        select(TextMessage).where(col(TextMessage.command_id) == command_id).with_for_update()
    )
    return found.scalar_one_or_none()


async def subscribers_at(session: AsyncSession, phone: str) -> Sequence[Subscriber]:
    """The subscriptions with this phone that go on: those that may charge first, then the oldest."""
    gone = (SubscriberStage.CLOSED, SubscriberStage.REJECTED, SubscriberStage.FAILED)
    found = await session.execute(
        select(Subscriber)
        .where(col(Subscriber.phone) == phone, col(Subscriber.stage).not_in(gone))
        .order_by(col(Subscriber.stage) != SubscriberStage.ACTIVE, col(Subscriber.id))
    )
    return found.scalars().all()


class Place(NamedTuple):
    """A station, at a connector where its EVSE was named."""

    asset: Asset
    connector: int | None


async def places_named(session: AsyncSession, spellings: Sequence[str]) -> Sequence[Place]:
    """The stations that one of the spellings names; of EVSE ids too."""
    by_name = sa.select(Asset, sa.null()).where(_spelled("asset.name").in_(spellings))
    by_evse = (
        sa.select(Asset, col(Evse.connector))
        .join(Evse, col(Evse.asset_id) == col(Asset.id))
        .where(_spelled("evse.evse_id").in_(spellings))
    )
    rows = [*await session.execute(by_name), *await session.execute(by_evse)]
    return [Place(asset, connector) for asset, connector in rows]


def _spelled(column: str) -> sa.ColumnElement[str]:
    return sa.literal_column(SPELLED.format(column), sa.Text())


async def running_of(session: AsyncSession, subscriber_ids: Sequence[UUID]) -> Sequence[tuple[ChargingSession, str]]:
    """Their sessions that go on, with the names of their stations."""
    found = await session.execute(
        sa.select(ChargingSession, col(Asset.name))
        .join(Asset, col(Asset.id) == col(ChargingSession.asset_id))
        .where(col(ChargingSession.subscriber_id).in_(subscriber_ids), col(ChargingSession.stage).in_(RUNNING))
        .order_by(col(ChargingSession.id))
    )
    return [(row[0], row[1]) for row in found]
