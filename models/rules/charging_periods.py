"""The periods of a session: when it charged, when the car only kept the place, and where its energy went (C6, C10).

One rule for what is billed, for what is shown, and for what a tariff is tried on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from models.rules.metering import REGISTER
from models.rules.rating import Activity, Period
from models.rules.session_usage import Mark, idle_since


@dataclass(frozen=True, slots=True)
class Metered:
    """What is known of a transaction by an instant; ``energy_wh`` is what it is billed for."""

    started_at: datetime
    stopped_at: datetime
    meter_start_wh: int | None
    energy_wh: int


def registers(samples: Iterable[tuple[datetime, Iterable[Mapping[str, Any]]]]) -> Iterator[tuple[datetime, int]]:
    """The states of the meter's register among what was sampled at each instant, in Wh."""
    for at, sampled in samples:
        for each in sampled:
            is_register = each.get("measurand") == REGISTER and each.get("unit") == "Wh" and not each.get("phase")
            if is_register and each.get("value") is not None:
                yield at, int(Decimal(str(each["value"])))


def periods_of(metered: Metered, read: Iterable[tuple[datetime, int]], marks: Sequence[Mark]) -> tuple[Period, ...]:
    """In the order of their starts and without gaps, with all the energy; an end before the start is one at the start.

    What the car did is told by its marks. Where its station has told nothing of it, as while it is off-line, the meter
    tells: the car was parked between two readings without energy. A reading from without, or that goes back or beyond
    what is billed, says nothing.
    """
    if metered.stopped_at <= metered.started_at:
        return (Period(metered.started_at, Activity.CHARGING, metered.energy_wh),)
    course = [(metered.started_at, 0), *_inside(metered, read), (metered.stopped_at, metered.energy_wh)]
    found: list[Period] = []
    for (since, before_wh), (until, after_wh) in pairwise(course):
        used_wh = after_wh - before_wh
        found.extend(_cut(since, until, used_wh, marks) if marks else (_by_meter(since, used_wh),))
    return tuple(_merged(found))


def _inside(metered: Metered, read: Iterable[tuple[datetime, int]]) -> Iterator[tuple[datetime, int]]:
    """How much had flowed by when; since the first reading, which then says nothing itself, where no start is known."""
    start_wh, last_wh, last_at = metered.meter_start_wh, 0, metered.started_at
    for at, register_wh in sorted(read):
        if start_wh is None:
            start_wh = register_wh
            continue
        used_wh = register_wh - start_wh
        if last_at < at < metered.stopped_at and last_wh <= used_wh <= metered.energy_wh:
            last_at, last_wh = at, used_wh
            yield at, used_wh


def _by_meter(since: datetime, used_wh: int) -> Period:
    return Period(since, Activity.CHARGING if used_wh else Activity.PARKED, used_wh)


def _cut(since: datetime, until: datetime, energy_wh: int, marks: Sequence[Mark]) -> Iterator[Period]:
    """By the marks; the energy flowed while the car took some, evenly, or all the same where it took none."""
    edges = [since, *(each.at for each in marks if since < each.at < until), until]
    parts = [(low, high, _is_idle(marks, low)) for low, high in pairwise(edges)]
    flowing = [part for part in parts if not part[2]] or parts
    left_wh, left = energy_wh, sum((high - low for low, high, _ in flowing), start=until - until)
    for low, high, is_idle in parts:
        share_wh = 0
        if (low, high, is_idle) in flowing:
            share_wh = left_wh * (high - low) // left
            left_wh, left = left_wh - share_wh, left - (high - low)
        yield Period(low, Activity.PARKED if is_idle else Activity.CHARGING, share_wh)


def _is_idle(marks: Sequence[Mark], at: datetime) -> bool:
    return idle_since([each for each in marks if each.at <= at]) is not None


def _merged(periods: Iterable[Period]) -> Iterator[Period]:
    """Parked time without energy is one period, however often the meter was read in it."""
    was_standing = False
    for period in periods:
        is_standing = period.activity is Activity.PARKED and not period.energy_wh
        if not (was_standing and is_standing):
            yield period
        was_standing = is_standing
