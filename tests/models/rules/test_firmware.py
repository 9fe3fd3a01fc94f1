"""Firmware: in its window, not while it charges, in waves that stop by themselves."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import firmware
from models.rules.firmware import Counts, FirmwareState, Known, RollOut, Update, Wish, next_of, opens_at
from models.rules.wanted import BUSY_LOOKED_AT_AFTER, Rest

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
S = FirmwareState

pytestmark = pytest.mark.step("L5")


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy wants them naive
    st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda window: window[0] != window[1]),
)
def test_a_window_opens_within_a_day_at_its_hour_of_the_place_also_when_the_clocks_change(
    at: datetime, window: tuple[int, int]
) -> None:
    opens = opens_at(at, AMSTERDAM, window)
    assert at <= opens <= at + timedelta(hours=26)
    assert opens_at(opens, AMSTERDAM, window) - opens <= timedelta(hours=1)
    if opens > at:
        local = opens.astimezone(AMSTERDAM)
        # 02:00 is not there on the day on which summer time begins.
        assert (local.hour, local.minute) == (window[0], 0) or (local.month, window[0], local.hour) == (3, 2, 3)


@given(
    st.integers(1, 500),
    st.builds(RollOut, st.integers(1, 20), st.integers(1, 100), st.integers(0, 99)),
    st.lists(st.booleans(), max_size=500),
)
def test_a_roll_out_goes_in_waves_reaches_every_station_and_stops_when_too_many_fail(
    stations: int, plan: RollOut, failures: list[bool]
) -> None:
    counts, waves = Counts(stations), []
    outcomes = iter(failures)
    while (room := firmware.room(plan, counts)) and not firmware.is_to_halt(plan, counts):
        waves.append(room)
        under_way = Counts(stations, room, counts.done, counts.failed)
        assert firmware.room(plan, under_way) == 0
        failed = sum(next(outcomes, False) for _ in range(room))
        counts = Counts(stations, 0, counts.done + room - failed, counts.failed + failed)
    assert waves[0] == min(plan.first, stations)
    assert len(waves) <= 3
    if not firmware.is_to_halt(plan, counts):
        assert counts.finished == stations
        assert counts.failed * 100 <= plan.failure_limit_percent * stations


def test_one_failure_in_the_first_wave_stops_it_and_one_of_a_hundred_does_not() -> None:
    assert firmware.is_to_halt(RollOut(), Counts(100, failed=1))
    assert not firmware.is_to_halt(RollOut(), Counts(100, done=99, failed=1))
    assert not firmware.is_to_halt(RollOut(), Counts(100))


def test_a_station_is_updated_only_when_nothing_stands_against_it() -> None:
    wish, known = Wish("2.0"), Known(running="1.4.2")

    def step(wish: Wish = wish, known: Known = known, *, charging: bool = False, room: int = 1) -> Update | Rest:
        return next_of(wish, known, NOW, AMSTERDAM, charging=charging, room=room)

    assert step() == Update()
    assert step(charging=True) == Rest(NOW + BUSY_LOOKED_AT_AFTER)
    assert step(room=0) == Rest(NOW + timedelta(days=1))
    assert step(known=Known(S.FAILED, "1.4.2"), room=0) == Update()
    assert step(known=Known(S.FAILED, "1.4.2", again_at=NOW + timedelta(hours=1))) == Rest(NOW + timedelta(hours=1))
    assert step(known=Known(running="2.0")) == Rest(None)
    assert step(Wish("2.0", halted=True)) == Rest(None)
    assert step(Wish("2.0", not_before=NOW + timedelta(days=2))) == Rest(NOW + timedelta(days=2))
    night = datetime(2026, 12, 2, 0, tzinfo=UTC)
    assert step(Wish("2.0", window=(1, 5))) == Rest(night)
    assert step(known=Known(S.UNDER_WAY, "1.4.2", asked_at=NOW)) == Rest(NOW + firmware.GIVEN_UP_AFTER)


@pytest.mark.parametrize("word", ["DownloadFailed", "InstallationFailed", "InvalidSignature"])
def test_the_words_that_end_an_update(word: str) -> None:
    assert firmware.has_failed(word)
    assert not firmware.has_failed("Downloading")
