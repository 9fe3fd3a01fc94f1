"""What takes days: an endpoint that is down for a while, or for good (N)."""

from datetime import timedelta

import pytest

from models.rules.delivery import LONGEST_WAIT_S, PAUSED_AFTER, EndpointState
from models.store import tasks
from models.tables.notice import Endpoint
from models.tables.task import TaskKind
from models.usecases import endpoint
from tests.workflows.house import House
from tests.workflows.test_delivery import are, by_hand, endpoint_of, notices, says, states, tell

pytestmark = pytest.mark.step("N", "P4")
HOUR = timedelta(hours=1)


async def test_an_endpoint_that_is_away_for_a_day_gets_everything_in_order_afterwards(
    patient_house: House,
) -> None:
    house = patient_house
    made = await endpoint_of(house)
    house.webhooks.refuses = lambda _notice_id: True
    await tell(house, "placement.approved", "placement.rejected")
    await house.skip(timedelta(days=1))
    assert await states(house) == ["waiting", "waiting"]
    assert len(house.webhooks.tries) > timedelta(days=1).total_seconds() / LONGEST_WAIT_S
    assert (await notices(house))[0].last_error == "the endpoint answered 503"
    assert (await row(house, made)).state is EndpointState.DOWN
    assert await task_is_open(house, made)
    house.webhooks.refuses = lambda _notice_id: False
    await house.skip(2 * HOUR)
    await house.until(lambda: are(house, ["delivered"] * 2))
    assert house.webhooks.taken == [str(each.id) for each in await notices(house)]
    assert (await row(house, made)).state is EndpointState.OK
    assert not await task_is_open(house, made)


async def test_an_endpoint_that_takes_nothing_for_three_days_pauses_itself_until_it_is_resumed(
    patient_house: House,
) -> None:
    house = patient_house
    made = await endpoint_of(house)
    house.webhooks.refuses = lambda _notice_id: True
    await tell(house, "placement.approved", "placement.rejected")
    await house.until(lambda: is_in(house, made, EndpointState.FAILING))
    await house.skip(PAUSED_AFTER + 2 * HOUR)
    await house.until(lambda: is_in(house, made, EndpointState.PAUSED))
    assert await states(house) == ["waiting", "waiting"]
    tried = len(house.webhooks.tries)
    await house.skip(timedelta(days=2))
    assert len(house.webhooks.tries) == tried
    house.webhooks.refuses = lambda _notice_id: False
    await by_hand(house, endpoint.resume, made)
    await house.until(lambda: are(house, ["delivered"] * 2))
    assert house.webhooks.taken == [str(each.id) for each in await notices(house)]


async def test_what_waits_for_a_paused_endpoint_for_thirty_days_is_given_up(patient_house: House) -> None:
    house = patient_house
    made = await endpoint_of(house)
    await by_hand(house, endpoint.pause, made)
    await house.until(lambda: says(house, made, "**Paused**"))
    await tell(house, "placement.approved")
    await house.skip(timedelta(days=61))
    await house.until(lambda: are(house, ["given_up"]))
    assert "30 days" in ((await notices(house))[0].last_error or "")
    assert house.webhooks.tries == []


async def row(house: House, what: Endpoint) -> Endpoint:
    async with house.desk.database.transaction() as session:
        return await session.get_one(Endpoint, what.id)


async def is_in(house: House, what: Endpoint, state: EndpointState) -> bool:
    return (await row(house, what)).state is state


async def task_is_open(house: House, what: Endpoint) -> bool:
    async with house.desk.database.transaction() as session:
        return await tasks.open_of(session, TaskKind.ENDPOINT_DOWN, what.id) is not None
