"""The parts of high-rate tables: which are wanted, and when one is over."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.partitions import AHEAD, Part, Span, is_over, part_of, wanted

NOW = datetime(2026, 12, 30, 23, 30, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("span", "day", "part"),
    [
        (Span.DAY, date(2028, 2, 28), Part(date(2028, 2, 28), date(2028, 2, 29))),
        (Span.WEEK, date(2027, 1, 3), Part(date(2026, 12, 28), date(2027, 1, 4))),
        (Span.MONTH, date(2026, 12, 31), Part(date(2026, 12, 1), date(2027, 1, 1))),
    ],
)
def test_a_day_lies_in_its_part(span: Span, day: date, part: Part) -> None:
    assert part_of(span, day) == part
    assert part.name("raw_frame") == f"raw_frame_{part.start:%Y%m%d}"


@given(st.sampled_from(Span), st.dates(date(2015, 1, 1), date(2200, 1, 1)))
def test_every_day_lies_in_one_part_that_meets_the_next(span: Span, day: date) -> None:
    part = part_of(span, day)
    assert part.start <= day < part.end
    assert part_of(span, part.end).start == part.end
    assert part_of(span, part.start) == part_of(span, part.end - timedelta(days=1)) == part


@given(st.sampled_from(Span), st.dates(date(2016, 1, 1), date(2200, 1, 1)))
def test_the_parts_wanted_reach_two_weeks_ahead_without_a_gap(span: Span, day: date) -> None:
    now = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
    parts = wanted(span, now, (), YEAR)
    assert parts[0].start <= now.date()
    assert parts[-1].end > (now + AHEAD).date()
    assert all(one.end == other.start for one, other in pairwise(parts))


def test_days_whose_rows_have_no_part_yet_get_one_unless_they_are_too_old() -> None:
    days = [date(2026, 3, 5), date(2020, 1, 1), date(2026, 3, 7)]
    assert wanted(Span.MONTH, NOW, days, YEAR) == [
        Part(date(2026, 3, 1), date(2026, 4, 1)),
        Part(date(2026, 12, 1), date(2027, 1, 1)),
        Part(date(2027, 1, 1), date(2027, 2, 1)),
    ]


def test_a_part_is_over_when_its_last_moment_is_older_than_what_is_kept() -> None:
    part = Part(date(2026, 11, 1), date(2026, 12, 1))
    assert not is_over(part, datetime(2026, 12, 30, 23, 59, tzinfo=UTC), timedelta(days=30))
    assert is_over(part, datetime(2026, 12, 31, tzinfo=UTC), timedelta(days=30))
