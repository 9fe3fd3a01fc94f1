"""A subscription is charged by another tariff from an instant on (S5, C10)."""

from datetime import datetime, timedelta

import pytest

from models.errors import InvalidInput, StageDoesNotAllow
from models.messages.subscriber import ChangeTariff, SuspendSubscription
from models.rules.subscriber import SubscriberStage
from models.rules.tariff import PlaceKind
from models.rules.tariff_choice import Asked
from models.tables.subscriber import Subscriber
from models.usecases import subscriber, subscriber_tariff
from tests.models.usecases.test_account_tariff import DAY, active, entered, own
from tests.models.usecases.test_tariff import assigned, held, made
from tests.road import Road, decision

pytestmark = pytest.mark.step("S5", "C10")


async def changed(road: Road, row: Subscriber, code: str, at: datetime | None = None) -> None:
    wanted = decision(ChangeTariff, road.world.customer_care, tariff=code, valid_from=at)
    await road.do(road.world.customer_care, lambda work: subscriber_tariff.change(work, row.id, wanted))


async def test_another_tariff_holds_from_its_instant_and_the_one_of_before_until_then(road: Road) -> None:
    for code in ("TRF-A", "TRF-B"):
        await made(road.world, code)
    row, at = await active(road, "TRF-A"), road.desk.clock() + DAY
    await changed(road, row, "TRF-B", at)
    assert await own(road, row) == [("TRF-A", at), ("TRF-B", None)]
    assert await held(road.world, Asked(at - timedelta(seconds=1), row.id)) == ("TRF-A", 1)
    assert await held(road.world, Asked(at, row.id)) == ("TRF-B", 1)


async def test_what_was_planned_for_then_or_later_is_called_off_and_what_comes_before_stays(road: Road) -> None:
    for code in ("TRF-A", "TRF-B", "TRF-C"):
        await made(road.world, code)
    row, now = await active(road, "TRF-A"), road.desk.clock()
    await changed(road, row, "TRF-B", now + 2 * DAY)
    await changed(road, row, "TRF-C", now + 4 * DAY)
    await changed(road, row, "TRF-A", now + 3 * DAY)
    assert await own(road, row) == [("TRF-A", now + 2 * DAY), ("TRF-B", now + 3 * DAY), ("TRF-A", None)]
    await changed(road, row, "TRF-C", now + 2 * DAY)
    assert await own(road, row) == [("TRF-A", now + 2 * DAY), ("TRF-C", None)]


async def test_what_finance_has_assigned_to_the_account_for_a_kind_of_place_stays(road: Road) -> None:
    for code in ("TRF-A", "TRF-B"):
        await made(road.world, code)
    home, row = await made(road.world, "TRF-HOME"), await active(road, "TRF-A")
    await assigned(road.world, home, account=row.reference, place_kind=PlaceKind.HOME)
    await changed(road, row, "TRF-B")
    at = road.desk.clock()
    assert await held(road.world, Asked(at, row.id, place_kind=PlaceKind.HOME)) == ("TRF-HOME", 1)
    assert await held(road.world, Asked(at, row.id)) == ("TRF-B", 1)


async def test_a_tariff_is_not_changed_for_the_past_and_not_without_a_subscription(road: Road) -> None:
    await made(road.world, "TRF-A")
    row = await active(road)
    with pytest.raises(InvalidInput) as refused:
        await changed(road, row, "TRF-A", road.desk.clock() - DAY)
    assert refused.value.field == "/valid_from"
    with pytest.raises(InvalidInput):
        await changed(road, row, "TRF-NONE")
    waiting = await entered(road)
    with pytest.raises(StageDoesNotAllow):
        await changed(road, waiting, "TRF-A")
    assert await own(road, row) == []


async def test_also_a_suspended_subscription_gets_another_tariff(road: Road) -> None:
    await made(road.world, "TRF-A")
    row = await active(road)
    unpaid = decision(SuspendSubscription, road.world.customer_care, reason="Unpaid")
    await road.do(road.world.customer_care, lambda work: subscriber.suspend(work, row.id, unpaid))
    await changed(road, row, "TRF-A")
    assert await own(road, row) == [("TRF-A", None)]
    async with road.desk.database.transaction() as session:
        assert (await session.get_one(Subscriber, row.id)).stage is SubscriberStage.SUSPENDED
