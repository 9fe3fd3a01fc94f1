"""When a crew comes, and what stands against it (P10)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.planning import (
    HARD,
    WINDOW_LIMIT,
    Booking,
    ConflictKind,
    Plan,
    Shortage,
    Situation,
    Window,
    conflicts,
    local_day,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TUESDAY = date(2026, 12, 8)
NO_HOLIDAY = dict[date, str]().get

instants = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - strategies take bare bounds
lengths = st.timedeltas(timedelta(minutes=1), WINDOW_LIMIT)
windows = st.builds(lambda start, length: Window(start, start + length), instants, lengths)
timed = windows.map(lambda window: Plan(local_day(window.starts_at, AMSTERDAM), window))
plans = timed | st.dates(date(2026, 1, 1), date(2028, 1, 1)).map(Plan)


def hours(first: int, last: int, day: date = TUESDAY) -> Plan:
    """From the first to the last of these hours, by the clock where the stations stand."""
    at = datetime.combine(day, datetime.min.time(), tzinfo=AMSTERDAM)
    return Plan(day, Window(at.replace(hour=first), at.replace(hour=last)))


def found(plan: Plan, situation: Situation) -> list[ConflictKind]:
    return [conflict.kind for conflict in conflicts(plan, situation, NO_HOLIDAY, AMSTERDAM)]


def booked(*others: Plan) -> Situation:
    return Situation(crew="North", bookings=[Booking(f"WO-{place}", each) for place, each in enumerate(others)])


@pytest.mark.step("P10")
@given(windows, windows)
def test_two_windows_overlap_for_both_or_for_neither(one: Window, other: Window) -> None:
    assert one.overlaps(other) == other.overlaps(one)
    both = max(one.starts_at, other.starts_at) < min(one.ends_at, other.ends_at)
    assert one.overlaps(other) == both


@pytest.mark.step("P10")
@given(windows, lengths)
def test_a_crew_that_leaves_when_the_next_work_begins_is_in_nobodys_way(window: Window, length: timedelta) -> None:
    assert not window.overlaps(Window(window.ends_at, window.ends_at + length))
    assert window.overlaps(window)


@pytest.mark.step("P10")
@given(plans, plans)
def test_a_crew_is_busy_only_where_the_hours_of_both_are_known_and_overlap(one: Plan, other: Plan) -> None:
    kinds = found(one, booked(other))
    overlap = one.span(AMSTERDAM).overlaps(other.span(AMSTERDAM))
    both_timed = one.window is not None and other.window is not None
    assert (ConflictKind.CREW_BUSY in kinds) == (overlap and both_timed)
    assert (ConflictKind.CREW_SAME_DAY in kinds) == (overlap and not both_timed)
    back = found(other, booked(one))
    assert (ConflictKind.CREW_BUSY in back) == (ConflictKind.CREW_BUSY in kinds)


@pytest.mark.step("P10")
@given(plans, st.lists(plans, max_size=4), st.dates(date(2026, 1, 1), date(2028, 1, 1)))
def test_hard_conflicts_come_first_and_name_the_other_work_order(
    plan: Plan, others: list[Plan], grid_date: date
) -> None:
    situation = Situation("North", booked(*others).bookings, grid_date, [Shortage("DUO-22", 2, 1)])
    said = conflicts(plan, situation, NO_HOLIDAY, AMSTERDAM)
    assert [each.hard for each in said] == sorted((each.hard for each in said), reverse=True)
    for each in said:
        assert each.hard == (each.kind in HARD)
        assert not each.hard or (each.work_order and each.work_order in each.detail)


@pytest.mark.step("P10")
@given(plans)
def test_a_plan_is_there_on_each_of_its_days_and_on_no_other(plan: Plan) -> None:
    days = list(plan.days(AMSTERDAM))
    span = plan.span(AMSTERDAM)
    assert days[0] == plan.day
    assert days == sorted(set(days))
    assert days[0] == local_day(span.starts_at, AMSTERDAM)
    assert days[-1] == local_day(span.ends_at - timedelta(microseconds=1), AMSTERDAM)


@pytest.mark.step("P10")
def test_a_day_without_hours_is_as_long_as_the_clock_makes_it() -> None:
    spring, autumn = Plan(date(2027, 3, 28)), Plan(date(2026, 10, 25))
    for plan, length in ((spring, 23), (autumn, 25), (Plan(TUESDAY), 24)):
        span = plan.span(AMSTERDAM)
        assert span.ends_at.astimezone(UTC) - span.starts_at.astimezone(UTC) == timedelta(hours=length)


@pytest.mark.step("P10")
def test_the_other_work_order_is_named_with_its_hours() -> None:
    (said,) = conflicts(hours(8, 12), booked(hours(11, 15)), NO_HOLIDAY, AMSTERDAM)
    assert said.detail == "North is planned for WO-0 at the same time, 2026-12-08 11:00 to 15:00"
    assert (said.hard, said.work_order) == (True, "WO-0")


@pytest.mark.step("P10")
def test_a_whole_day_beside_hours_is_said_and_let_through() -> None:
    assert found(hours(8, 12), booked(Plan(TUESDAY))) == [ConflictKind.CREW_SAME_DAY]
    assert found(Plan(TUESDAY), booked(hours(8, 12))) == [ConflictKind.CREW_SAME_DAY]
    assert found(Plan(TUESDAY), booked(Plan(TUESDAY + timedelta(days=1)))) == []


@pytest.mark.step("P10")
def test_weekends_and_holidays_are_said_with_their_name() -> None:
    christmas = {date(2026, 12, 25): "Christmas Day"}.get
    friday = datetime(2026, 12, 25, 9, tzinfo=AMSTERDAM)
    plan = Plan(friday.date(), Window(friday, friday + timedelta(days=2)))
    said = [conflict.detail for conflict in conflicts(plan, Situation(), christmas, AMSTERDAM)]
    assert said == [
        "2026-12-25 is no working day: Christmas Day",
        "2026-12-26 is no working day: Saturday",
        "2026-12-27 is no working day: Sunday",
    ]
    assert found(Plan(TUESDAY), Situation()) == []


@pytest.mark.step("P10")
def test_a_day_before_the_grid_operators_is_said() -> None:
    before, on = Situation(grid_date=TUESDAY + timedelta(days=1)), Situation(grid_date=TUESDAY)
    assert found(Plan(TUESDAY), before) == [ConflictKind.BEFORE_GRID_DATE]
    assert found(Plan(TUESDAY), on) == []


@pytest.mark.step("P10", "P11")
def test_hardware_that_is_still_in_the_warehouse_is_said_by_product() -> None:
    situation = Situation(shortages=[Shortage("DUO-22", 2, 1)])
    (said,) = conflicts(Plan(TUESDAY), situation, NO_HOLIDAY, AMSTERDAM)
    assert (said.kind, said.hard) == (ConflictKind.HARDWARE_MISSING, False)
    assert "1 of 2 DUO-22" in said.detail
