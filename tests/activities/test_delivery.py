"""Notices are sent one after the other: each outcome is kept at once, and a retry carries the same id (N, P4)."""

from collections.abc import Sequence

import pytest
from sqlmodel import col, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import delivery
from activities.delivery import DeliveryActivities
from activities.gateways.errors import Refused, TryAgain
from activities.steps import Steps
from models.messages.base import Step
from models.messages.delivery import Drained
from models.rules.delivery import EndpointState
from models.rules.events import Language
from models.secrets import KeyRing
from models.tables.notice import Channel, Endpoint, Notice
from models.usecases import notice
from tests.conftest import KEYS
from tests.people import World
from tests.recording import RecordingRelay
from tests.road import NOBODY, Road
from tests.workflows.outside import FakeMail, FakeWebhooks

pytestmark = pytest.mark.step("N", "P4")
DONE = Drained(state=EndpointState.OK)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Office:
    """Where the notices of the municipality go out."""

    def __init__(self, road: Road, relay: RecordingRelay) -> None:
        self.road = road
        self.mail, self.webhooks = FakeMail(), FakeWebhooks()
        steps = Steps(road.desk, relay)  # type: ignore[arg-type]
        keys = KeyRing.parse(KEYS)
        self.activities = DeliveryActivities(steps, self.mail, self.webhooks, keys, "https://api.example")
        self.endpoint: Endpoint

    async def opened(self, channel: Channel, address: str, language: Language | None = None) -> "Office":
        owner = self.road.world.municipality.id
        secret = notice.seal_secret(KeyRing.parse(KEYS), owner, address, SECRET)
        sealed = secret if channel is Channel.WEBHOOK else None
        self.endpoint = await self.road.do(
            NOBODY, lambda work: notice.add_endpoint(work, owner, channel, address, [], sealed, language=language)
        )
        return self

    async def drain(self) -> Drained:
        drained: Drained = await ActivityEnvironment().run(self.activities.drain, self.step)
        return drained

    @property
    def step(self) -> Step:
        return Step(subject_id=self.endpoint.id, occurrence="1", correlation_id="test")

    async def tell(self, count: int) -> None:
        owner = self.road.world.municipality.id
        for number in range(count):
            data = {"reference": f"PR-{number}"}
            await self.road.do(NOBODY, lambda work, data=data: notice.notify(work, owner, "placement.approved", data))  # type: ignore[misc]

    async def notices(self) -> Sequence[Notice]:
        async with self.road.desk.database.transaction() as session:
            mine = select(Notice).where(col(Notice.endpoint_id) == self.endpoint.id)
            return (await session.execute(mine.order_by(col(Notice.id)))).scalars().all()


@pytest.fixture
async def by_mail(world: World, relay: RecordingRelay) -> Office:
    return await Office(Road(world), relay).opened(Channel.MAIL, "rita@city.example")


@pytest.fixture
async def by_webhook(world: World, relay: RecordingRelay) -> Office:
    return await Office(Road(world), relay).opened(Channel.WEBHOOK, "https://city.example/hook")


async def rejected(office: Office) -> None:
    await office.road.submit()
    await office.road.reject("No room in the street")


async def test_the_requester_reads_the_reason_and_both_references(by_mail: Office) -> None:
    await rejected(by_mail)
    assert await by_mail.drain() == DONE
    (message,) = by_mail.mail.sent
    assert message.to == "rita@city.example"
    assert by_mail.road.placement.reference in message.subject
    for said in ("No room in the street", "CITY-7", by_mail.road.placement.reference):
        assert said in message.text
    (kept,) = await by_mail.notices()
    assert (kept.state, kept.attempts) == ("delivered", 1)
    assert kept.delivered_at is not None


async def test_a_letter_is_written_in_the_language_of_its_endpoint(world: World, relay: RecordingRelay) -> None:
    office = await Office(Road(world), relay).opened(Channel.MAIL, "rita@city.example", Language.DUTCH)
    await rejected(office)
    await office.drain()
    assert "afgewezen" in office.mail.sent[0].subject
    assert "Uw kenmerk: CITY-7" in office.mail.sent[0].text


async def test_a_batch_goes_out_in_order_and_says_whether_more_may_wait(by_webhook: Office) -> None:
    await by_webhook.tell(delivery.BATCH + 2)
    assert (await by_webhook.drain()).more
    assert len(by_webhook.webhooks.taken) == delivery.BATCH
    assert await by_webhook.drain() == DONE
    assert by_webhook.webhooks.taken == [str(each.id) for each in await by_webhook.notices()]


async def test_a_batch_beats_so_that_a_dead_worker_is_missed(by_webhook: Office) -> None:
    beats: list[object] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: beats.append(details)
    await by_webhook.tell(1)
    await environment.run(by_webhook.activities.drain, by_webhook.step)
    assert beats


async def test_no_further_call_begins_when_the_time_of_a_batch_is_over(
    by_webhook: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "DRAIN_LIMIT_S", 0.0)
    await by_webhook.tell(3)
    assert (await by_webhook.drain()).more
    assert len(by_webhook.webhooks.taken) == 1


async def test_a_worker_that_is_told_to_end_begins_no_further_call(by_webhook: Office) -> None:
    await by_webhook.tell(3)
    environment = ActivityEnvironment()
    environment.worker_shutdown()
    drained = await environment.run(by_webhook.activities.drain, by_webhook.step)
    assert drained.more
    assert len(by_webhook.webhooks.taken) == 1


async def test_a_batch_stops_at_the_first_that_is_not_taken(by_webhook: Office) -> None:
    await by_webhook.tell(3)
    second = str((await by_webhook.notices())[1].id)
    by_webhook.webhooks.refuses = lambda notice_id: notice_id == second
    assert await by_webhook.drain() == Drained(state=EndpointState.FAILING, wait_s=2)
    assert [each.state.value for each in await by_webhook.notices()] == ["delivered", "waiting", "waiting"]
    assert len(by_webhook.webhooks.tries) == 2


async def test_a_worker_that_takes_over_repeats_no_call_whose_outcome_is_stored(by_webhook: Office) -> None:
    """The first worker dies with its second call under way."""

    class Killed(BaseException):
        pass

    def dies(_notice_id: str) -> bool:
        if len(by_webhook.webhooks.tries) == 2:
            raise Killed
        return False

    await by_webhook.tell(3)
    by_webhook.webhooks.refuses = dies
    with pytest.raises(Killed):
        await by_webhook.drain()
    by_webhook.webhooks.refuses = lambda _notice_id: False
    assert await by_webhook.drain() == DONE
    first, second, third = [str(each.id) for each in await by_webhook.notices()]
    assert by_webhook.webhooks.tries == [first, second, second, third]


async def test_a_notice_is_tried_again_under_the_same_id_and_not_before_it_is_wanted(by_mail: Office) -> None:
    await rejected(by_mail)
    by_mail.mail.says = TryAgain("greylisted", after_s=60, status=451)
    assert (await by_mail.drain()).wait_s == 60
    by_mail.mail.says = None
    await by_mail.drain()
    assert len({message.notice_id for message in by_mail.mail.sent}) == 1
    (kept,) = await by_mail.notices()
    assert (kept.state, kept.attempts, kept.last_error) == ("delivered", 2, None)


async def test_what_is_refused_for_good_is_given_up_at_once_with_the_reason(by_mail: Office) -> None:
    await rejected(by_mail)
    by_mail.mail.says = Refused("The mail server refuses the address", "/to")
    assert await by_mail.drain() == DONE
    (kept,) = await by_mail.notices()
    assert (kept.state, kept.last_error) == ("given_up", "The mail server refuses the address")


async def test_a_letter_that_can_not_be_written_holds_nobody_up(by_mail: Office) -> None:
    owner = by_mail.road.world.municipality.id
    for due_at in ("tomorrow", "2026-12-01T16:00:00+00:00"):
        data = {"reference": "T", "due_at": due_at}
        await by_mail.road.do(NOBODY, lambda work, data=data: notice.notify(work, owner, "task.overdue", data))  # type: ignore[misc]
    assert await by_mail.drain() == DONE
    bad, good = await by_mail.notices()
    assert (bad.state.value, good.state.value) == ("given_up", "delivered")
    assert "can't be written" in (bad.last_error or "")


async def test_a_webhook_gets_the_event_and_only_ours_can_read_its_secret(by_webhook: Office) -> None:
    await rejected(by_webhook)
    await by_webhook.drain()
    (kept,) = await by_webhook.notices()
    assert by_webhook.webhooks.taken == [str(kept.id)]
    assert kept.event == "placement.rejected"
    assert kept.data["reason"] == "No room in the street"
    assert "whsec_" not in str(by_webhook.endpoint.secret)


async def test_a_key_that_is_missing_at_our_end_costs_no_notice(by_webhook: Office, relay: RecordingRelay) -> None:
    await by_webhook.tell(1)
    other = KeyRing.parse("k9:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    steps = Steps(by_webhook.road.desk, relay)  # type: ignore[arg-type]
    blind = DeliveryActivities(steps, by_webhook.mail, by_webhook.webhooks, other, "https://api.example")
    standing = await ActivityEnvironment().run(blind.drain, by_webhook.step)
    assert standing.state is EndpointState.FAILING
    assert "k1" not in ((await by_webhook.notices())[0].last_error or "k1")
    assert await by_webhook.drain() == DONE


async def test_processes_of_the_first_release_are_still_served(by_webhook: Office) -> None:
    await by_webhook.tell(2)
    first = str((await by_webhook.notices())[0].id)
    by_webhook.webhooks.refuses = lambda _notice_id: True
    with pytest.raises(ApplicationError) as put_off:
        await by_webhook.activities.deliver_next(by_webhook.step)
    assert put_off.value.next_retry_delay is not None
    by_webhook.webhooks.refuses = lambda _notice_id: False
    assert not (await by_webhook.activities.deliver_next(by_webhook.step)).empty
    assert by_webhook.webhooks.tries == [first, first]
    assert (await by_webhook.activities.give_up_next(by_webhook.step)).empty
    assert [each.state.value for each in await by_webhook.notices()] == ["delivered", "waiting"]
