"""One notice is sent: what comes of it is kept, and a retry carries the same id (N, P4)."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import col, select
from temporalio.exceptions import ApplicationError

from activities.delivery import DeliveryActivities
from activities.gateways.errors import Refused, TryAgain
from activities.steps import Steps
from models.messages.base import Step
from models.messages.delivery import Delivery
from models.secrets import KeyRing
from models.tables.notice import Channel, Endpoint, Notice
from models.usecases import notice
from tests.conftest import KEYS
from tests.people import World
from tests.recording import RecordingRelay
from tests.road import NOBODY, Road
from tests.workflows.outside import FakeMail, FakeWebhooks

pytestmark = pytest.mark.step("N", "P4")


class Office:
    """Where the notices of the municipality go out."""

    def __init__(self, road: Road, relay: RecordingRelay) -> None:
        self.road = road
        self.mail, self.webhooks = FakeMail(), FakeWebhooks()
        steps = Steps(road.desk, relay)  # type: ignore[arg-type]
        keys = KeyRing.parse(KEYS)
        self.activities = DeliveryActivities(steps, self.mail, self.webhooks, keys, "https://api.example")
        self.endpoint: Endpoint

    async def opened(self, channel: Channel, address: str) -> "Office":
        owner = self.road.world.municipality.id
        sealed = notice.seal_secret(KeyRing.parse(KEYS), owner, address, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        secret = sealed if channel is Channel.WEBHOOK else None
        self.endpoint = await self.road.do(
            NOBODY, lambda work: notice.add_endpoint(work, owner, channel, address, [], secret)
        )
        return self

    async def next(self) -> Delivery:
        return await self.activities.deliver_next(self._step)

    async def give_up(self) -> Delivery:
        return await self.activities.give_up_next(self._step)

    @property
    def _step(self) -> Step:
        return Step(subject_id=self.endpoint.id, occurrence="1", correlation_id="test")

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
    assert not (await by_mail.next()).empty
    (message,) = by_mail.mail.sent
    assert message.to == "rita@city.example"
    assert by_mail.road.placement.reference in message.subject
    for said in ("No room in the street", "CITY-7", by_mail.road.placement.reference):
        assert said in message.text
    (kept,) = await by_mail.notices()
    assert (kept.state, kept.attempts) == ("delivered", 1)
    assert kept.delivered_at is not None
    assert (await by_mail.next()).empty


async def test_a_notice_is_tried_again_under_the_same_id_and_not_before_it_is_wanted(by_mail: Office) -> None:
    await rejected(by_mail)
    by_mail.mail.says = TryAgain("greylisted", after_s=60)
    with pytest.raises(ApplicationError) as put_off:
        await by_mail.next()
    assert put_off.value.next_retry_delay == timedelta(minutes=1)
    by_mail.mail.says = None
    await by_mail.next()
    assert len({message.notice_id for message in by_mail.mail.sent}) == 1
    (kept,) = await by_mail.notices()
    assert (kept.state, kept.attempts, kept.last_error) == ("delivered", 2, None)


async def test_what_is_refused_for_good_is_given_up_at_once_with_the_reason(by_mail: Office) -> None:
    await rejected(by_mail)
    by_mail.mail.says = Refused("The mail server refuses the address", "/to")
    assert not (await by_mail.next()).empty
    (kept,) = await by_mail.notices()
    assert (kept.state, kept.last_error) == ("given_up", "The mail server refuses the address")
    assert (await by_mail.next()).empty


async def test_a_webhook_gets_the_event_and_only_ours_can_read_its_secret(by_webhook: Office) -> None:
    await rejected(by_webhook)
    await by_webhook.next()
    (kept,) = await by_webhook.notices()
    assert by_webhook.webhooks.taken == [str(kept.id)]
    assert kept.event == "placement.rejected"
    assert kept.data["reason"] == "No room in the street"
    assert "whsec_" not in str(by_webhook.endpoint.secret)


async def test_giving_up_frees_the_next_one(by_webhook: Office) -> None:
    await by_webhook.road.submit()
    await by_webhook.road.approve()
    await by_webhook.road.grid_takes()
    by_webhook.webhooks.refuses = lambda _notice_id: True
    with pytest.raises(ApplicationError):
        await by_webhook.next()
    assert not (await by_webhook.give_up()).empty
    (kept,) = await by_webhook.notices()
    assert (kept.state, kept.last_error) == ("given_up", "the endpoint answered 503")
    assert (await by_webhook.next()).empty
