"""Subscriptions in the rows: what is said at the start, and what a repeated step does."""

from decimal import Decimal
from typing import Any

import pytest

from models.errors import InvalidInput, UnknownCard
from models.messages.subscriber import NewSubscription, ReplaceCard
from models.rules.card import BlockReason
from models.rules.subscriber import Payment, SubscriberStage
from models.store import cards, subscribers
from models.tables.subscriber import Subscriber
from models.usecases import card, subscriber
from models.usecases.work import Work
from tests.road import Road, decision
from tests.subscribing import CUSTOMER, a_customer, cards_in_pool

pytestmark = pytest.mark.step("S1", "S2")


async def entered(road: Road, **said: Any) -> Subscriber:
    known = await a_customer(road.world)
    new = NewSubscription(**{"customer": known.reference, "payment": Payment.POSTPAID, **said})
    return await road.do(road.world.customer_care, lambda work: subscriber.enter(work, new))


async def active(road: Road) -> Subscriber:
    row = await entered(road)
    await road.do(road.world.customer_care, lambda work: subscriber.set_up(work, row.id))
    return row


async def test_what_is_left_out_is_as_the_customer_and_the_operator_have_it(road: Road) -> None:
    row = await entered(road)
    assert (row.email, row.zone, row.currency) == (CUSTOMER.email, "Europe/Amsterdam", "EUR")
    assert row.credit_limit == Decimal(250)
    assert (await entered(road, payment=Payment.PREPAID)).credit_limit == Decimal(0)


@pytest.mark.parametrize(
    ("said", "field"),
    [({"customer": "CU-1"}, "/customer"), ({"payment": "prepaid", "credit_limit": "10"}, "/credit_limit")],
)
async def test_what_can_not_be_entered_is_refused_by_its_field(road: Road, said: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await entered(road, **said)
    assert refused.value.field == field


async def test_a_step_that_is_taken_again_takes_no_second_card(road: Road) -> None:
    await cards_in_pool(road.world, "NL-1", "NL-2")
    row = await active(road)
    progress = await road.do(road.world.customer_care, lambda work: subscriber.set_up(work, row.id))
    assert progress.stage == SubscriberStage.ACTIVE
    async with road.desk.database.transaction() as session:
        assert [each.number for each in await subscribers.cards_of(session, row.id)] == ["NL-1"]


@pytest.mark.step("S4")
async def test_only_a_card_of_theirs_is_replaced_also_one_that_was_blocked_when_it_was_reported(road: Road) -> None:
    await cards_in_pool(road.world, "NL-1", "NL-2", "NL-3")
    row, other = await active(road), await active(road)
    said = decision(ReplaceCard, road.world.customer_care, old="NL-2", reason="lost")
    with pytest.raises(UnknownCard):
        await road.do(road.world.customer_care, lambda work: subscriber.replace_card(work, row.id, said))

    async def block(work: Work) -> None:
        await card.block(work, await card.lock(work, "NL-2"), BlockReason.LOST)

    await road.do(road.world.customer_care, block)
    await road.do(road.world.customer_care, lambda work: subscriber.replace_card(work, other.id, said))
    async with road.desk.database.transaction() as session:
        old, new = await cards.find(session, "NL-2"), await cards.find(session, "NL-3")
    assert old is not None
    assert new is not None
    assert (old.replaced_by_id, new.subscriber_id) == (new.id, other.id)
