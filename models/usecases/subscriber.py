"""Subscriptions: asked for, accepted, set up whole or not at all, suspended, resumed, closed and settled (S1-S5)."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from models.errors import InvalidInput, NoCardLeft, UnknownCard
from models.messages.customer import NewCustomer
from models.messages.subscriber import (
    AssignCard,
    NewSubscription,
    RejectSubscription,
    ReplaceCard,
    SubscriberProgress,
    SuspendSubscription,
    Terms,
    WebSubscription,
)
from models.money import Money
from models.rules.access import Role
from models.rules.card import BlockReason, CardState
from models.rules.deadlines import LATE_FACT_DAYS
from models.rules.driver_notice import DriverNoticeKind as K
from models.rules.events import Event
from models.rules.subscriber import FIRST_STAGE, SUBSCRIBER, Payment, Source, SubscriberEvent, SubscriberStage
from models.store import cards, customers, organisations, processes, subscribers
from models.tables.base import new_id
from models.tables.customer import Customer
from models.tables.subscriber import Subscriber
from models.tables.task import TaskKind
from models.usecases import (
    account_tariff,
    card,
    customer,
    driver_notice,
    ledger,
    notice,
    process,
    task,
    timeline,
    vehicle,
)
from models.usecases.work import Work

WORKFLOW = "subscriber"
SUBJECT = "subscriber"
CARDS_CAME = "cards_came"
"""The fact that there may be cards again; which, stands in the rows."""
RUNG_AT_ONCE = 100
E = SubscriberEvent


def workflow_id(subscriber_id: UUID) -> str:
    return f"subscriber-{subscriber_id}"


async def enter(work: Work, new: NewSubscription) -> Subscriber:
    """By one of ours, and accepted by that.

    Raises InvalidInput (no such customer or tariff, credit on a prepaid account).
    """
    known = await customers.find(work.session, new.customer)
    if known is None or known.erased_at is not None:
        raise InvalidInput("There is no such customer; enter them first", field="/customer")
    credit = new.credit_limit
    if new.payment is Payment.PREPAID and credit:
        raise InvalidInput("A prepaid account has no credit; leave it out", field="/credit_limit")
    return await _begin(work, known, new, Source.AGENT, credit_limit=credit, card=new.card)


async def ask(work: Work, new: WebSubscription) -> Subscriber:
    """By a consumer, who becomes a customer; customer care accepts it. Raises AlreadyExists, InvalidInput."""
    asked = await _begin(work, await customer.add(work, NewCustomer(**new.person.model_dump())), new, Source.WEB)
    await open_task(work, asked, TaskKind.REVIEW_SUBSCRIPTION, Role.CUSTOMER_CARE, "Accept or reject the subscription")
    return asked


async def load(work: Work, subscriber_id: UUID) -> SubscriberProgress:
    """Where the subscription stands, as its process needs to know it (rule 4)."""
    return await progress(work, await subscribers.lock(work.session, subscriber_id))


async def accept(work: Work, subscriber_id: UUID) -> SubscriberProgress:
    """Raises StageDoesNotAllow."""
    row = await subscribers.lock(work.session, subscriber_id)
    await move(work, row, E.ACCEPT)
    await task.close_task(work, TaskKind.REVIEW_SUBSCRIPTION, row.id)
    return await progress(work, row)


async def reject(work: Work, subscriber_id: UUID, decision: RejectSubscription) -> SubscriberProgress:
    """Nothing was done for it yet, so nothing is left of it. Raises StageDoesNotAllow."""
    row = await subscribers.lock(work.session, subscriber_id)
    await end(work, row, E.REJECT, decision.reason)
    return await progress(work, row)


async def set_up(work: Work, subscriber_id: UUID) -> SubscriberProgress:
    """S2, S3: account and card in one transaction: both are there, or neither. Where the pool is empty it waits.

    Raises UnknownCard, CardTaken: it can't be set up as it was asked for.
    """
    row = await subscribers.lock(work.session, subscriber_id)
    if row.stage is not SubscriberStage.ACCEPTED:
        return await progress(work, row)
    try:
        first = await card.assign(work, row, row.wanted_card)
    except NoCardLeft:
        title = "There is no card in the pool for it: import some, and it goes on by itself"
        await open_task(work, row, TaskKind.ASSIGN_CARD, Role.CUSTOMER_CARE, title)
        return await progress(work, row, lacks_card=True)
    if row.tariff is not None:
        await account_tariff.give(work, row, row.tariff, work.now)
    await ledger.open_account(work, row.id, row.payment, Money(row.credit_limit, row.currency))
    row.activated_at = work.now
    await move(work, row, E.SET_UP, card=first.number)
    await card.settle(work, row)
    await task.close_task(work, TaskKind.ASSIGN_CARD, row.id)
    await tell(work, row, Event.SUBSCRIBER_ACTIVATED)
    await driver_notice.tell(work, row.id, K.SUBSCRIPTION_OPENED, row.reference, {"card": first.number})
    return await progress(work, row)


async def fail(work: Work, subscriber_id: UUID, reason: str) -> SubscriberProgress:
    """It can't be set up; the transaction that tried has left nothing behind."""
    row = await subscribers.lock(work.session, subscriber_id)
    if SUBSCRIBER.allows(row.stage, E.FAIL):
        await end(work, row, E.FAIL, reason)
    return await progress(work, row)


async def assign_card(work: Work, subscriber_id: UUID, decision: AssignCard) -> SubscriberProgress:
    """One more. Raises StageDoesNotAllow, UnknownCard, CardTaken, NoCardLeft."""
    row = await subscribers.lock(work.session, subscriber_id)
    await move(work, row, E.ASSIGN_CARD)
    await card.assign(work, row, decision.card)
    return await progress(work, row)


async def replace_card(work: Work, subscriber_id: UUID, decision: ReplaceCard) -> SubscriberProgress:
    """S4: the old card charges nowhere from this commit on, the new one wherever the subscription may.

    Raises StageDoesNotAllow, UnknownCard (the old one is not theirs), CardTaken, NoCardLeft.
    """
    row = await subscribers.lock(work.session, subscriber_id)
    await move(work, row, E.REPLACE_CARD, why=decision.reason)
    old = await cards.lock(work.session, decision.old)
    if old is None or old.subscriber_id != row.id:
        raise UnknownCard("The subscription has no such card", field="/old")
    new = await card.assign(work, row, decision.card)
    if old.state is CardState.BLOCKED:  # blocked already when it was reported
        old.replaced_by_id = new.id
    else:
        await card.block(work, old, BlockReason(decision.reason), replaced_by=new)
    await tell(work, row, Event.SUBSCRIBER_CARD_REPLACED)
    said = {"old": old.number, "card": new.number, "reason": decision.reason}
    await driver_notice.tell(work, row.id, K.CARD_REPLACED, old.number, said)
    return await progress(work, row)


async def suspend(work: Work, subscriber_id: UUID, decision: SuspendSubscription) -> SubscriberProgress:
    """S5: none of its cards and cars charges until it is resumed. Raises StageDoesNotAllow."""
    row = await subscribers.lock(work.session, subscriber_id)
    row.suspended_because = decision.reason
    await move(work, row, E.SUSPEND, why=decision.reason)
    await card.settle(work, row)
    await vehicle.settle(work, row)
    await tell(work, row, Event.SUBSCRIBER_SUSPENDED)
    return await progress(work, row)


async def resume(work: Work, subscriber_id: UUID) -> SubscriberProgress:
    """Raises StageDoesNotAllow."""
    row = await subscribers.lock(work.session, subscriber_id)
    row.suspended_because = None
    await move(work, row, E.RESUME)
    await card.settle(work, row)
    await vehicle.settle(work, row)
    await tell(work, row, Event.SUBSCRIBER_RESUMED)
    return await progress(work, row)


async def ring_waiting(work: Work) -> None:
    """There may be cards again: those that wait for one try once more."""
    for subscriber_id in await subscribers.waiting_for_cards(work.session, RUNG_AT_ONCE):
        await process.hand_over(work, workflow_id(subscriber_id), CARDS_CAME, {})


async def move(work: Work, row: Subscriber, event: SubscriberEvent, *, why: str | None = None, **more: Any) -> None:
    """By the table, and on record. Raises StageDoesNotAllow."""
    before = row.stage
    row.stage = SUBSCRIBER.next(row.stage, event)
    await work.session.flush()
    said: dict[str, Any] = {"subscriber": row.reference, "before": before, "after": row.stage.value, **more}
    timeline.record(work, SUBJECT, row.id, event.value.replace("_", " "), why=why, **said)


async def tell(work: Work, row: Subscriber, event: Event, **more: str) -> None:
    """The operator's own endpoints, by references only."""
    operator = await organisations.operator(work.session)
    known = await customers.named(work.session, row.customer_id)
    data = {
        "reference": row.reference,
        "customer": known.reference,
        "external_id": known.external_id,
        "stage": row.stage.value,
        **more,
    }
    await notice.notify(work, operator.id, event, data)


async def open_task(work: Work, row: Subscriber, kind: TaskKind, role: Role, title: str) -> None:
    operator = await organisations.operator(work.session)
    await task.open_task(work, kind, role, operator.id, row.id, row.reference, title, working_days=LATE_FACT_DAYS)


async def progress(work: Work, row: Subscriber, *, lacks_card: bool = False) -> SubscriberProgress:
    operator = await organisations.operator(work.session)
    return SubscriberProgress(
        stage=row.stage,
        organisation=operator.name,
        applied_number=await processes.applied_number(work.session, workflow_id(row.id)),
        lacks_card=lacks_card,
        lettered=row.letter_key is not None,
        welcomed=row.welcomed_at is not None,
    )


async def _begin(
    work: Work,
    known: Customer,
    said: Terms,
    source: Source,
    *,
    credit_limit: Decimal | None = None,
    card: str | None = None,
) -> Subscriber:
    if said.tariff is not None:
        await account_tariff.choose(work, said.tariff, said.currency, work.now)
    if credit_limit is None:
        credit_limit = Decimal(0) if said.payment is Payment.PREPAID else work.terms.credit_limit
    row = Subscriber(
        id=new_id(),
        reference=f"SUB-{work.now.year}-{await subscribers.next_number(work.session):06d}",
        customer_id=known.id,
        stage=FIRST_STAGE[source],
        source=source,
        payment=said.payment,
        currency=said.currency,
        tariff=said.tariff,
        zone=said.zone or work.terms.zone.key,
        language=said.language or known.language,
        email=said.email or known.email,
        phone=said.phone or known.phone,
        credit_limit=credit_limit,
        wanted_card=card,
        created_at=work.now,
    )
    work.session.add(row)
    await work.session.flush()
    timeline.record(work, SUBJECT, row.id, "subscription asked for", subscriber=row.reference, customer=known.reference)
    await tell(work, row, Event.SUBSCRIBER_REQUESTED)
    await process.begin(work, workflow_id(row.id), WORKFLOW, row.id, row.reference)
    return row


async def end(work: Work, row: Subscriber, event: SubscriberEvent, reason: str) -> None:
    row.ending_reason, row.ended_at = reason, work.now
    await move(work, row, event, why=reason)
    for kind in (TaskKind.REVIEW_SUBSCRIPTION, TaskKind.ASSIGN_CARD):
        await task.close_task(work, kind, row.id)
    await tell(work, row, Event.SUBSCRIBER_REJECTED if event is E.REJECT else Event.SUBSCRIBER_FAILED)
    await process.end(work, workflow_id(row.id))
