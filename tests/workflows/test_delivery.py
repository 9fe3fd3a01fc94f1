"""Notices go to each endpoint in order, for days if need be, and never stand in each other's way for good (N)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import col, select

from models.secrets import KeyRing
from models.tables.base import new_id
from models.tables.notice import Channel, Endpoint, Notice
from models.usecases import notice
from models.usecases.work import Work
from tests.road import NOBODY
from tests.workflows.house import House
from workflows import options

pytestmark = [pytest.mark.timeout(60), pytest.mark.step("N", "P4")]
ADDRESS = "https://city.example/hook"


async def endpoint_of(house: House, address: str = ADDRESS) -> Endpoint:
    keys = KeyRing.parse(house.settings.keys.get_secret_value())
    owner = house.world.municipality.id
    sealed = notice.seal_secret(keys, owner, address, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = await house.road.do(
        NOBODY, lambda work: notice.add_endpoint(work, owner, Channel.WEBHOOK, address, [], sealed)
    )
    await house.relay.deliver([notice.workflow_id(made.id)])
    return made


async def tell(house: House, *events: str) -> None:
    async def queue(work: Work) -> None:
        for event in events:
            data = {"reference": "PR-1", "requester_reference": None, "reason": "No room"}
            await notice.notify(work, house.world.municipality.id, event, data)

    async with house.desk.work(NOBODY, str(new_id())) as work:
        await queue(work)
    await house.relay.deliver(work.handed_over)


async def notices(house: House) -> Sequence[Notice]:
    async with house.desk.database.transaction() as session:
        return (await session.execute(select(Notice).order_by(col(Notice.id)))).scalars().all()


async def states(house: House) -> list[str]:
    return [each.state.value for each in await notices(house)]


async def test_notices_arrive_in_order_and_once(house: House) -> None:
    await endpoint_of(house)
    await tell(house, "placement.approved", "placement.location_rejected")
    await tell(house, "placement.rejected")
    await house.until(lambda: are(house, ["delivered"] * 3))
    assert house.webhooks.taken == [str(each.id) for each in await notices(house)]


async def test_an_endpoint_that_is_away_for_a_day_gets_everything_in_order_afterwards(
    patient_house: House,
) -> None:
    house = patient_house
    await endpoint_of(house)
    house.webhooks.refuses = lambda _notice_id: True
    await tell(house, "placement.approved", "placement.rejected")
    await house.skip(timedelta(days=1))
    assert await states(house) == ["waiting", "waiting"]
    assert len(house.webhooks.tries) > timedelta(days=1) / options.DELIVERY_RETRY.maximum_interval  # type: ignore[operator]
    assert (await notices(house))[0].last_error == "the endpoint answered 503"
    house.webhooks.refuses = lambda _notice_id: False
    await house.skip(timedelta(hours=2))
    await house.until(lambda: are(house, ["delivered"] * 2))
    assert house.webhooks.taken == [str(each.id) for each in await notices(house)]


async def test_a_notice_that_nobody_takes_is_given_up_and_those_behind_it_still_go_out(patient_house: House) -> None:
    house = patient_house
    await endpoint_of(house)
    house.webhooks.refuses = lambda notice_id: notice_id == house.webhooks.tries[0]
    await tell(house, "placement.approved", "placement.rejected")
    await house.skip(options.DELIVERY_GIVEN_UP_AFTER + timedelta(hours=2))
    await house.until(lambda: are(house, ["given_up", "delivered"]))
    first, second = await notices(house)
    assert first.last_error == "the endpoint answered 503"
    assert first.attempts > 20
    assert house.webhooks.taken == [str(second.id)]


async def test_an_endpoint_that_is_away_holds_up_no_other(house: House) -> None:
    """The second endpoint gets its notice while the first one is tried again and again."""
    await endpoint_of(house)
    await endpoint_of(house, "https://archive.example/hook")
    house.webhooks.refuses = lambda notice_id: notice_id == house.webhooks.tries[0]
    await tell(house, "placement.approved")
    await house.until(lambda: are(house, ["delivered", "waiting"], ["waiting", "delivered"]))
    assert len(house.webhooks.taken) == 1


async def are(house: House, *wanted: list[str]) -> bool:
    return await states(house) in wanted
