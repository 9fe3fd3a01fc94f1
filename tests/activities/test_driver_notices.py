"""Notices to drivers go over real HTTP and SMTP, each once, whatever is lost on the way (N)."""

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from activities.driver_notices import DriverNoticesRound
from activities.gateways.mail import SmtpMail
from activities.gateways.sms import TwilioSms
from models.rules.driver_notice import DriverChannel as C
from models.rules.driver_notice import DriverNoticeKind as K
from models.rules.driver_notice import DriverNoticeState as S
from models.tables.driver_notice import DriverNotice
from models.tables.subscriber import Subscriber
from models.usecases import driver_notice
from models.usecases.work import Desk
from tests.activities.gateways.test_sms import a_phone
from tests.charging import STATION, Clock
from tests.people import World
from tests.sandbox_programs import SMS_ACCOUNT, SMS_NUMBER, SMS_TOKEN, Program, get, put, until
from tests.subscribing import a_subscriber

pytestmark = pytest.mark.step("N")
DATA = {"card": "NL-1", "reason": "lost"}


class Outside:
    """A driver with a phone and a mailbox, and a worker's round that reaches both."""

    def __init__(self, desk: Desk, owner: Subscriber, sms: TwilioSms, provider: Program, mailbox: Program) -> None:
        self.clock, self.owner, self.provider, self.mailbox = Clock(), owner, provider, mailbox
        terms = dataclasses.replace(desk.terms, sms_number=SMS_NUMBER)
        self.desk = dataclasses.replace(desk, clock=self.clock, terms=terms)
        port = int(mailbox.environment["SANDBOX_SMTP_PORT"])
        self.round = DriverNoticesRound(self.desk, SmtpMail("127.0.0.1", port, "no-reply@op.example"), sms)

    async def tell(self, kind: K = K.CREDIT_SPENT, **data: Any) -> None:
        said = {"session": "CS-1", "place": "Dam 1, Amsterdam", "station": "NL-STM-1", **DATA, **data}
        async with self.desk.work(STATION, "test") as work:
            await driver_notice.tell(work, self.owner.id, kind, str(uuid.uuid4()), said)

    async def notices(self) -> Sequence[DriverNotice]:
        async with self.desk.database.transaction() as reading:
            return (await reading.execute(select(DriverNotice).order_by(col(DriverNotice.id)))).scalars().all()

    async def notice(self) -> DriverNotice:
        (only,) = await self.notices()
        return only

    def texts(self) -> list[Any]:
        found: list[Any] = get(self.provider, "/control/messages", to=str(self.owner.phone))
        return found

    def fault(self, **fault: Any) -> None:
        put(self.provider, "/control/fault", {"to": self.owner.phone, **fault} if fault else {})


@pytest.fixture
async def outside(world: World, sms_provider: Program, mailbox: Program) -> AsyncIterator[Outside]:
    made = await a_subscriber(world, phone=a_phone())
    async with world.desk.work(STATION, "test") as work:
        owner = await work.session.get_one(Subscriber, made.id)
        owner.email = f"{uuid.uuid4().hex}@driver.example"
    sms = TwilioSms(sms_provider.url, SMS_ACCOUNT, SecretStr(SMS_TOKEN), SMS_NUMBER, "http://127.0.0.1:9")
    reached = Outside(world.desk, owner, sms, sms_provider, mailbox)
    yield reached
    reached.fault()
    put(mailbox, "/control/fault", {})
    await sms.aclose()


async def test_a_text_is_sent_once_by_however_many_workers_and_its_arrival_is_asked_after(outside: Outside) -> None:
    await outside.tell()
    await asyncio.gather(*(outside.round.send() for _ in range(5)))
    (text,) = outside.texts()
    kept = await outside.notice()
    assert (kept.state, kept.provider_id, kept.attempts) == (S.SENT, text["sid"], 1)
    await until(lambda: outside.texts()[0]["status"] == "delivered")
    assert await outside.round.ask() == 0
    outside.clock.now += timedelta(minutes=5)
    assert await outside.round.ask() == 1
    kept = await outside.notice()
    assert (kept.state, kept.ended_at) == (S.DELIVERED, outside.clock.now)


async def test_a_text_whose_answer_got_lost_is_found_at_the_provider_and_not_sent_again(outside: Outside) -> None:
    outside.fault(mode="lose_answer", times=1)
    await outside.tell()
    await outside.round.send()
    assert (await outside.notice()).state is S.WAITING
    outside.clock.now += timedelta(minutes=1)
    await outside.round.send()
    (text,) = outside.texts()
    kept = await outside.notice()
    assert (kept.state, kept.provider_id, kept.attempts, kept.error) == (S.SENT, text["sid"], 2, None)


async def test_of_two_alike_of_which_one_got_lost_each_is_sent_once(outside: Outside) -> None:
    await outside.tell()
    await outside.round.send()
    outside.fault(mode="down", times=1)
    await outside.tell()
    await outside.round.send()
    assert len(outside.texts()) == 1
    outside.clock.now += timedelta(minutes=1)
    await outside.round.send()
    assert len({each["sid"] for each in outside.texts()}) == 2


async def test_a_phone_that_can_not_be_reached_is_known_as_such(outside: Outside) -> None:
    outside.fault(mode="undelivered")
    await outside.tell()
    await outside.round.send()
    await until(lambda: outside.texts()[0]["status"] == "undelivered")
    outside.clock.now += timedelta(minutes=5)
    await outside.round.ask()
    kept = await outside.notice()
    assert (kept.state, kept.error) == (S.FAILED, "The SMS provider could not bring it (code 30003).")


async def test_what_is_refused_for_good_is_not_tried_again(outside: Outside) -> None:
    outside.fault(mode="refuse", code=21610)
    await outside.tell()
    await outside.round.send()
    kept = await outside.notice()
    assert (kept.state, kept.error) == (S.FAILED, "The SMS provider refuses the message (code 21610).")
    outside.clock.now += timedelta(hours=1)
    assert await outside.round.send() == 0


async def test_a_mail_that_is_sent_twice_has_one_message_id(outside: Outside) -> None:
    put(outside.mailbox, "/control/fault", {"mode": "drop", "keep": True, "to": outside.owner.email, "times": 1})
    await outside.tell(K.CARD_BLOCKED)
    await outside.round.send()
    outside.clock.now += timedelta(minutes=1)
    await outside.round.send()
    mails = get(outside.mailbox, "/messages", to=outside.owner.email)
    kept = await outside.notice()
    assert [each["message_id"] for each in mails] == [f"<{kept.id}@op.example>"] * 2
    assert (kept.channel, kept.state, kept.ended_at) == (C.MAIL, S.SENT, outside.clock.now)
    assert "Card NL-1 is blocked since it was lost" in mails[0]["text"]


async def test_whom_a_mail_server_refuses_is_not_kept_with_its_reason(outside: Outside) -> None:
    put(outside.mailbox, "/control/fault", {"mode": "refuse", "code": 550, "to": outside.owner.email, "times": 1})
    await outside.tell(K.CARD_BLOCKED)
    await outside.round.send()
    kept = await outside.notice()
    assert (kept.state, kept.error) == (S.FAILED, "The mail server does not take it (550).")


async def test_what_can_not_be_written_fails_alone(outside: Outside) -> None:
    await outside.tell(K.CREDIT_LOW, held="many", currency="EUR")
    await outside.tell(K.CREDIT_SPENT)
    await outside.round.send()
    unwritten, sent = await outside.notices()
    assert (unwritten.state, sent.state) == (S.FAILED, S.SENT)
    assert "can't be written" in str(unwritten.error)
