"""The tariff that is chosen with a subscription holds for its account from when it is there (S1, S2, C10)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from models.errors import InvalidInput
from models.messages.customer import Person
from models.messages.subscriber import NewSubscription, WebSubscription
from models.messages.tariff import NewTariff
from models.rules.subscriber import Payment
from models.rules.tariff_choice import Asked
from models.store import tariffs
from models.tables.customer import Customer
from models.tables.subscriber import Subscriber
from models.tables.tariff import TariffAssignment
from models.usecases import subscriber, tariff
from tests.models.usecases.test_tariff import held, made, said
from tests.road import Road
from tests.subscribing import CUSTOMER, a_customer, cards_in_pool

pytestmark = pytest.mark.step("S1", "S2", "C10")
DAY = timedelta(days=1)


async def entered(road: Road, **wanted: Any) -> Subscriber:
    known = await a_customer(road.world)
    new = NewSubscription(customer=known.reference, payment=Payment.POSTPAID, **wanted)
    return await road.do(road.world.customer_care, lambda work: subscriber.enter(work, new))


async def active(road: Road, code: str | None = None) -> Subscriber:
    row = await entered(road, tariff=code)
    await cards_in_pool(road.world, f"NL-{row.reference[-1]}")
    await road.do(road.world.customer_care, lambda work: subscriber.set_up(work, row.id))
    return row


async def own(road: Road, row: Subscriber) -> list[tuple[str, datetime | None]]:
    async with road.desk.database.transaction() as session:
        found = await tariffs.of_account(session, row.id, road.desk.clock())
    return [(each.code, each.row.valid_until) for each in found]


async def test_the_tariff_that_was_chosen_holds_from_the_moment_the_account_is_there(road: Road) -> None:
    await made(road.world, "TRF-A")
    row = await active(road, "TRF-A")
    assert await own(road, row) == [("TRF-A", None)]
    assert await held(road.world, Asked(road.desk.clock(), row.id)) == ("TRF-A", 1)
    await road.do(road.world.customer_care, lambda work: subscriber.set_up(work, row.id))
    assert await own(road, row) == [("TRF-A", None)]


async def test_with_an_empty_pool_no_tariff_is_assigned(road: Road) -> None:
    await made(road.world, "TRF-A")
    row = await entered(road, tariff="TRF-A")
    progress = await road.do(road.world.customer_care, lambda work: subscriber.set_up(work, row.id))
    assert progress.lacks_card
    async with road.desk.database.transaction() as session:
        assert (await session.execute(select(TariffAssignment))).scalars().all() == []


@pytest.mark.parametrize("code", ["TRF-NONE", "TRF-POUNDS", "TRF-LATER"])
async def test_a_tariff_that_is_none_of_theirs_is_refused_by_its_field_and_nothing_is_kept(
    road: Road, code: str
) -> None:
    await made(road.world, "TRF-POUNDS", currency="GBP")
    later = NewTariff(code="TRF-LATER", name="Later", tariff=said("1"), valid_from=road.desk.clock() + DAY)
    await road.do(road.world.finance, lambda work: tariff.create(work, later))
    with pytest.raises(InvalidInput) as refused:
        await entered(road, tariff=code)
    assert refused.value.field == "/tariff"
    asked = WebSubscription(
        person=Person(**CUSTOMER.model_dump(exclude={"external_id"})), payment=Payment.PREPAID, tariff=code
    )
    with pytest.raises(InvalidInput):
        await road.do(road.world.customer_care, lambda work: subscriber.ask(work, asked))
    async with road.desk.database.transaction() as session:
        assert (await session.execute(select(Subscriber))).scalars().all() == []
        assert len((await session.execute(select(Customer))).scalars().all()) == 1  # whom they were entered for
