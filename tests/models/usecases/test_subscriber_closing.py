"""A subscription is settled when its sessions are billed and nothing is left on its account (S5)."""

from decimal import Decimal

import pytest

from models.errors import AccountNotSettled, SessionsOpen
from models.messages.subscriber import CloseSubscription, SettleSubscription
from models.money import Money
from models.rules.session import SessionStage
from models.rules.subscriber import Payment, SubscriberStage
from models.tables.subscriber import Subscriber
from models.usecases import ledger, process, subscriber, subscriber_closing
from tests.charging import Street
from tests.road import decision

pytestmark = pytest.mark.step("S5")


async def closing(street: Street, owner: Subscriber) -> None:
    known = process.Begun(subscriber.workflow_id(owner.id), owner.id, owner.reference)
    await street.do(lambda work: process.begin_all(work, subscriber.WORKFLOW, [known]))
    told = decision(CloseSubscription, street.world.customer_care, reason="Moves abroad")
    await street.do(lambda work: subscriber_closing.close(work, owner.id, told))


async def settle(street: Street, owner: Subscriber) -> SubscriberStage:
    told = decision(SettleSubscription, street.world.finance, reason="Paid back")
    await street.do(lambda work: subscriber_closing.settle(work, owner.id, told))
    (row,) = await street.rows(Subscriber)
    return row.stage


async def book(street: Street, owner: Subscriber, amount: str) -> None:
    account = await street.account(owner)
    await street.do(lambda work: ledger.adjust(work, account.id, Money(Decimal(amount), "EUR"), "Paid back"))


@pytest.mark.step("C1")
async def test_a_session_that_runs_while_its_account_is_closed_is_awaited_and_what_is_left_is_paid_back_first(
    street: Street,
) -> None:
    owner = await street.driver(payment=Payment.PREPAID, balance="40")
    number, _ = await street.start()
    await closing(street, owner)
    with pytest.raises(SessionsOpen):
        await settle(street, owner)
    await street.stop(number)
    session = await street.session()
    assert session.stage is SessionStage.STOPPED
    with pytest.raises(SessionsOpen):
        await settle(street, owner)
    await street.settle(session)
    with pytest.raises(AccountNotSettled) as refused:
        await settle(street, owner)
    assert (refused.value.facts, "First pay 35.00 EUR back" in refused.value.detail) == (
        {"balance": "35.0000 EUR"},
        True,
    )
    (row,) = await street.rows(Subscriber)
    assert (row.stage, row.ended_at) == (SubscriberStage.CLOSING, None)
    await book(street, owner, "-35")
    assert await settle(street, owner) is SubscriberStage.CLOSED
    assert await street.broken() == {}


async def test_what_is_owed_is_booked_before_the_account_is_settled(street: Street) -> None:
    owner = await street.driver()
    number, _ = await street.start()
    await street.stop(number)
    await street.settle(await street.session())
    await closing(street, owner)
    with pytest.raises(AccountNotSettled, match=r"First make the final invoice of 5.00 EUR"):
        await settle(street, owner)
    await book(street, owner, "5")
    assert await settle(street, owner) is SubscriberStage.CLOSED
