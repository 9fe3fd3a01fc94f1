"""A subscription is closed: its cards and cars at once, its account by finance (S5)."""

from uuid import UUID

from models.errors import AccountNotSettled, SessionsOpen
from models.messages.subscriber import CloseSubscription, SettleSubscription, SubscriberProgress
from models.money import Money
from models.rules.access import Role
from models.rules.card import BlockReason, CardState
from models.rules.events import Event
from models.rules.ledger import OPENED_FOR
from models.rules.subscriber import SubscriberEvent, SubscriberStage
from models.rules.vehicle import RemovalReason
from models.store import cards, ledger, sessions, subscribers, vehicles
from models.tables.subscriber import Subscriber
from models.tables.task import TaskKind
from models.usecases import card, process, subscriber, task, vehicle
from models.usecases.work import Work

E = SubscriberEvent


async def close(work: Work, subscriber_id: UUID, decision: CloseSubscription) -> SubscriberProgress:
    """Its cards are blocked and its cars removed, for good and at once; finance settles what is on its account.

    Raises StageDoesNotAllow.
    """
    row = await subscribers.lock(work.session, subscriber_id)
    row.closing_at, row.ending_reason = work.now, decision.reason
    await subscriber.move(work, row, E.CLOSE, why=decision.reason)
    for each, _ in await cards.lock_of(work.session, row.id):
        if each.state is CardState.ASSIGNED:
            await card.block(work, each, BlockReason.CLOSED)
    for own in await vehicles.lock_of(work.session, row.id):
        await vehicle.remove(work, own, RemovalReason.CLOSED)
    title = f"Settle the account: {_in_words(await balance(work, row))}"
    await subscriber.open_task(work, row, TaskKind.SETTLE_ACCOUNT, Role.FINANCE, title)
    await subscriber.tell(work, row, Event.SUBSCRIBER_CLOSING)
    return await subscriber.progress(work, row)


async def settle(work: Work, subscriber_id: UUID, decision: SettleSubscription) -> SubscriberProgress:
    """Finance says how the account was settled: its sessions are billed, and nothing is left on it.

    Raises StageDoesNotAllow, SessionsOpen, AccountNotSettled.
    """
    row = await subscribers.lock(work.session, subscriber_id)
    row.ended_at = work.now
    await subscriber.move(work, row, E.SETTLE, why=decision.reason)
    await _check_settled(work, row)
    await task.close_task(work, TaskKind.SETTLE_ACCOUNT, row.id)
    await subscriber.tell(work, row, Event.SUBSCRIBER_CLOSED)
    await process.end(work, subscriber.workflow_id(row.id))
    return await subscriber.progress(work, row)


async def reopen(work: Work, subscriber_id: UUID) -> None:
    """A session was billed after the subscription was closed and settled: finance settles its account once more."""
    row = await work.session.get_one(Subscriber, subscriber_id)
    if row.stage is SubscriberStage.CLOSED:
        title = f"Settle the account once more: {_in_words(await balance(work, row))}"
        await subscriber.open_task(work, row, TaskKind.SETTLE_AGAIN, Role.FINANCE, title)


async def _check_settled(work: Work, row: Subscriber) -> None:
    """A session that runs, or waits for its bill, moves the account once more. One that was settled from the facts, and
    whose stop comes after the closing, is corrected all the same."""
    still_open = await sessions.count_open(work.session, row.id)
    if still_open:
        raise SessionsOpen(f"{still_open} of its sessions are not settled yet; wait for their bills", open=still_open)
    left = await balance(work, row)
    if not left.is_zero:
        raise AccountNotSettled(f"First {_in_words(left)}, and book that on its account", balance=str(left))


async def balance(work: Work, row: Subscriber) -> Money:
    """What the house owes on all its accounts; below zero: what is owed to the house."""
    own = await ledger.accounts_for(work.session, row.id, row.currency, OPENED_FOR[row.payment])
    accounts = [await ledger.account(work.session, each) for each in own.values()]
    amounts = (Money(each.balance, row.currency) for each in accounts if each is not None and each.balance is not None)
    return Money.sum(amounts, row.currency)


def _in_words(balance: Money) -> str:
    if balance.is_zero:
        return "nothing is on it; say that it is settled"
    if balance > Money.zero(balance.currency):
        return f"pay {balance.rounded()} back"
    return f"make the final invoice of {(-balance).rounded()}"
