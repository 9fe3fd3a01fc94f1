"""A notice to a driver is tried while it is of use, and followed until it has arrived or failed (N)."""

from datetime import timedelta

import pytest

from models.messages.driver_notice import NoticeWishes
from models.rules.driver_notice import DriverChannel as C
from models.rules.driver_notice import DriverNoticeKind as K
from models.rules.driver_notice import DriverNoticeState as S
from models.tables.driver_notice import DriverNotice
from models.usecases import driver_delivery
from models.usecases.driver_delivery import NOBODY_KNOWS, Outcome
from tests.charging import Clock, Street
from tests.models.usecases.test_driver_notice import PHONE, a_session, choose, street

__all__ = ["street"]
pytestmark = pytest.mark.step("N")


async def test_a_notice_that_can_not_be_sent_in_time_has_failed_and_says_why(street: Street, clock: Clock) -> None:
    await street.driver(phone=PHONE)
    await a_session(street, clock)
    await street.settle(await street.session())
    taken = await street.do(lambda work: driver_delivery.take(work, 10))
    assert len(taken) == 2
    for due in taken:
        notice_id = due.notice.id
        await street.do(lambda work: driver_delivery.note_outcome(work, notice_id, Outcome(error="away")))  # noqa: B023
    assert await street.do(lambda work: driver_delivery.take(work, 10)) == []
    clock.now += timedelta(days=2)
    (mail,) = await street.do(lambda work: driver_delivery.take(work, 10))
    assert (mail.notice.channel, mail.notice.attempts) == (C.MAIL, 2)
    clock.now += timedelta(days=2)
    assert await street.do(lambda work: driver_delivery.take(work, 10)) == []
    rows = {each.channel: each for each in await street.rows(DriverNotice)}
    assert {each.state for each in rows.values()} == {S.FAILED}
    assert rows[C.SMS].error == "away"


async def test_what_a_worker_that_died_has_taken_is_taken_again_by_another(street: Street, clock: Clock) -> None:
    await street.driver()
    await a_session(street, clock)
    await street.settle(await street.session())
    assert len(await street.do(lambda work: driver_delivery.take(work, 10))) == 1
    assert await street.do(lambda work: driver_delivery.take(work, 10)) == []
    clock.now += timedelta(minutes=2)
    assert len(await street.do(lambda work: driver_delivery.take(work, 10))) == 1


async def test_a_provider_that_keeps_silent_is_asked_less_and_less_and_in_the_end_no_more(
    street: Street, clock: Clock
) -> None:
    owner = await street.driver(phone=PHONE)
    await choose(street, owner, NoticeWishes(channels={K.SESSION_ENDED: (C.SMS,)}))
    await a_session(street, clock)
    await street.settle(await street.session())
    (due,) = await street.do(lambda work: driver_delivery.take(work, 10))
    await street.do(lambda work: driver_delivery.note_outcome(work, due.notice.id, Outcome(provider_id="SM1")))
    asked, sent_at = 0, clock.now
    while clock.now < sent_at + timedelta(days=2):
        clock.now += timedelta(minutes=5)
        asked += len(await street.do(lambda work: driver_delivery.take_unknown(work, 10)))
    (only,) = await street.rows(DriverNotice)
    assert 5 < asked < 15
    assert (only.state, only.error) == (S.SENT, NOBODY_KNOWS)
