"""Cards: taken into the pool, assigned from it, replaced and blocked; a token charges while its card may (S3, S4)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from models.errors import CardTaken, NoCardLeft, NotFound, UnknownCard
from models.messages.card import ImportedCard
from models.rules.access import Role
from models.rules.authorisation import TokenKind
from models.rules.card import CARD, BlockReason, CardEvent, CardState, may_charge
from models.rules.deadlines import LATE_FACT_DAYS
from models.rules.driver_notice import DriverNoticeKind
from models.rules.events import Event
from models.rules.subscriber import SubscriberStage
from models.store import cards, customers, organisations
from models.tables.base import new_id
from models.tables.card import Card
from models.tables.charging import IdToken
from models.tables.subscriber import Subscriber
from models.tables.task import TaskKind
from models.usecases import driver_notice, id_token, notice, task, timeline
from models.usecases.work import Work

SUBJECT = "card"


async def add(work: Work, new: ImportedCard) -> Card:
    """Into the pool. Its token is blocked until it is somebody's."""
    token = IdToken(id=new_id(), token=new.uid, kind=TokenKind.CARD, blocked_at=work.now)
    work.session.add(token)
    await work.session.flush()
    card = Card(number=new.number, token_id=token.id, batch=new.batch)
    work.session.add(card)
    await work.session.flush()
    timeline.record(work, SUBJECT, card.id, "card added", card=card.number)
    look_at_pool(work)
    return card


async def assign(work: Work, subscriber: Subscriber, number: str | None) -> Card:
    """A card of the pool becomes the subscription's: the one with this number, or any.

    The subscription's row is locked. Raises UnknownCard, CardTaken (somebody else was quicker), NoCardLeft.
    """
    if number is None:
        card = await cards.lock_free(work.session, subscriber.group_id)
    else:
        card = await cards.lock(work.session, number)
    if card is None and number is None:
        raise NoCardLeft("There is no card in the pool; import some, and the next one is assigned by itself")
    if card is None:
        raise UnknownCard(f"There is no card '{number}'")
    if not CARD.allows(card.state, CardEvent.ASSIGN):
        raise CardTaken(f"Card {card.number} is not in the pool any more: it is {card.state}; take another one")
    if card.group_id is not None and card.group_id != subscriber.group_id:
        raise CardTaken(f"Card {card.number} is kept for the people of a group; take another one")
    card.state = CARD.next(card.state, CardEvent.ASSIGN)
    card.subscriber_id, card.assigned_at = subscriber.id, work.now
    await _settle(work, [(card, await cards.lock_token(work.session, card))], subscriber.stage)
    timeline.record(work, SUBJECT, card.id, "card assigned", card=card.number, subscriber=subscriber.reference)
    await _tell(work, card, Event.CARD_ASSIGNED)
    look_at_pool(work)
    return card


async def block(work: Work, card: Card, reason: BlockReason, *, replaced_by: Card | None = None) -> None:
    """For good, and at once: its token is refused from now on, and leaves the local lists.

    Its row is locked. Raises StageDoesNotAllow.
    """
    card.state = CARD.next(card.state, CardEvent.BLOCK)
    card.block_reason, card.blocked_at = reason, work.now
    card.replaced_by_id = None if replaced_by is None else replaced_by.id
    await _settle(work, [(card, await cards.lock_token(work.session, card))], None)
    if card.subscriber_id is not None and replaced_by is None and reason is not BlockReason.CLOSED:
        said = {"card": card.number, "reason": reason.value}
        await driver_notice.tell(work, card.subscriber_id, DriverNoticeKind.CARD_BLOCKED, card.number, said)
    timeline.record(work, SUBJECT, card.id, "card blocked", why=reason.value, card=card.number)
    await _tell(work, card, Event.CARD_BLOCKED, reason=reason.value)
    look_at_pool(work)


async def put_back(work: Work, card: Card) -> None:
    """The subscription came to nothing: the card is as if it had never left the pool. Its row is locked."""
    card.state = CARD.next(card.state, CardEvent.PUT_BACK)
    card.subscriber_id, card.assigned_at = None, None
    await _settle(work, [(card, await cards.lock_token(work.session, card))], None)
    timeline.record(work, SUBJECT, card.id, "card put back", card=card.number)
    look_at_pool(work)


async def settle(work: Work, subscriber: Subscriber) -> None:
    """The subscription stands elsewhere now: each of its cards may charge, or may not."""
    await _settle(work, await cards.lock_of(work.session, subscriber.id), subscriber.stage)


async def lock(work: Work, number: str) -> Card:
    """Raises NotFound."""
    card = await cards.lock(work.session, number)
    if card is None:
        raise NotFound("There is no such card")
    return card


async def note_use(work: Work, refused: Collection[tuple[str, UUID]]) -> None:
    """Tokens that were shown while blocked, with their stations: of each card once a day, however often it is shown."""
    day = work.now.astimezone(work.terms.zone).date()
    await cards.note_use(work.session, refused, day, work.now)


def look_at_pool(work: Work) -> None:
    """At the end, once for all that the transaction has done to the pool."""
    work.at_the_end["card pool"] = _look_at_pool


async def _look_at_pool(work: Work) -> None:
    """Customer care is warned once while the pool is low, until it is not any more."""
    few = work.terms.cards_low_below
    if await cards.in_pool(work.session, few) >= few:
        operator = await organisations.operator(work.session)
        await task.close_task(work, TaskKind.CARDS_LOW, operator.id)
        return
    await cards.hold_pool(work.session)
    operator = await organisations.operator(work.session)
    title = f"Fewer than {few} cards are left in the pool: order some, and import them"
    await task.open_task(
        work,
        TaskKind.CARDS_LOW,
        Role.CUSTOMER_CARE,
        operator.id,
        operator.id,
        "card pool",
        title,
        working_days=LATE_FACT_DAYS,
    )


async def _tell(work: Work, card: Card, event: Event, **more: str) -> None:
    """The operator's own endpoints, an outside CRM's among them, by references only."""
    operator = await organisations.operator(work.session)
    data = {"reference": card.number, **more}
    if card.subscriber_id is not None:
        owner = await work.session.get_one(Subscriber, card.subscriber_id)
        data |= {
            "subscriber": owner.reference,
            "customer": (await customers.named(work.session, owner.customer_id)).reference,
        }
    await notice.notify(work, operator.id, event, data)


async def _settle(work: Work, held: Sequence[tuple[Card, IdToken]], subscription: SubscriberStage | None) -> None:
    wanted = [(token, may_charge(CardState(card.state), subscription)) for card, token in held]
    await id_token.settle(work, wanted)
