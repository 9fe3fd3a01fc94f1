"""Notices go to each endpoint in order, and no endpoint holds up another (N)."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import pytest
from sqlmodel import col, select
from temporalio import workflow

from models.secrets import KeyRing
from models.store.viewer import EVERYTHING, Viewer
from models.tables.base import new_id
from models.tables.notice import Channel, Endpoint, Notice
from models.usecases import endpoint, notice
from models.usecases.work import Work
from tests.road import NOBODY
from tests.workflows.house import House

pytestmark = pytest.mark.step("N", "P4")
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


async def test_an_endpoint_that_is_away_holds_up_no_other(house: House) -> None:
    """The second endpoint gets its notice while the first one is tried again and again."""
    await endpoint_of(house)
    await endpoint_of(house, "https://archive.example/hook")
    house.webhooks.refuses = lambda notice_id: notice_id == house.webhooks.tries[0]
    await tell(house, "placement.approved")
    await house.until(lambda: are(house, ["delivered", "waiting"], ["waiting", "delivered"]))
    assert len(house.webhooks.taken) == 1


async def test_a_failing_endpoint_is_not_tried_for_every_notice_that_comes(house: House) -> None:
    """Its own patience decides, so that a partner in trouble is not called all the more."""
    made = await endpoint_of(house)
    house.webhooks.refuses = lambda _notice_id: True
    await tell(house, "placement.approved")
    await house.until(lambda: failures(house, made, 2))
    for _ in range(10):
        await tell(house, "placement.rejected")
    await house.until(lambda: failures(house, made, 3))
    assert len(house.webhooks.tries) == 3
    assert len(set(house.webhooks.tries)) == 1


async def test_resumed_an_endpoint_is_tried_at_once_and_gets_everything_in_order(house: House) -> None:
    made = await endpoint_of(house)
    house.webhooks.refuses = lambda _notice_id: True
    await tell(house, "placement.approved", "placement.rejected")
    await house.until(lambda: failures(house, made, 4))
    assert "does not take its notices" in await house.details(notice.workflow_id(made.id))
    house.webhooks.refuses = lambda _notice_id: False
    await by_hand(house, endpoint.resume, made)
    await house.until(lambda: are(house, ["delivered"] * 2))
    assert house.webhooks.taken == [str(each.id) for each in await notices(house)]


async def test_paused_by_hand_it_gets_nothing_until_it_is_resumed(house: House) -> None:
    made = await endpoint_of(house)
    await by_hand(house, endpoint.pause, made)
    await house.until(lambda: says(house, made, "**Paused**"))
    await tell(house, "placement.approved")
    other = await endpoint_of(house, "https://archive.example/hook")
    await tell(house, "placement.rejected")
    await house.until(lambda: delivered_to(house, other, 1))
    assert len(house.webhooks.tries) == 1
    await by_hand(house, endpoint.resume, made)
    await house.until(lambda: delivered_to(house, made, 2))


async def test_a_notice_given_up_by_hand_lets_those_behind_it_pass(house: House) -> None:
    made = await endpoint_of(house)
    house.webhooks.refuses = lambda notice_id: notice_id == house.webhooks.tries[0]
    await tell(house, "placement.approved", "placement.rejected")
    await house.until(lambda: failures(house, made, 1))
    first, second = await notices(house)
    async with house.desk.work(NOBODY, "test") as work:
        await endpoint.give_up(work, made.id, first.id, EVERYTHING)
    await house.relay.deliver(work.handed_over)
    await house.until(lambda: are(house, ["given_up", "delivered"]))
    assert house.webhooks.taken == [str(second.id)]


async def test_a_process_of_the_first_release_goes_over_to_batches(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was begun by the code of then; the next bell finds the code of now."""
    with monkeypatch.context() as then:
        then.setattr(workflow, "patched", lambda _name: False)
        made = await endpoint_of(house)
        await tell(house, "placement.approved")
        await house.until(lambda: are(house, ["delivered"]))
        await house.until(lambda: house.is_at_rest(notice.workflow_id(made.id)))
        assert set(await activities_of(house, made)) == {"deliver_next"}
    await tell(house, "placement.rejected")
    await house.until(lambda: are(house, ["delivered"] * 2))
    assert set(await activities_of(house, made)) == {"drain"}


async def activities_of(house: House, what: Endpoint) -> list[str]:
    """Those of the process's latest run."""
    handle = house.client.get_workflow_handle(notice.workflow_id(what.id))
    scheduled = [each.activity_task_scheduled_event_attributes async for each in handle.fetch_history_events()]
    return [each.activity_type.name for each in scheduled if each.activity_type.name]


async def by_hand(house: House, use_case: Callable[[Work, UUID, Viewer], Awaitable[Endpoint]], what: Endpoint) -> None:
    async with house.desk.work(NOBODY, "test") as work:
        await use_case(work, what.id, EVERYTHING)
    await house.relay.deliver(work.handed_over)


async def failures(house: House, what: Endpoint, count: int) -> bool:
    async with house.desk.database.transaction() as session:
        return (await session.get_one(Endpoint, what.id)).failures == count


async def says(house: House, what: Endpoint, words: str) -> bool:
    return words in await house.details(notice.workflow_id(what.id))


async def delivered_to(house: House, what: Endpoint, count: int) -> bool:
    mine = [each.state.value for each in await notices(house) if each.endpoint_id == what.id]
    return mine == ["delivered"] * count


async def are(house: House, *wanted: list[str]) -> bool:
    return await states(house) in wanted
