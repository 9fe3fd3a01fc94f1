"""Where a place's clock passes a time of day, also on the days on which it is changed."""

from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.local_clock import DAY_S, Window, borders

pytestmark = pytest.mark.step("C10")

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia", "America/St_Johns")


def day_of(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // DAY_S


def told(zone: ZoneInfo, day: str, *times: time) -> list[str]:
    return [datetime.fromtimestamp(at, UTC).strftime("%H:%M") for at in borders(zone, day_of(day), times)]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2026-03-02", ["00:00", "01:30", "08:00"]),
        ("2026-03-29", ["00:00", "00:30", "01:00", "01:30", "07:00"]),  # 02:30 never comes; 01:00 is the change
        ("2026-10-25", ["00:00", "00:30", "01:00", "01:30", "08:00"]),  # 02:30 comes twice
    ],
)
def test_a_time_of_day_is_passed_once_twice_or_never(day: str, found: list[str]) -> None:
    assert told(BERLIN, day, time(2, 30), time(9)) == found


def test_a_change_is_found_to_the_second() -> None:
    assert told(ZoneInfo("Australia/Lord_Howe"), "2026-10-03") == ["00:00", "15:30"]


@given(st.sampled_from(ZONES).map(ZoneInfo), st.integers(0, 400), st.integers(0, 23), st.integers(0, 59))
def test_between_two_borders_nothing_that_is_asked_of_the_clock_changes(
    zone: ZoneInfo, days: int, hour: int, minute: int
) -> None:
    day = day_of("2026-01-01") + days
    window = Window(since=time(hour, minute), until=time(17), days=frozenset({0, 2, 4, 6}))
    found = [*borders(zone, day, window.times), (day + 1) * DAY_S]

    for since, until in pairwise(found):
        first = window.holds(datetime.fromtimestamp(since, zone))
        assert all(window.holds(datetime.fromtimestamp(at, zone)) is first for at in range(since, until, 300))


@pytest.mark.parametrize(
    ("window", "at", "holds"),
    [
        (Window(), "2026-03-02T00:00", True),
        (Window(since=time(9), until=time(17)), "2026-03-02T09:00", True),
        (Window(since=time(9), until=time(17)), "2026-03-02T17:00", False),
        (Window(since=time(22), until=time(6)), "2026-03-02T05:59", True),
        (Window(since=time(22), until=time(6)), "2026-03-02T06:00", False),
        (Window(since=time(22), until=time(0)), "2026-03-02T23:59", True),
        (Window(since=time(22), until=time(0)), "2026-03-02T00:00", False),
        (Window(since=time(22)), "2026-03-02T21:59", False),
        (Window(until=time(6)), "2026-03-02T00:00", True),
        (Window(first=date(2026, 3, 2)), "2026-03-01T23:59", False),
        (Window(end=date(2026, 3, 2)), "2026-03-01T23:59", True),
        (Window(end=date(2026, 3, 2)), "2026-03-02T00:00", False),
        (Window(days=frozenset({6})), "2026-03-02T00:00", False),
    ],
)
def test_a_window_holds_from_its_beginning_to_before_its_end(window: Window, at: str, holds: bool) -> None:
    assert window.holds(datetime.fromisoformat(at).replace(tzinfo=UTC)) is holds
