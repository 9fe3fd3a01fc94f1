"""What drivers are told, by which channel and when; and how long it is tried (N)."""

from datetime import UTC, datetime, time, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.driver_notice import (
    BY_DEFAULT,
    LONGEST_WAIT,
    QUIET_SINCE,
    QUIET_UNTIL,
    URGENT,
    channels,
    moved,
    not_before,
    tried_until,
    wait,
)
from models.rules.driver_notice import (
    DriverChannel as C,
)
from models.rules.driver_notice import (
    DriverNoticeKind as K,
)
from models.rules.driver_notice import (
    DriverNoticeState as S,
)

pytestmark = pytest.mark.step("N")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
USUAL = (QUIET_SINCE, QUIET_UNTIL)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 2 * 366 * 24 * 3600).map(lambda seconds: BEGIN + timedelta(seconds=seconds))
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
ZONES = st.sampled_from([AMSTERDAM, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata"), ZoneInfo("UTC")])


def test_every_kind_has_channels_that_are_usual() -> None:
    assert set(BY_DEFAULT) == set(K)
    assert all(BY_DEFAULT.values())


@pytest.mark.parametrize("kind", [kind for kind in K if kind is not K.SUBSCRIPTION_OPENED])
def test_whoever_has_no_phone_is_told_by_mail(kind: K) -> None:
    assert channels(kind, None, has_phone=False) == (C.MAIL,)


def test_the_opening_is_told_twice_by_mail_to_nobody() -> None:
    assert channels(K.SUBSCRIPTION_OPENED, None, has_phone=False) == ()
    assert channels(K.SUBSCRIPTION_OPENED, None, has_phone=True) == (C.SMS,)


def test_what_is_chosen_holds_and_may_be_nothing() -> None:
    assert channels(K.SESSION_ENDED, [C.SMS], has_phone=True) == (C.SMS,)
    assert channels(K.CAR_IDLE, [], has_phone=True) == ()
    assert channels(K.CAR_IDLE, [C.MAIL, C.SMS], has_phone=False) == (C.MAIL,)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-30T20:59:59", None),
        ("2026-11-30T21:00:00", "2026-12-01T06:00:00"),
        ("2026-12-01T00:30:00", "2026-12-01T06:00:00"),
        ("2026-12-01T06:00:00", None),
        ("2026-10-24T21:30:00", "2026-10-25T06:00:00"),  # that night the clock goes back
        ("2026-03-28T22:30:00", "2026-03-29T05:00:00"),  # and this one forward
    ],
)
def test_a_text_waits_for_the_end_of_the_night_by_the_subscribers_clock(at: str, until: str | None) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    expected = now if until is None else datetime.fromisoformat(until).replace(tzinfo=UTC)
    assert not_before(K.SESSION_ENDED, C.SMS, now, AMSTERDAM, USUAL) == expected


@given(INSTANTS, ZONES, TIMES, TIMES)
def test_a_text_that_can_wait_is_never_due_in_quiet_hours_nor_put_off_beyond_a_day(
    now: datetime, zone: ZoneInfo, since: time, until: time
) -> None:
    due = not_before(K.SESSION_ENDED, C.SMS, now, zone, (since, until))
    assert now <= due <= now + timedelta(hours=25)
    local = due.astimezone(zone).time()
    if since < until:
        assert not since <= local < until
    elif since > until:
        assert until <= local < since
    else:
        assert due == now


@given(INSTANTS, ZONES, st.sampled_from([*URGENT, None]))
def test_what_is_urgent_an_answer_or_a_mail_waits_for_nothing(now: datetime, zone: ZoneInfo, kind: K | None) -> None:
    assert not_before(kind, C.SMS, now, zone, USUAL) == now
    assert not_before(K.SESSION_ENDED, C.MAIL, now, zone, USUAL) == now


def test_what_is_urgent_is_of_no_use_later() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    assert tried_until(K.CAR_IDLE, C.SMS, now) == tried_until(None, C.SMS, now) == now + timedelta(minutes=30)
    assert tried_until(K.SESSION_ENDED, C.SMS, now) == now + timedelta(days=1)
    assert tried_until(K.SESSION_ENDED, C.MAIL, now) == now + timedelta(days=3)


@given(st.integers(0, 10_000), st.none() | st.floats(0, 1e9))
def test_tries_come_less_and_less_often_up_to_an_hour(attempts: int, asked_s: float | None) -> None:
    assert timedelta(0) < wait(attempts, asked_s) <= LONGEST_WAIT
    assert wait(attempts + 1, None) >= wait(attempts, None)


@pytest.mark.parametrize("final", [S.DELIVERED, S.FAILED])
def test_in_whatever_order_the_provider_tells_the_first_final_word_stands(final: S) -> None:
    for order in permutations([S.SENT, final, S.SENT]):
        state = S.SENDING
        for told in order:
            state = moved(state, told)
        assert state is final
    assert moved(S.DELIVERED, S.FAILED) is S.DELIVERED
