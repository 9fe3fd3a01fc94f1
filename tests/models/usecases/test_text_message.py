"""A driver charges by text message, and is answered once, whoever they are and however they write (C3)."""

import dataclasses
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from models.messages.station import CommandOutcome
from models.rules.driver_notice import DriverChannel
from models.rules.subscriber import Payment, SubscriberStage
from models.rules.text_message import ANSWERED_AT_MOST, STRANGERS_ANSWERED_AT_MOST, SmsAnswer
from models.rules.vend import Vend
from models.store import assets
from models.tables.asset import Evse, StationConnection
from models.tables.command import AskedCommand
from models.tables.driver_notice import DriverNotice
from models.tables.subscriber import Subscriber
from models.tables.text_message import TextMessage
from models.usecases import card, command, driver_delivery, text_message, vend
from models.usecases.driver_delivery import Outcome
from models.usecases.work import Work
from tests.charging import Clock, Street, later
from tests.sandbox_programs import SMS_NUMBER
from tests.subscribing import uid_of

pytestmark = pytest.mark.step("C3")
A = SmsAnswer
PHONE, STRANGER = "+31612345678", "+31687654321"


@pytest.fixture
async def street(street: Street) -> Street:
    """Of an operator with a number to text, at a station that is connected."""
    terms = dataclasses.replace(street.desk.terms, sms_number=SMS_NUMBER)
    street.desk = dataclasses.replace(street.desk, terms=terms)
    await street.do(lambda work: connect(work, street))
    return street


async def connect(work: Work, street: Street) -> None:
    held = StationConnection(
        asset_id=street.asset.id,
        connection_id="1",
        node="n1",
        remote_ip="127.0.0.1",
        protocol="ocpp1.6",
        connected_at=work.now,
    )
    work.session.add(held)


async def text(street: Street, words: str, phone: str = PHONE, provider_id: str = "") -> None:
    sid = provider_id or f"SM{uuid.uuid4().hex}"
    await street.do(lambda work: text_message.receive(work, sid, phone, words))


async def answers(street: Street) -> list[tuple[str, dict[str, Any]]]:
    """All that were given, with what they tell."""
    rows = await street.rows(DriverNotice)
    assert {each.channel for each in rows} <= {DriverChannel.SMS}
    return [(each.kind, each.data) for each in rows if each.kind in set(SmsAnswer)]


async def answered(street: Street, outcome: str) -> None:
    """The station answers what it was asked last."""
    asked = (await street.rows(AskedCommand))[-1]
    await street.do(lambda work: command.dispatch(work, asked.id))
    await street.do(lambda work: command.note_outcome(work, asked.id, CommandOutcome(outcome=outcome)))


async def kinds(street: Street) -> Sequence[str]:
    return [kind for kind, _ in await answers(street)]


async def test_a_text_starts_the_session_and_stop_ends_it_each_answered_when_the_station_has_answered(
    street: Street, clock: Clock
) -> None:
    await street.driver(phone=PHONE)
    await text(street, f"start {street.asset.name.lower()}")
    assert await answers(street) == []
    (asked,) = await street.rows(AskedCommand)
    assert (asked.kind, asked.arguments["token"], asked.asked_by_name) == ("start_charging", uid_of("NL-1"), "station")
    await answered(street, "accepted")
    ((kind, said),) = await answers(street)
    assert (kind, said["station"]) == (A.STARTS, street.asset.name)
    number, _ = await street.start()
    clock.now = later(30)
    await text(street, "Stop!")
    assert [(each.kind, each.arguments) for each in await street.rows(AskedCommand)][1] == (
        "stop_charging",
        {"transaction": number},
    )
    await answered(street, "accepted")
    assert await kinds(street) == [A.STARTS, A.STOPS]
    first, second = await street.rows(TextMessage)
    assert (first.answer, second.answer, first.asset_id) == (A.STARTS, A.STOPS, street.asset.id)


async def test_a_text_that_is_told_again_is_one(street: Street) -> None:
    await street.driver(phone=PHONE)
    for _ in range(3):
        await text(street, f"START {street.asset.name}", provider_id="SM1")
    assert len(await street.rows(AskedCommand)) == 1
    await answered(street, "accepted")
    await text(street, f"START {street.asset.name}", provider_id="SM1")
    assert await kinds(street) == [A.STARTS]


async def test_a_stranger_is_answered_a_few_times_and_their_number_not_kept(street: Street) -> None:
    await street.driver(phone=PHONE)
    for _ in range(STRANGERS_ANSWERED_AT_MOST + 3):
        await text(street, f"START {street.asset.name}", phone=STRANGER)
    assert await kinds(street) == [A.STRANGER] * STRANGERS_ANSWERED_AT_MOST
    assert await street.rows(AskedCommand) == []
    for due in await street.do(lambda work: driver_delivery.take(work, 10)):
        assert due.phone == STRANGER
        notice_id = due.notice.id
        await street.do(lambda work: driver_delivery.note_outcome(work, notice_id, Outcome(provider_id="SM1")))  # noqa: B023
        told = driver_delivery.S.DELIVERED
        await street.do(lambda work: driver_delivery.note_status(work, notice_id, "SM1", told, None))  # noqa: B023
    kept = [each.model_dump() for table in (DriverNotice, TextMessage) for each in await street.rows(table)]
    assert STRANGER not in str(kept)


async def test_two_machines_do_not_answer_each_other_for_ever(street: Street, clock: Clock) -> None:
    await street.driver(phone=PHONE)
    for _ in range(ANSWERED_AT_MOST + 5):
        await text(street, "We are closed until Monday")
    assert await kinds(street) == [A.NOT_UNDERSTOOD] * ANSWERED_AT_MOST
    clock.now += timedelta(hours=2)
    await text(street, "HELP")
    assert (await kinds(street))[-1] == A.HOW_TO


async def test_a_station_that_nobody_knows_or_that_is_away_starts_nothing(street: Street) -> None:
    await street.driver(phone=PHONE)
    for words in ("START NL-XXX-999999", "START", "start here"):
        await text(street, words)

    async def leave(work: Work) -> None:
        await work.session.delete(await work.session.get_one(StationConnection, street.asset.id))

    await street.do(leave)
    await text(street, street.asset.name)
    assert await kinds(street) == [A.STATION_UNKNOWN] * 3 + [A.STATION_AWAY]
    assert await street.rows(AskedCommand) == []


async def test_the_evse_that_is_named_is_the_one_that_starts(street: Street) -> None:
    await street.driver(phone=PHONE)
    (evse, *_) = await street.rows(Evse)
    await text(street, f"start {evse.evse_id.lower().replace('*', ' ')}")
    (asked,) = await street.rows(AskedCommand)
    assert asked.arguments["connector"] == evse.connector


@pytest.mark.step("C5")
async def test_without_credit_or_while_suspended_the_reason_is_answered(street: Street) -> None:
    owner = await street.driver(payment=Payment.PREPAID, balance="1", phone=PHONE)
    await text(street, f"START {street.asset.name}")

    async def suspend(work: Work) -> None:
        row = await work.session.get_one(Subscriber, owner.id)
        row.stage = SubscriberStage.SUSPENDED
        await card.settle(work, row)

    await street.do(suspend)
    await text(street, f"START {street.asset.name}")
    assert [(kind, said["why"]) for kind, said in await answers(street)] == [
        (A.START_REFUSED, "no_credit"),
        (A.START_REFUSED, "blocked"),
    ]
    assert await street.rows(AskedCommand) == []


@pytest.mark.parametrize("outcome", ["rejected", "timed_out"])
async def test_a_station_that_does_not_start_is_answered_so(street: Street, outcome: str) -> None:
    await street.driver(phone=PHONE)
    await text(street, f"START {street.asset.name}")
    await answered(street, outcome)
    assert await kinds(street) == [A.START_FAILED]


async def test_stop_and_status_of_nothing_say_so_and_status_tells_energy_and_price_so_far(
    street: Street, clock: Clock
) -> None:
    await street.driver(payment=Payment.PREPAID, balance="40", phone=PHONE)
    await text(street, "STOP")
    await text(street, "status")
    number, _ = await street.start()
    await street.look(await street.session())
    clock.now = later(30)
    await street.meter(number, 30, 5000)
    await text(street, "Stand?")
    (_, stop), (_, quiet), (kind, said) = await answers(street)
    assert "available" not in stop
    assert (quiet["available"], quiet["currency"]) == ("40.0000", "EUR")
    assert (kind, said["energy_wh"], said["gross"]) == (A.CHARGES, 4000, "2.00")


async def test_of_several_sessions_stop_needs_the_stations_name(street: Street) -> None:
    owner = await street.driver(phone=PHONE)
    await street.give_card(owner, "NL-2")
    await street.start("NL-1")
    await street.start("NL-2", connector=2)
    await text(street, "STOP")
    ((kind, said),) = await answers(street)
    assert kind == A.SEVERAL_CHARGE
    assert said["stations"] == f"{street.asset.name}, {street.asset.name}"
    assert await street.rows(AskedCommand) == []


@pytest.mark.step("S7")
async def test_without_credit_a_text_starts_at_a_free_station_and_says_that_it_is_free_of_charge(
    street: Street,
) -> None:
    await street.driver(phone=PHONE, payment=Payment.PREPAID)
    await text(street, f"START {street.asset.name}")
    assert await kinds(street) == [A.START_REFUSED]

    async def set_free(work: Work) -> None:
        await vend.set_terms(work, await assets.lock(work.session, street.asset.id), Vend.FREE)

    await street.do(set_free)
    await text(street, f"START {street.asset.name}")
    await answered(street, "accepted")
    await street.start()
    await text(street, "STATUS")
    assert [(kind, said["is_billed"]) for kind, said in (await answers(street))[1:]] == [
        (A.STARTS, False),
        (A.CHARGES, False),
    ]
