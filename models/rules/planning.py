"""When a crew comes, and what stands against it (P10)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

WINDOW_LIMIT = timedelta(days=31)
"""No crew stays longer; a window beyond it is a slip of the pen."""

_SATURDAY = 5


class ConflictKind(StrEnum):
    CREW_BUSY = "crew_busy"
    CREW_SAME_DAY = "crew_same_day"
    DAY_OFF = "day_off"
    BEFORE_GRID_DATE = "before_grid_date"
    HARDWARE_MISSING = "hardware_missing"


HARD = frozenset({ConflictKind.CREW_BUSY})
"""What can't be: it takes somebody who accepts it with a reason. Everything else is said and let through."""


@dataclass(frozen=True)
class Window:
    """Two instants, the second later than the first; its end is not part of it."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Window") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class Plan:
    """``day`` is the first day where the stations stand; ``window`` the hours, where somebody said them."""

    day: date
    window: Window | None = None

    def days(self, zone: ZoneInfo) -> Iterator[date]:
        """Every day on which the crew is there; a window that ends at midnight does not reach the next day."""
        yield self.day
        if self.window is not None:
            last = (self.window.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
            for offset in range(1, (last - self.day).days + 1):
                yield self.day + timedelta(days=offset)

    def span(self, zone: ZoneInfo) -> Window:
        """The hours, or the whole day where none were said: 23 or 25 hours where the clock is changed."""
        if self.window is not None:
            return self.window
        return Window(_midnight(self.day, zone), _midnight(self.day + timedelta(days=1), zone))


@dataclass(frozen=True)
class Booking:
    """Another work order for which the same crew is planned."""

    work_order: str
    plan: Plan


@dataclass(frozen=True)
class Shortage:
    """Of a product, fewer units were handed to the installer than lines still wait for one."""

    product: str
    wanted: int
    handed_over: int


@dataclass(frozen=True)
class Situation:
    """What a plan has to fit in with. ``grid_date`` is the day the grid operator named, until it has connected."""

    crew: str | None = None
    bookings: Sequence[Booking] = ()
    grid_date: date | None = None
    shortages: Sequence[Shortage] = ()


@dataclass(frozen=True)
class Conflict:
    kind: ConflictKind
    detail: str
    work_order: str | None = field(default=None)
    """The other one, where there is one."""

    @property
    def hard(self) -> bool:
        return self.kind in HARD


DayOff = Callable[[date], str | None]
"""What a holiday is called; None for any other day."""


def conflicts(plan: Plan, situation: Situation, day_off: DayOff, zone: ZoneInfo) -> list[Conflict]:
    """Everything that stands against the plan, the hard ones first."""
    found = [
        *_crew_conflicts(plan, situation, zone),
        *_days_off(plan, day_off, zone),
        *_grid_conflicts(plan, situation),
        *_shortages(situation.shortages),
    ]
    return sorted(found, key=lambda conflict: not conflict.hard)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def _crew_conflicts(plan: Plan, situation: Situation, zone: ZoneInfo) -> Iterator[Conflict]:
    for booking in situation.bookings:
        if not plan.span(zone).overlaps(booking.plan.span(zone)):
            continue
        when = _said(booking.plan, zone)
        if plan.window is not None and booking.plan.window is not None:
            detail = f"{situation.crew} is planned for {booking.work_order} at the same time, {when}"
            yield Conflict(ConflictKind.CREW_BUSY, detail, booking.work_order)
        else:
            detail = f"{situation.crew} is also planned for {booking.work_order}, {when}; say the hours of both"
            yield Conflict(ConflictKind.CREW_SAME_DAY, detail, booking.work_order)


def _days_off(plan: Plan, day_off: DayOff, zone: ZoneInfo) -> Iterator[Conflict]:
    for day in plan.days(zone):
        name = day_off(day) or (f"{day:%A}" if day.weekday() >= _SATURDAY else None)
        if name is not None:
            yield Conflict(ConflictKind.DAY_OFF, f"{day.isoformat()} is no working day: {name}")


def _grid_conflicts(plan: Plan, situation: Situation) -> Iterator[Conflict]:
    if situation.grid_date is not None and plan.day < situation.grid_date:
        detail = f"The grid operator comes on {situation.grid_date.isoformat()} only, and a test charge needs it"
        yield Conflict(ConflictKind.BEFORE_GRID_DATE, detail)


def _shortages(shortages: Collection[Shortage]) -> Iterator[Conflict]:
    for short in shortages:
        there = f"{short.handed_over} of {short.wanted} {short.product}"
        yield Conflict(ConflictKind.HARDWARE_MISSING, f"The installer has {there}; the warehouse has to hand them over")


def _said(plan: Plan, zone: ZoneInfo) -> str:
    if plan.window is None:
        return f"on {plan.day.isoformat()}"
    starts, ends = plan.window.starts_at.astimezone(zone), plan.window.ends_at.astimezone(zone)
    same_day = starts.date() == ends.date()
    return f"{starts:%Y-%m-%d %H:%M} to " + (f"{ends:%H:%M}" if same_day else f"{ends:%Y-%m-%d %H:%M}")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
