"""Where a place's clock passes what a tariff speaks of, as instants: times of day, midnight, and its own changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_S = 24 * 3600
_HOUR_S = 3600
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Window:
    """When something holds by a local clock: each part that is given must hold. Ends are exclusive.

    ``until`` before ``since`` is of the next day; midnight is the end of the day. ``days`` are as ``date.weekday``.
    """

    since: time | None = None
    until: time | None = None
    first: date | None = None
    end: date | None = None
    days: frozenset[int] = frozenset()

    @property
    def is_always(self) -> bool:
        return self == _ALWAYS

    @property
    def times(self) -> frozenset[time]:
        """At which times of day it may begin or cease to hold."""
        return frozenset({_MIDNIGHT, self.since or _MIDNIGHT, self.until or _MIDNIGHT})

    def holds(self, local: datetime) -> bool:
        today = local.date()
        if (self.first is not None and today < self.first) or (self.end is not None and today >= self.end):
            return False
        return (not self.days or today.weekday() in self.days) and self._holds_at(local.time())

    def _holds_at(self, now: time) -> bool:
        since = self.since or _MIDNIGHT
        if self.until is None or self.until == _MIDNIGHT:
            return now >= since
        if self.until > since:
            return since <= now < self.until
        return now >= since or now < self.until


_ALWAYS = Window()


def borders(zone: ZoneInfo, day: int, times: Iterable[time]) -> list[int]:
    """In the UTC day ``day``, since 1970: its beginning, and each instant at which the clock may pass one of ``times``.

    In seconds since 1970, in order. Wherever the clock is changed is one too, as it may jump over a time of day, or
    come to it again; a border at which nothing changes does no harm.
    """
    begin = day * DAY_S
    found = {begin, *_changes(zone, begin)} - {begin + DAY_S}
    local_days = {datetime.fromtimestamp(begin, zone).date() + timedelta(days=more) for more in (0, 1, 2)}
    for on in local_days:
        for at in times:
            for fold in (0, 1):
                instant = int(datetime.combine(on, at, zone).replace(fold=fold).timestamp())
                if begin <= instant < begin + DAY_S:
                    found.add(instant)
    return sorted(found)


def _changes(zone: ZoneInfo, begin: int) -> Iterator[int]:
    """The instants within the day that ``begin`` begins at which the zone's offset changes."""
    for low in range(begin, begin + DAY_S, _HOUR_S):
        before, after = _offset(zone, low), _offset(zone, low + _HOUR_S)
        if before != after:
            yield _change(zone, low, low + _HOUR_S, before)


def _change(zone: ZoneInfo, low: int, high: int, before: timedelta | None) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, at_s: int) -> timedelta | None:
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone).utcoffset()
