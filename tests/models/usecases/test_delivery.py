"""What becomes of a try is kept; an endpoint fails, pauses and recovers by what its tries tell (N, P22)."""

import dataclasses
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import col, select

from models.clock import utc_now
from models.errors import NotFound
from models.messages.delivery import Drained
from models.rules.delivery import DOWN_AFTER_FAILURES, PAUSED_AFTER, EndpointState, PauseReason
from models.store import notices, tasks
from models.store.viewer import EVERYTHING
from models.tables.base import new_id
from models.tables.notice import Channel, Endpoint, Notice, NoticeAttempt, NoticeState
from models.tables.task import Task, TaskKind
from models.usecases import delivery, endpoint, notice
from models.usecases.delivery import Outcome, Taken
from models.usecases.work import Desk
from tests.people import World
from tests.road import NOBODY

pytestmark = pytest.mark.step("N", "P22")
ARRIVED = Outcome(duration_s=0.02, status=204)
FAILED = Outcome(duration_s=0.05, status=503, error="The endpoint answered 503")
GONE = Outcome(duration_s=0.05, status=410, error="The endpoint is gone (410)", final=True)


class Post:
    """One endpoint of the municipality, and a clock to turn."""

    def __init__(self, desk: Desk, world: World) -> None:
        self.passed = timedelta()
        self.desk = dataclasses.replace(desk, clock=lambda: utc_now() + self.passed)
        self.owner = world.municipality.id
        self.id = new_id()

    async def opened(self, channel: Channel = Channel.WEBHOOK, address: str = "https://city.example/hook") -> "Post":
        async with self.desk.work(NOBODY, "test") as work:
            self.id = (await notice.add_endpoint(work, self.owner, channel, address, [], None)).id
        return self

    async def told(self, *references: str) -> None:
        for reference in references:
            async with self.desk.work(NOBODY, "test") as work:
                await notice.notify(work, self.owner, "placement.approved", {"reference": reference})

    async def taken(self) -> Taken | Drained:
        async with self.desk.work(NOBODY, "test") as work:
            return await delivery.take_next(work, self.id)

    async def tried(self, *outcomes: Outcome) -> Drained | None:
        """The next notice is tried, once for each outcome; how the endpoint stands after the last."""
        standing = None
        for outcome in outcomes:
            taken = await self.taken()
            assert isinstance(taken, Taken)
            async with self.desk.work(NOBODY, "test") as work:
                standing = await delivery.note_outcome(work, taken, outcome)
        return standing

    async def resumed(self) -> None:
        async with self.desk.work(NOBODY, "test") as work:
            await endpoint.resume(work, self.id, EVERYTHING)

    async def row(self) -> Endpoint:
        async with self.desk.database.transaction() as session:
            return await session.get_one(Endpoint, self.id)

    async def notices(self) -> Sequence[Notice]:
        async with self.desk.database.transaction() as session:
            mine = select(Notice).where(col(Notice.endpoint_id) == self.id).order_by(col(Notice.id))
            return (await session.execute(mine)).scalars().all()

    async def states(self) -> list[str]:
        return [each.state.value for each in await self.notices()]

    async def task(self) -> Task | None:
        async with self.desk.database.transaction() as session:
            return await tasks.open_of(session, TaskKind.ENDPOINT_DOWN, self.id)


@pytest.fixture
async def post(desk: Desk, world: World) -> Post:
    return await Post(desk, world).opened()


async def test_the_oldest_goes_first_and_each_has_its_own_turn(post: Post) -> None:
    await post.told("PR-1", "PR-2")
    assert await post.tried(ARRIVED) is None
    assert await post.states() == ["delivered", "waiting"]
    assert await post.tried(ARRIVED) is None
    assert await post.states() == ["delivered", "delivered"]
    assert await post.taken() == Drained(state=EndpointState.OK)


async def test_each_try_is_kept_with_what_was_answered_and_how_long_it_took(post: Post) -> None:
    await post.told("PR-1")
    await post.tried(FAILED, ARRIVED)
    (told,) = await post.notices()
    async with post.desk.database.transaction() as session:
        last, first = await notices.attempts_of(session, told.id, 10)
    assert (first.status, first.error, first.duration_ms) == (503, "The endpoint answered 503", 50)
    assert (last.status, last.error, last.duration_ms, last.replay) == (204, None, 20, False)
    assert told.attempts == 2
    assert told.last_error is None


async def test_a_try_that_was_cut_off_is_seen_and_the_notice_is_tried_again(post: Post) -> None:
    await post.told("PR-1")
    await post.taken()
    await post.tried(ARRIVED)
    async with post.desk.database.transaction() as session:
        kept = (await session.execute(select(NoticeAttempt).order_by(col(NoticeAttempt.id)))).scalars().all()
    assert [each.ended_at is None for each in kept] == [True, False]


async def test_the_oldest_that_fails_holds_back_those_behind_it(post: Post) -> None:
    await post.told("PR-1", "PR-2")
    standing = await post.tried(FAILED)
    assert standing == Drained(state=EndpointState.FAILING, wait_s=2)
    taken = await post.taken()
    assert isinstance(taken, Taken)
    assert taken.notice.data["reference"] == "PR-1"
    row = await post.row()
    assert (row.state, row.failures, row.last_error) == (EndpointState.FAILING, 1, FAILED.error)
    assert row.since is not None
    assert row.retry_at is not None
    assert row.retry_at > row.since


async def test_the_wait_grows_and_the_other_side_can_ask_for_more(post: Post) -> None:
    await post.told("PR-1")
    waits = [await post.tried(FAILED) for _ in range(4)]
    assert [each.wait_s for each in waits if each] == [2, 4, 8, 16]
    asked = await post.tried(dataclasses.replace(FAILED, after_s=300))
    assert asked is not None
    assert asked.wait_s == 300


async def test_after_ten_failures_the_owner_gets_a_task_that_closes_by_itself(post: Post) -> None:
    await post.told("PR-1")
    await post.tried(*[FAILED] * (DOWN_AFTER_FAILURES - 1))
    assert await post.task() is None
    standing = await post.tried(FAILED)
    assert standing is not None
    assert standing.state is EndpointState.DOWN
    opened = await post.task()
    assert opened is not None
    assert (opened.organisation_id, opened.role.value) == (post.owner, "requester")
    assert "answered 503" in opened.title
    await post.tried(ARRIVED)
    assert await post.task() is None
    row = await post.row()
    assert (row.state, row.since, row.last_error, row.failures) == (EndpointState.OK, None, None, 0)


async def test_mail_that_does_not_go_out_is_the_operators_task(desk: Desk, world: World) -> None:
    post = await Post(desk, world).opened(Channel.MAIL, "rita@city.example")
    await post.told("PR-1")
    await post.tried(*[FAILED] * DOWN_AFTER_FAILURES)
    opened = await post.task()
    assert opened is not None
    assert (opened.organisation_id, opened.role.value) == (world.operator.id, "administration")


async def test_after_three_days_it_pauses_itself_and_gives_nothing_up(post: Post) -> None:
    await post.told("PR-1", "PR-2")
    await post.tried(FAILED)
    post.passed += PAUSED_AFTER
    standing = await post.tried(FAILED)
    assert standing is not None
    assert standing.state is EndpointState.PAUSED
    row = await post.row()
    assert (row.pause_reason, row.last_error, row.retry_at) == (PauseReason.FAILING, FAILED.error, None)
    opened = await post.task()
    assert opened is not None
    assert "paused" in opened.title
    await post.told("PR-3")
    taken = await post.taken()
    assert isinstance(taken, Drained)
    assert taken.state is EndpointState.PAUSED
    assert await post.states() == ["waiting"] * 3


async def test_resumed_it_goes_on_from_the_oldest_with_all_its_time(post: Post) -> None:
    await post.told("PR-1", "PR-2")
    await post.tried(FAILED)
    post.passed += PAUSED_AFTER
    await post.tried(FAILED)
    await post.resumed()
    assert await post.task() is None
    assert await post.tried(FAILED) == Drained(state=EndpointState.FAILING, wait_s=2)
    await post.tried(ARRIVED, ARRIVED)
    assert await post.states() == ["delivered"] * 2


async def test_what_waited_too_long_for_a_paused_endpoint_is_given_up_and_says_so(post: Post) -> None:
    await post.told("PR-1")
    async with post.desk.work(NOBODY, "test") as work:
        await endpoint.pause(work, post.id, EVERYTHING)
    post.passed += timedelta(days=29)
    await post.told("PR-2")
    first = await post.taken()
    assert isinstance(first, Drained)
    assert first.wait_s is not None
    assert timedelta(seconds=first.wait_s) <= timedelta(days=1)
    post.passed += timedelta(seconds=first.wait_s + 1)
    await post.taken()
    old, newer = await post.notices()
    assert (old.state, old.last_error) == (
        NoticeState.GIVEN_UP,
        "it waited for 30 days for an endpoint that was paused",
    )
    assert newer.state is NoticeState.WAITING


async def test_a_webhook_that_is_gone_pauses_at_once_and_loses_nothing(post: Post) -> None:
    await post.told("PR-1")
    standing = await post.tried(GONE)
    assert standing is not None
    assert standing.state is EndpointState.PAUSED
    assert (await post.row()).pause_reason is PauseReason.REFUSED
    assert await post.states() == ["waiting"]
    assert await post.task() is not None


async def test_a_mail_that_is_refused_for_good_is_given_up_and_the_next_one_goes_out(desk: Desk, world: World) -> None:
    post = await Post(desk, world).opened(Channel.MAIL, "rita@city.example")
    await post.told("PR-1", "PR-2")
    refused = Outcome(0.1, 550, "The mail server refuses the address: 550 no such user", final=True)
    assert await post.tried(refused) is None
    assert await post.tried(ARRIVED) is None
    first, second = await post.notices()
    assert (first.state, first.last_error) == (NoticeState.GIVEN_UP, refused.error)
    assert second.state is NoticeState.DELIVERED
    assert (await post.row()).state is EndpointState.OK


async def test_what_arrives_after_it_was_given_up_by_hand_has_arrived(post: Post) -> None:
    await post.told("PR-1")
    taken = await post.taken()
    assert isinstance(taken, Taken)
    async with post.desk.work(NOBODY, "test") as work:
        await endpoint.give_up(work, post.id, taken.notice.id, EVERYTHING)
    async with post.desk.work(NOBODY, "test") as work:
        await delivery.note_outcome(work, taken, ARRIVED)
    assert await post.states() == ["delivered"]


async def test_a_notice_that_slipped_in_while_the_endpoint_was_disabled_is_given_up(post: Post) -> None:
    await post.told("PR-1")
    async with post.desk.database.transaction() as session:
        (await session.get_one(Endpoint, post.id)).disabled_at = utc_now()
    assert await post.taken() == Drained(state=EndpointState.DISABLED)
    assert await post.states() == ["given_up"]


async def test_nothing_is_delivered_to_an_endpoint_that_is_not_there(desk: Desk) -> None:
    async with desk.work(NOBODY, "test") as work:
        with pytest.raises(NotFound):
            await delivery.take_next(work, new_id())
