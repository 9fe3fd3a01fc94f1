"""Notices go over real HTTP and SMTP to the programs that play partners and mail server (N, P4, P18)."""

import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.delivery import DeliveryActivities
from activities.gateways.mail import SmtpMail
from activities.gateways.webhooks import HttpWebhooks
from activities.steps import Steps
from models.messages.base import Step
from models.messages.delivery import Drained
from models.messages.endpoint import ReplayNotices
from models.rules.delivery import EndpointState, PauseReason
from models.rules.events import Language
from models.secrets import KeyRing
from models.store.viewer import EVERYTHING
from models.tables.notice import Channel, Endpoint
from models.usecases import endpoint, notice
from tests.conftest import KEYS
from tests.people import World
from tests.recording import RecordingRelay
from tests.road import NOBODY
from tests.sandbox_programs import WEBHOOK_SECRET, Program, get, put

pytestmark = pytest.mark.step("N", "P4", "P18")
RING = KeyRing.parse(KEYS)


class Outside:
    """A hook at the partner's program, an address at the mail server's, and the activities that reach both."""

    def __init__(self, world: World, partner: Program, mailbox: Program, webhooks: HttpWebhooks) -> None:
        self.desk, self.owner = world.desk, world.municipality.id
        self.partner, self.mailbox = partner, mailbox
        self.hook = uuid.uuid4().hex
        self.mail = f"{self.hook}@city.example"
        smtp = SmtpMail(
            "127.0.0.1", int(mailbox.environment["SANDBOX_SMTP_PORT"]), "Stationmaster <no-reply@op.example>"
        )
        steps = Steps(self.desk, RecordingRelay())  # type: ignore[arg-type]
        self.activities = DeliveryActivities(steps, smtp, webhooks, RING, "https://api.example")
        self.answers(204)

    def answers(self, status: int, secret: str = WEBHOOK_SECRET, **more: Any) -> None:
        put(self.partner, f"/control/hooks/{self.hook}", {"secret": secret, "status": status, **more})

    async def opened(self, channel: Channel) -> Endpoint:
        address = self.mail if channel is Channel.MAIL else f"{self.partner.url}/hooks/{self.hook}"
        sealed = notice.seal_secret(RING, self.owner, address, WEBHOOK_SECRET) if channel is Channel.WEBHOOK else None
        async with self.desk.work(NOBODY, "test") as work:
            return await notice.add_endpoint(work, self.owner, channel, address, [], sealed, language=Language.DUTCH)

    async def told(self, *references: str) -> None:
        async with self.desk.work(NOBODY, "test") as work:
            for reference in references:
                await notice.notify(
                    work, self.owner, "placement.accepted", {"reference": reference, "document": "/d/1"}
                )

    async def drained(self, to: Endpoint) -> Drained:
        step = Step(subject_id=to.id, occurrence="1", correlation_id="test")
        drained: Drained = await ActivityEnvironment().run(self.activities.drain, step)
        return drained

    def calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = get(self.partner, f"/hooks/{self.hook}/calls")
        return calls

    def taken(self) -> list[str]:
        """The references of what was taken, in the order in which it came."""
        return [each["body"]["data"]["reference"] for each in self.calls() if each["answered"] == 204]


@pytest.fixture
async def outside(world: World, partner: Program, mailbox: Program) -> AsyncIterator[Outside]:
    webhooks = HttpWebhooks(allow_inside=True)
    yield Outside(world, partner, mailbox, webhooks)
    await webhooks.aclose()


@pytest.fixture
def _behaves_afterwards(mailbox: Program) -> Iterator[None]:
    yield
    put(mailbox, "/control/fault", {"mode": "ok"})


async def test_an_endpoint_that_was_down_catches_up_in_order(outside: Outside) -> None:
    hook = await outside.opened(Channel.WEBHOOK)
    outside.answers(503, times=1, retry_after_s=7)
    await outside.told("PR-1", "PR-2")
    assert await outside.drained(hook) == Drained(state=EndpointState.FAILING, wait_s=7)
    await outside.told("PR-3")
    assert await outside.drained(hook) == Drained(state=EndpointState.OK)
    assert outside.taken() == ["PR-1", "PR-2", "PR-3"]
    first, again, *_ = outside.calls()
    assert first["webhook_id"] == again["webhook_id"]
    assert all(each["verified"] for each in outside.calls())


async def test_a_hook_that_is_gone_pauses_and_gets_everything_when_it_is_resumed(outside: Outside) -> None:
    hook = await outside.opened(Channel.WEBHOOK)
    outside.answers(410)
    await outside.told("PR-1", "PR-2")
    assert (await outside.drained(hook)).state is EndpointState.PAUSED
    async with outside.desk.database.transaction() as session:
        assert (await session.get_one(Endpoint, hook.id)).pause_reason is PauseReason.REFUSED
    outside.answers(204)
    assert (await outside.drained(hook)).state is EndpointState.PAUSED
    async with outside.desk.work(NOBODY, "test") as work:
        await endpoint.resume(work, hook.id, EVERYTHING)
    await outside.drained(hook)
    assert outside.taken() == ["PR-1", "PR-2"]


async def test_after_a_rotation_both_the_old_and_the_new_secret_verify(outside: Outside) -> None:
    hook = await outside.opened(Channel.WEBHOOK)
    async with outside.desk.work(NOBODY, "test") as work:
        _, secret = await endpoint.rotate_secret(work, hook.id, EVERYTHING, RING)
    for reference, known in (("PR-1", WEBHOOK_SECRET), ("PR-2", secret)):
        outside.answers(204, known)
        await outside.told(reference)
        await outside.drained(hook)
    assert outside.taken() == ["PR-1", "PR-2"]
    assert all(each["verified"] for each in outside.calls())
    assert {len(each["headers"]["webhook-signature"].split(" ")) for each in outside.calls()} == {2}


@pytest.mark.usefixtures("_behaves_afterwards")
async def test_mail_is_tried_again_under_the_same_message_id(outside: Outside) -> None:
    mail = await outside.opened(Channel.MAIL)
    put(outside.mailbox, "/control/fault", {"mode": "drop", "keep": True, "to": outside.mail, "times": 1})
    await outside.told("PR-1")
    assert (await outside.drained(mail)).state is EndpointState.FAILING
    assert await outside.drained(mail) == Drained(state=EndpointState.OK)
    messages = get(outside.mailbox, "/messages", to=outside.mail)
    assert len(messages) == 2
    assert len({each["message_id"] for each in messages}) == 1
    assert "opleveringstest is goedgekeurd" in messages[0]["subject"]
    assert "https://api.example/d/1" in messages[0]["text"]


async def test_what_was_delivered_is_sent_again_under_the_same_id_when_it_is_replayed(outside: Outside) -> None:
    hook = await outside.opened(Channel.WEBHOOK)
    await outside.told("PR-1", "PR-2")
    await outside.drained(hook)
    async with outside.desk.work(NOBODY, "test") as work:
        wanted = ReplayNotices(since=datetime.fromisoformat("2020-01-01T00:00:00Z"))
        assert await endpoint.replay(work, hook.id, EVERYTHING, wanted) == 2
    await outside.told("PR-3")
    await outside.drained(hook)
    assert outside.taken() == ["PR-1", "PR-2", "PR-1", "PR-2", "PR-3"]
    ids = [each["webhook_id"] for each in outside.calls()]
    assert ids[:2] == ids[2:4]
