"""Working days: weekends, Dutch holidays and the clock change are stepped over (P2, P21)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import deadlines
from models.rules.access import Role
from models.rules.deadlines import DEFAULTS, MACHINES, due_at, remind_at
from models.rules.placement import PLACEMENT, PlacementStage
from models.rules.work_order import WORK_ORDER, WorkOrderStage

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


countries = st.sampled_from(["NL", "DE", "BE", "GB", "US"])


@given(instants, st.integers(1, 60), countries)
def test_a_deadline_never_falls_on_a_holiday_of_its_country_whatever_the_year(
    start: datetime, days: int, country: str
) -> None:
    """The calendar fills in the years that the count reaches."""
    calendar = holidays.country_holidays(country)
    day = due_at(start, days, calendar, AMSTERDAM).date()
    assert day not in holidays.country_holidays(country, years=day.year)


@given(instants, st.integers(1, 30), st.integers(1, 10))
def test_a_reminder_comes_between_the_start_and_the_deadline_on_a_working_morning(
    start: datetime, days: int, before: int
) -> None:
    due = due_at(start, days, DUTCH, AMSTERDAM)
    reminder = remind_at(start, due, before, DUTCH, AMSTERDAM)
    assert reminder is not None
    assert start < reminder < due
    local = reminder.astimezone(AMSTERDAM)
    assert local.time() == time(9)
    assert local.weekday() < 5
    assert local.date() not in DUTCH


@given(instants, st.integers(2, 30), st.integers(1, 10))
def test_a_reminder_lies_as_many_working_days_before_as_were_asked_for_where_there_are_so_many(
    start: datetime, days: int, before: int
) -> None:
    due = due_at(start, days, DUTCH, AMSTERDAM)
    reminder = remind_at(start, due, before, DUTCH, AMSTERDAM)
    assert reminder is not None
    if before < days:
        assert due_at(reminder, before, DUTCH, AMSTERDAM) == due
    elif before > days:
        assert reminder.astimezone(AMSTERDAM).date() == due.date()


def test_nobody_is_reminded_of_what_is_over() -> None:
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for due in (start - timedelta(days=3), start, start + timedelta(hours=2)):
        assert remind_at(start, due, 1, DUTCH, AMSTERDAM) is None


def test_every_stage_in_which_somebody_is_awaited_has_a_deadline_and_no_other() -> None:
    waiting = {
        (process, state.name) for process, machine in MACHINES.items() for state in machine.states if state.waits_for
    }
    assert set(DEFAULTS) == waiting
    assert waiting >= deadlines.TOLD_ELSEWHERE
    assert all(term.remind_before_days < term.working_days for term in DEFAULTS.values() if term.working_days > 1)


def test_a_stage_that_has_ended_has_no_deadline() -> None:
    assert deadlines.default_term("placement", PlacementStage.OPERATING) is None
    assert deadlines.default_term("placement", PlacementStage.SUBMITTED) is not None


def test_a_stage_waits_for_a_role_or_for_somebody_outside() -> None:
    assert deadlines.awaited_role(PLACEMENT, PlacementStage.SUBMITTED) is Role.OPERATIONS
    assert deadlines.awaited_role(WORK_ORDER, WorkOrderStage.OPEN) is Role.INSTALLER
    assert deadlines.awaited_role(PLACEMENT, PlacementStage.GRID_REQUESTED) is None


def test_what_is_overdue_goes_from_role_to_role_and_ends_with_administration() -> None:
    for role in Role:
        passed_on = [role]
        while (to := deadlines.ESCALATED_TO.get(passed_on[-1])) is not None:
            assert to not in passed_on
            passed_on.append(to)
        assert passed_on[-1] is Role.ADMINISTRATION
