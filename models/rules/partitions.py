"""High-rate tables are cut by time: into which parts, how far ahead, and how long each is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

AHEAD = timedelta(days=14)
"""Parts are made for so long beforehand: whoever makes them may be away for days."""


class Span(StrEnum):
    """What one part holds. A few dozen parts in the time that a table is kept serve best."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Part:
    """From ``start`` until before ``end``, in UTC."""

    start: date
    end: date

    def name(self, table: str) -> str:
        return f"{table}_{self.start:%Y%m%d}"


def part_of(span: Span, day: date) -> Part:
    """The part in which the day lies; weeks begin on Monday."""
    if span is Span.DAY:
        return Part(day, day + timedelta(days=1))
    if span is Span.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Part(monday, monday + timedelta(days=7))
    first = day.replace(day=1)
    return Part(first, (first + timedelta(days=32)).replace(day=1))


def wanted(span: Span, now: datetime, days_with_rows: Iterable[date], kept: timedelta) -> list[Part]:
    """The parts from today until AHEAD, and those of days whose rows stand nowhere else yet and are still kept."""
    oldest = (now - kept).astimezone(UTC).date()
    today = now.astimezone(UTC).date()
    days = {*_days(today, today + AHEAD), *(day for day in days_with_rows if day >= oldest)}
    return sorted({part_of(span, day) for day in days}, key=lambda part: part.start)


def is_over(part: Part, now: datetime, kept: timedelta) -> bool:
    """Whether all that the part can hold is older than what is kept."""
    return part.end <= (now - kept).astimezone(UTC).date()


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)
