"""Drivers are told what concerns them, once for each fact, as they have chosen (N, C1, C5, C6, S4)."""

import dataclasses
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from models.messages.card import ImportedCard
from models.messages.driver_notice import NoticeWishes
from models.messages.subscriber import ReplaceCard
from models.rules.authorisation import TokenVerdict
from models.rules.card import BlockReason
from models.rules.driver_notice import DriverChannel as C
from models.rules.driver_notice import DriverNoticeKind as K
from models.rules.driver_notice import DriverNoticeState as S
from models.rules.session import SessionStage
from models.rules.session_usage import Doing, Mark
from models.rules.subscriber import Payment
from models.store import driver_notices
from models.tables.asset import Asset
from models.tables.driver_notice import DriverNotice
from models.tables.site import Site
from models.tables.subscriber import Subscriber
from models.usecases import card, driver_delivery, driver_notice, process, session_process, subscriber
from models.usecases.work import Work
from tests.charging import STATION, Clock, Street, later
from tests.sandbox_programs import SMS_NUMBER
from tests.subscribing import uid_of

pytestmark = pytest.mark.step("N")
PHONE = "+31612345678"


@pytest.fixture
async def street(street: Street) -> Street:
    """Of an operator that has a number to text from."""
    terms = dataclasses.replace(street.desk.terms, sms_number=SMS_NUMBER)
    street.desk = dataclasses.replace(street.desk, terms=terms)
    await street.do(lambda work: stand(work, street, street.world.operator.id))
    return street


async def stand(work: Work, street: Street, owner_id: UUID) -> None:
    """The station, in a street."""
    site = Site(
        owner_id=owner_id,
        street="Damrak",
        house_number="1",
        postal_code="1012 LG",
        city="Amsterdam",
        municipality="Amsterdam",
        country="NL",
        latitude=52.37,
        longitude=4.9,
    )
    work.session.add(site)
    await work.session.flush()
    (await work.session.get_one(Asset, street.asset.id)).site_id = site.id


async def told(street: Street) -> list[tuple[str, str]]:
    return [(each.kind, each.channel) for each in await street.rows(DriverNotice)]


async def a_session(street: Street, clock: Clock, minutes: float = 60) -> None:
    number, _ = await street.start()
    clock.now = later(minutes)
    await street.stop(number, minutes)


@pytest.mark.step("C1")
async def test_the_end_of_a_session_is_told_once_by_each_channel_with_date_place_energy_and_price(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver(phone=PHONE)
    await a_session(street, clock)
    for _ in range(2):
        await street.settle(await street.session())
    mail, sms = await street.rows(DriverNotice)
    assert {mail.channel, sms.channel} == {C.MAIL, C.SMS}
    assert (mail.kind, mail.subscriber_id, mail.state, mail.due_at) == (
        K.SESSION_ENDED,
        owner.id,
        S.WAITING,
        clock.now,
    )
    assert mail.data["energy_wh"] == 10_000
    assert (mail.data["gross"], mail.data["currency"]) == ("5.00", "EUR")
    assert mail.data["station"] == street.asset.name
    assert mail.data["place"] == "Damrak 1, Amsterdam"
    assert datetime.fromisoformat(mail.data["ended_at"]) == later(60)
    for personal in (PHONE, owner.email, "Jansen"):
        assert personal not in str([each.model_dump() for each in (mail, sms)])


@pytest.mark.step("C1")
async def test_of_a_session_in_which_nothing_flowed_and_nothing_is_paid_nobody_is_told(
    street: Street, clock: Clock
) -> None:
    await street.driver(payment=Payment.PREPAID, phone=PHONE)
    number, verdict = await street.start()
    clock.now = later(1)
    await street.stop(number, 1, register_wh=1000)
    await street.settle(await street.session())
    assert (verdict, (await street.session()).stage) == (TokenVerdict.NO_CREDIT, SessionStage.SETTLED)
    assert await told(street) == []


@pytest.mark.step("C1", "B1")
async def test_a_price_that_a_late_stop_corrects_is_told_anew(street: Street, clock: Clock) -> None:
    await street.driver(phone=PHONE)
    number, _ = await street.start()
    clock.now = later(30)
    await street.meter(number, 30, 5000)
    clock.now = later(30) + timedelta(days=2)
    await street.look(await street.session())
    await street.settle(await street.session())
    await street.stop(number, 45, register_wh=9000)
    await street.settle(await street.session())
    assert sorted(await told(street)) == [
        (K.SESSION_CORRECTED, C.MAIL),
        (K.SESSION_ENDED, C.MAIL),
        (K.SESSION_ENDED, C.SMS),
    ]


@pytest.mark.step("C6")
async def test_a_car_that_keeps_the_place_is_told_once_and_at_night_too(street: Street, clock: Clock) -> None:
    await street.driver(phone=PHONE)
    await street.start()
    for minutes, doing in ((13 * 60, Doing.FULL), (13 * 60 + 10, Doing.CHARGING), (13 * 60 + 20, Doing.FULL)):
        clock.now = later(minutes)
        await street.told(Mark(clock.now, doing))
        await street.look(await street.session())
    (only,) = await street.rows(DriverNotice)
    assert (only.kind, only.channel, only.due_at) == (K.CAR_IDLE, C.SMS, later(13 * 60))


@pytest.mark.step("C5")
async def test_a_prepaid_driver_is_told_that_all_is_held_and_that_charging_is_stopped(
    street: Street, clock: Clock
) -> None:
    await street.driver(payment=Payment.PREPAID, balance="30", phone=PHONE)
    number, _ = await street.start()
    await street.look(await street.session())
    assert await told(street) == []
    for minutes in (120, 150):
        clock.now = later(minutes)
        guarded_wh = (await street.session()).guarded_wh
        assert guarded_wh is not None
        await street.meter(number, minutes, 1000 + guarded_wh)
        progress = await street.look(await street.session())
    low, *_ = await street.rows(DriverNotice)
    assert (low.kind, low.channel, low.data["held"]) == (K.CREDIT_LOW, C.SMS, "30.0000")
    assert progress.is_to_stop
    found = await street.session()
    for _ in range(2):
        await street.do(lambda work: session_process.ask_to_stop(work, found.id))
    assert await told(street) == [(K.CREDIT_LOW, C.SMS), (K.CREDIT_SPENT, C.SMS)]


@pytest.mark.step("S3", "S4")
async def test_cards_that_are_blocked_or_replaced_are_told_by_mail(street: Street) -> None:
    owner = await street.driver("NL-1", phone=PHONE)
    await street.give_card(owner, "NL-2")
    await street.do(lambda work: card.add(work, ImportedCard(number="NL-3", uid=uid_of("NL-3"))))

    async def report(work: Work) -> None:
        await card.block(work, await card.lock(work, "NL-1"), BlockReason.STOLEN)

    await street.do(report)
    name = subscriber.workflow_id(owner.id)
    await street.do(lambda work: process.begin(work, name, subscriber.WORKFLOW, owner.id, owner.reference))
    decision = ReplaceCard(decision_id="1", actor=STATION, correlation_id="test", old="NL-2", reason="lost")
    await street.do(lambda work: subscriber.replace_card(work, owner.id, decision))
    blocked, replaced = await street.rows(DriverNotice)
    assert (blocked.kind, blocked.channel, blocked.data["card"]) == (K.CARD_BLOCKED, C.MAIL, "NL-1")
    assert (replaced.kind, replaced.data["old"], replaced.data["card"]) == (K.CARD_REPLACED, "NL-2", "NL-3")


async def test_a_subscriber_is_told_as_they_have_chosen_and_by_text_in_the_morning(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver(phone=PHONE)
    wanted = NoticeWishes(channels={K.SESSION_ENDED: (C.SMS,), K.CAR_IDLE: ()}, quiet_since=time(11))
    await choose(street, owner, wanted)
    number, _ = await street.start()
    clock.now = later(30)
    await street.told(Mark(clock.now, Doing.FULL))
    await street.look(await street.session())
    clock.now = later(60)
    await street.stop(number)
    await street.settle(await street.session())
    (only,) = await street.rows(DriverNotice)
    assert (only.kind, only.channel) == (K.SESSION_ENDED, C.SMS)
    assert only.due_at == datetime(2026, 12, 1, 6, tzinfo=UTC)  # 07:00 in Amsterdam
    assert await street.do(lambda work: driver_delivery.take(work, 10)) == []
    await choose(street, owner, NoticeWishes())
    async with street.desk.work(STATION, "test") as work:
        shown = driver_notice.wishes(await driver_notices.choice_of(work.session, owner.id))
    assert shown == NoticeWishes()


async def test_without_a_number_of_ours_everything_goes_by_mail(street: Street, clock: Clock) -> None:
    street.desk = dataclasses.replace(street.desk, terms=dataclasses.replace(street.desk.terms, sms_number=""))
    await street.driver(phone=PHONE)
    await a_session(street, clock)
    await street.settle(await street.session())
    assert await told(street) == [(K.SESSION_ENDED, C.MAIL)]


async def choose(street: Street, owner: Subscriber, wanted: NoticeWishes) -> None:
    async def say(work: Work) -> None:
        await driver_notice.choose(work, await work.session.get_one(Subscriber, owner.id), wanted)

    await street.do(say)
