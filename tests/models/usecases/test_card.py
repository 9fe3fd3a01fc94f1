"""Cards in the rows: taken once, refused at once where they may not charge, and gone from local lists (S3, S4)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import pytest
from sqlmodel import col, select

from models.errors import BusinessError, CardTaken, NoCardLeft, StageDoesNotAllow, UnknownCard
from models.messages.telemetry import Shown
from models.messages.wanted import NewList
from models.rules.authorisation import TokenVerdict
from models.rules.card import BlockReason, CardState
from models.rules.subscriber import SubscriberStage
from models.store import cards, wanted
from models.tables.card import Card
from models.tables.customer import Customer
from models.tables.notice import Channel, Notice
from models.tables.subscriber import Subscriber
from models.tables.unit import Unit
from models.usecases import card, charging, notice, telemetry, wanting
from models.usecases.work import Work
from tests.models.usecases.test_upkeep import of_product
from tests.road import Road
from tests.subscribing import a_subscriber, cards_in_pool, uid_of

pytestmark = pytest.mark.step("S3")


async def assign(road: Road, subscriber: Subscriber, number: str | None = None) -> Card:
    care = road.world.customer_care
    return await road.do(care, lambda work: card.assign(work, subscriber, number))


async def block(road: Road, number: str, reason: BlockReason = BlockReason.LOST) -> None:
    async def carry_out(work: Work) -> None:
        await card.block(work, await card.lock(work, number), reason)

    await road.do(road.world.customer_care, carry_out)


async def verdicts(road: Road, number: str) -> tuple[TokenVerdict, TokenVerdict | None]:
    """One at a time, and by the batch."""
    uid = uid_of(number)
    async with road.desk.work(road.world.customer_care.actor, "test") as work:
        one = (await charging.judge(work, road.asset, uid))[0]
        unit = await work.session.get_one(Unit, road.asset.unit_id)
        shown = Shown(road.asset.id, unit.ocpp_identity, uid)
        [many] = await telemetry.judge(work, [shown])
        return one, many and many.token


async def both(first: Callable[[], Awaitable[Card]], second: Callable[[], Awaitable[Card]]) -> list[Card | Exception]:
    return await asyncio.gather(first(), second(), return_exceptions=True)  # type: ignore[return-value]


async def test_two_agents_who_take_any_card_at_the_same_moment_get_two_cards(road: Road) -> None:
    await cards_in_pool(road.world, "NL-1", "NL-2")
    one, other = await a_subscriber(road.world), await a_subscriber(road.world)
    started = asyncio.Event()

    async def slowly(work: Work) -> Card:
        taken = await card.assign(work, one, None)
        started.set()
        await asyncio.wait_for(done.wait(), 10)
        return taken

    done = asyncio.Event()
    first = asyncio.create_task(road.do(road.world.customer_care, slowly))
    await started.wait()
    second = await assign(road, other)
    done.set()
    assert {(await first).number, second.number} == {"NL-1", "NL-2"}


async def test_of_two_agents_who_want_the_same_card_one_gets_it_and_the_other_is_told(road: Road) -> None:
    await cards_in_pool(road.world, "NL-1", "NL-2")
    one, other = await a_subscriber(road.world), await a_subscriber(road.world)
    outcomes = await both(lambda: assign(road, one, "NL-1"), lambda: assign(road, other, "NL-1"))
    (got,) = [each for each in outcomes if isinstance(each, Card)]
    (refused,) = [each for each in outcomes if isinstance(each, BusinessError)]
    assert isinstance(refused, CardTaken)
    assert "Card NL-1 is not in the pool any more" in refused.detail
    async with road.desk.database.transaction() as session:
        kept = await cards.find(session, "NL-1")
    assert kept is not None
    assert (kept.subscriber_id, kept.state) == (got.subscriber_id, CardState.ASSIGNED)


async def test_an_empty_pool_and_a_card_that_nobody_has_are_told_apart(road: Road) -> None:
    subscriber = await a_subscriber(road.world)
    with pytest.raises(NoCardLeft):
        await assign(road, subscriber)
    with pytest.raises(UnknownCard):
        await assign(road, subscriber, "NL-9")


@pytest.mark.walked("to_active")
@pytest.mark.step("S4", "S5")
async def test_a_card_charges_while_it_is_somebodys_who_is_active(road: Road) -> None:
    await cards_in_pool(road.world, "NL-1", "NL-2")
    blocked, accepted = (TokenVerdict.BLOCKED,) * 2, (TokenVerdict.ACCEPTED,) * 2
    assert await verdicts(road, "NL-1") == blocked
    subscriber = await a_subscriber(road.world)
    await assign(road, subscriber, "NL-1")
    assert await verdicts(road, "NL-1") == accepted
    for stage, expected in ((SubscriberStage.SUSPENDED, blocked), (SubscriberStage.ACTIVE, accepted)):
        subscriber.stage = stage
        await road.do(road.world.customer_care, lambda work: card.settle(work, subscriber))
        assert await verdicts(road, "NL-1") == expected
    await block(road, "NL-1")
    assert await verdicts(road, "NL-1") == blocked
    await road.do(road.world.customer_care, lambda work: card.settle(work, subscriber))
    assert await verdicts(road, "NL-1") == blocked
    with pytest.raises(StageDoesNotAllow):
        await block(road, "NL-1")


@pytest.mark.walked("to_active")
@pytest.mark.step("S4", "L5")
async def test_a_blocked_card_leaves_the_local_lists_and_their_stations_are_told(road: Road) -> None:
    await cards_in_pool(road.world, "NL-1", "NL-2")
    owner = of_product(road)
    await road.do(road.world.engineer, lambda work: wanting.set_list(work, owner, NewList(all_cards=True)))
    subscriber = await a_subscriber(road.world)
    for number in ("NL-1", "NL-2"):
        await assign(road, subscriber, number)
    async with road.desk.database.transaction() as session:
        assert await wanted.tokens_for(session, road.asset) == [uid_of("NL-1"), uid_of("NL-2")]
    while await road.do(road.world.engineer, lambda work: wanting.spread(work, road.asset.product_id)):
        pass
    await block(road, "NL-1", BlockReason.STOLEN)
    async with road.desk.database.transaction() as session:
        assert await wanted.tokens_for(session, road.asset) == [uid_of("NL-2")]
        assert [product for product, _ in await wanted.spreads(session)] == [road.asset.product_id]


@pytest.mark.walked("to_active")
@pytest.mark.step("S4")
async def test_a_blocked_card_that_is_used_is_reported_once_a_day(road: Road) -> None:
    await cards_in_pool(road.world, "NL-1", "NL-2")
    await assign(road, await a_subscriber(road.world), "NL-1")
    await verdicts(road, "NL-1")
    await verdicts(road, "NL-2")
    await block(road, "NL-1", BlockReason.STOLEN)
    for _ in range(3):
        await verdicts(road, "NL-1")
    async with road.desk.database.transaction() as session:
        (use,) = await cards.uses(session, date(2020, 1, 1), 10)
    assert (use.card.number, use.station, use.card.block_reason) == ("NL-1", road.asset.name, BlockReason.STOLEN)


async def test_an_outside_crm_is_told_of_cards_by_references_alone(road: Road) -> None:
    await cards_in_pool(road.world, "NL-1", "NL-2")
    owner = await a_subscriber(road.world)
    operator = road.world.operator.id
    await road.do(
        road.world.administrator,
        lambda work: notice.add_endpoint(work, operator, Channel.WEBHOOK, "https://crm.example/hook", [], "sealed"),
    )
    await assign(road, owner, "NL-1")
    await block(road, "NL-1", BlockReason.STOLEN)
    await block(road, "NL-2", BlockReason.DAMAGED)
    async with road.desk.database.transaction() as session:
        told = (await session.execute(select(Notice).order_by(col(Notice.id)))).scalars().all()
        customer = (await session.get_one(Customer, owner.customer_id)).reference
    whose = {"subscriber": owner.reference, "customer": customer}
    assert [(each.event, each.data) for each in told] == [
        ("card.assigned", {"reference": "NL-1", **whose}),
        ("card.blocked", {"reference": "NL-1", "reason": "stolen", **whose}),
        ("card.blocked", {"reference": "NL-2", "reason": "damaged"}),
    ]
