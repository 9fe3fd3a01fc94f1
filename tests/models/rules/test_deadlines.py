"""Working days: weekends, Dutch holidays and the clock change are stepped over (P2, P21)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.deadlines import TASK_DAYS, due_at
from models.rules.placement import PLACEMENT, PlacementStage

pytestmark = pytest.mark.step("P2", "P21")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DUTCH = holidays.country_holidays("NL", years=range(2025, 2032))
instants = st.integers(0, 6 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def due(start: str, days: int) -> datetime:
    return due_at(datetime.fromisoformat(start), days, DUTCH, AMSTERDAM)


@given(instants, st.integers(1, 30))
def test_a_deadline_is_close_of_business_on_a_working_day(start: datetime, days: int) -> None:
    local = due_at(start, days, DUTCH, AMSTERDAM).astimezone(AMSTERDAM)
    assert local.time() == time(17)
    assert local.weekday() < 5
    assert local.date() not in DUTCH


@given(instants, st.integers(1, 30))
def test_as_many_working_days_lie_between_as_were_given(start: datetime, days: int) -> None:
    first, last = start.astimezone(AMSTERDAM).date(), due_at(start, days, DUTCH, AMSTERDAM).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert len([day for day in between if day.weekday() < 5 and day not in DUTCH]) == days


@given(instants, st.integers(1, 20))
def test_a_day_more_is_never_due_earlier(start: datetime, days: int) -> None:
    assert due_at(start, days + 1, DUTCH, AMSTERDAM) > due_at(start, days, DUTCH, AMSTERDAM) > start


def test_a_weekend_is_stepped_over() -> None:
    assert due("2026-11-20T12:00:00Z", 1).date() == date(2026, 11, 23)


def test_kings_day_is_stepped_over() -> None:
    """27 April 2026 is a Monday."""
    assert due("2026-04-24T12:00:00Z", 1).date() == date(2026, 4, 28)


def test_christmas_and_new_year_are_stepped_over() -> None:
    assert due("2026-12-24T12:00:00Z", 1).date() == date(2026, 12, 28)
    assert due("2026-12-31T12:00:00Z", 1).date() == date(2027, 1, 4)


@pytest.mark.parametrize(
    ("start", "wanted"),
    [
        ("2026-03-27T12:00:00Z", "2026-03-30T15:00:00Z"),
        ("2026-10-23T12:00:00Z", "2026-10-26T16:00:00Z"),
    ],
)
def test_five_in_the_afternoon_stays_so_when_the_clock_changes(start: str, wanted: str) -> None:
    assert due(start, 1) == datetime.fromisoformat(wanted)


def test_the_day_is_the_one_of_the_zone() -> None:
    """Half past eleven in the evening UTC is the next day in Amsterdam."""
    assert due("2026-11-23T23:30:00Z", 1).date() == date(2026, 11, 25)


def test_only_what_people_decide_has_a_deadline() -> None:
    waiting = {state.name for state in PLACEMENT.states if state.waits_for in {"operations", "administration"}}
    assert set(TASK_DAYS) == waiting
    assert PlacementStage.IN_INSTALLATION not in TASK_DAYS
