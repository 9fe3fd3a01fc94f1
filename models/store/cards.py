"""Cards and the pool that they are taken from."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.card import CardState
from models.store.window import Window, cut, like
from models.tables.asset import Asset
from models.tables.card import BlockedCardUse, Card
from models.tables.charging import IdToken
from models.tables.subscriber import Subscriber

_POOL = sa.func.hashtextextended("card pool", 0)


async def find(session: AsyncSession, number: str) -> Card | None:
    return (await session.execute(select(Card).where(col(Card.number) == number))).scalar_one_or_none()


async def lock(session: AsyncSession, number: str) -> Card | None:
    """Held until the transaction ends: of two who want the same card the second sees what the first has done."""
    found = await session.execute(
        select(Card).where(col(Card.number) == number).with_for_update().execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def lock_free(session: AsyncSession, group_id: UUID | None) -> Card | None:
    """The oldest card of the pool that nobody else is taking at this moment; those kept for the group first."""
    is_free = sa.or_(col(Card.group_id).is_(None), col(Card.group_id) == group_id)
    found = await session.execute(
        select(Card)
        .where(col(Card.state) == CardState.IN_POOL, is_free)
        .order_by(col(Card.group_id).is_(None), col(Card.id))
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def lock_of(session: AsyncSession, subscriber_id: UUID) -> Sequence[tuple[Card, IdToken]]:
    """Every card that the subscription has or had, with its token; both are held until the transaction ends."""
    found = await session.execute(
        select(Card, IdToken)
        .join(IdToken, col(IdToken.id) == col(Card.token_id))
        .where(col(Card.subscriber_id) == subscriber_id)
        .order_by(col(Card.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [(card, token) for card, token in found.all()]


async def lock_token(session: AsyncSession, card: Card) -> IdToken:
    found = await session.execute(select(IdToken).where(col(IdToken.id) == card.token_id).with_for_update())
    return found.scalar_one()


async def hold_pool(session: AsyncSession) -> None:
    """Nobody else looks how full the pool is until the transaction ends."""
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(_POOL)))


async def in_pool(session: AsyncSession, most: int) -> int:
    """How many there are that are kept for no group, counted up to ``most``."""
    free = (col(Card.state) == CardState.IN_POOL, col(Card.group_id).is_(None))
    some = select(Card.id).where(*free).limit(most).subquery()
    return int((await session.execute(sa.select(sa.func.count()).select_from(some))).scalar_one())


async def counts(session: AsyncSession) -> dict[CardState, int]:
    found = await session.execute(sa.select(col(Card.state), sa.func.count()).group_by(col(Card.state)))
    return {CardState(state): int(count) for state, count in found.all()}


async def numbered(session: AsyncSession, numbers: Collection[str]) -> dict[str, tuple[Card, str]]:
    """The cards with these numbers, each with its uid."""
    found = await session.execute(
        select(Card, IdToken.token)
        .join(IdToken, col(IdToken.id) == col(Card.token_id))
        .where(col(Card.number).in_(numbers))
    )
    return {card.number: (card, uid) for card, uid in found.all()}


async def used_uids(session: AsyncSession, uids: Collection[str]) -> dict[str, str | None]:
    """Which of these some token has already, with the number of its card where it is one's."""
    found = await session.execute(
        sa.select(col(IdToken.token), col(Card.number))
        .outerjoin(Card, col(Card.token_id) == col(IdToken.id))
        .where(col(IdToken.token).in_(uids))
    )
    return {row[0]: row[1] for row in found.all()}


@dataclass(frozen=True)
class CardFilter:
    """Which cards are wanted; None wants all."""

    state: CardState | None = None
    batch: Annotated[str | None, Field(max_length=200, description="In which it was delivered")] = None
    subscriber: Annotated[str | None, Field(max_length=40, description="The subscription's reference")] = None
    q: Annotated[str | None, Field(max_length=40, description="Part of a number")] = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        if self.state is not None:
            yield col(Card.state) == self.state
        if self.batch is not None:
            yield col(Card.batch) == self.batch
        if self.subscriber is not None:
            yield col(Subscriber.reference) == self.subscriber
        if self.q is not None:
            yield col(Card.number).ilike(like(self.q))


@dataclass
class Shown:
    """A card with its uid and the reference of whose it is."""

    id: UUID
    number: str
    card: Card
    uid: str
    subscriber: str | None


async def page(session: AsyncSession, wanted: CardFilter, window: Window) -> Sequence[Shown]:
    query = _shown().where(*wanted.conditions())
    found = await session.execute(cut(query, col(Card.id), window, {"number": col(Card.number)}))
    return [Shown(*row) for row in found.all()]


async def shown(session: AsyncSession, number: str) -> Shown | None:
    row = (await session.execute(_shown().where(col(Card.number) == number))).one_or_none()
    return None if row is None else Shown(*row)


def _shown() -> Any:
    return (
        sa.select(col(Card.id), col(Card.number), Card, col(IdToken.token), col(Subscriber.reference))
        .join(IdToken, col(IdToken.id) == col(Card.token_id))
        .outerjoin(Subscriber, col(Subscriber.id) == col(Card.subscriber_id))
    )


async def note_use(session: AsyncSession, uses: Collection[tuple[str, UUID]], day: date, at: datetime) -> None:
    """Blocked cards among the tokens that were shown at stations; the first time of each day is kept."""
    wanted = sa.values(sa.column("token", sa.Text), sa.column("asset_id", sa.Uuid), name="use").data(list(uses))
    rows = (
        sa.select(col(Card.id), sa.literal(day), wanted.c.asset_id, sa.literal(at))
        .select_from(wanted)
        .join(IdToken, col(IdToken.token) == wanted.c.token)
        .join(Card, sa.and_(col(Card.token_id) == col(IdToken.id), col(Card.state) == CardState.BLOCKED))
        .order_by(col(Card.id))
    )
    await session.execute(
        insert(BlockedCardUse).from_select(["card_id", "day", "asset_id", "at"], rows).on_conflict_do_nothing()
    )


@dataclass(frozen=True)
class Use:
    """A blocked card that was shown, and where."""

    card: Card
    use: BlockedCardUse
    station: str
    subscriber: str | None


async def uses(session: AsyncSession, since: date, limit: int) -> Sequence[Use]:
    """Newest first."""
    found = await session.execute(
        sa.select(Card, BlockedCardUse, col(Asset.name), col(Subscriber.reference))
        .join(BlockedCardUse, col(BlockedCardUse.card_id) == col(Card.id))
        .join(Asset, col(Asset.id) == col(BlockedCardUse.asset_id))
        .outerjoin(Subscriber, col(Subscriber.id) == col(Card.subscriber_id))
        .where(col(BlockedCardUse.day) >= since)
        .order_by(col(BlockedCardUse.at).desc(), col(Card.id))
        .limit(limit)
    )
    return [Use(*row) for row in found.all()]
