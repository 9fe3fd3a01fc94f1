"""What the facts of a session amount to: when it charged, when the car only kept the place, and where its energy went.

The marks of what a station tells are kept by their own instants, so that they say the same in whatever order they come.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from models.rules.rating import Activity, Period

MARKS_KEPT = 500
"""A car that begins and pauses more often than that is priced by the first ones."""


class Doing(StrEnum):
    """What a car does at its place. Of two at one instant the later one in this order holds."""

    CHARGING = "charging"
    CONNECTED = "connected"
    FULL = "full"


DOING = {
    "Charging": Doing.CHARGING,
    "EVConnected": Doing.CONNECTED,
    "Finishing": Doing.CONNECTED,
    "SuspendedEV": Doing.FULL,
}
"""OCPP 1.6 ed.2 §7.7 ChargePointStatus, OCPP 2.0.1 §3.15 ChargingStateEnumType. That the station itself pauses says
nothing of the car."""


class Mark(NamedTuple):
    """The car does this from the instant on."""

    at: datetime
    doing: Doing


def mark_of(word: str | None, at: datetime) -> Mark | None:
    """Of a station's word for what it does; None where it says nothing of the car."""
    doing = DOING.get(word or "")
    return None if doing is None else Mark(at, doing)


def marked(marks: Sequence[Mark], mark: Mark) -> list[Mark]:
    """With the mark at its place; of two at one instant the later one in order holds, whichever comes first."""
    places = [each.at for each in marks]
    place = bisect_left(places, mark.at)
    if place < len(marks) and marks[place].at == mark.at:
        return [*marks[:place], max(mark, marks[place]), *marks[place + 1 :]]
    if len(marks) >= MARKS_KEPT:
        return list(marks)
    return [*marks[:place], mark, *marks[place:]]


def idle_since(marks: Sequence[Mark]) -> datetime | None:
    """Since when the car has only kept the place; None where it takes energy, or has still to begin."""
    since, has_charged = None, False
    for at, doing in marks:
        is_idle = doing is Doing.FULL or (doing is Doing.CONNECTED and has_charged)
        since = (since or at) if is_idle else None
        has_charged = has_charged or doing is Doing.CHARGING
    return since


def written(marks: Sequence[Mark]) -> list[dict[str, str]]:
    return [{"at": at.isoformat(), "doing": doing.value} for at, doing in marks]


def read(kept: Sequence[Mapping[str, str]]) -> list[Mark]:
    return [Mark(datetime.fromisoformat(each["at"]), Doing(each["doing"])) for each in kept]


def periods(
    started_at: datetime,
    ended_at: datetime,
    energy_wh: int,
    registers: Iterable[tuple[datetime, int]],
    marks: Sequence[Mark],
) -> tuple[Period, ...]:
    """In the order of their starts and without gaps; their energies add up to ``energy_wh``.

    ``registers`` tell how much had flowed since the start by an instant. What is outside the session, or goes beyond
    its energy, counts as far as it can be so. An end before the start is one at the start.
    """
    until = max(started_at, ended_at)
    found: list[Period] = []
    for (since, before_wh), (to, after_wh) in pairwise(_course(started_at, until, energy_wh, registers)):
        found.extend(_cut(since, to, after_wh - before_wh, marks))
    return tuple(found) or (Period(started_at, Activity.CHARGING, energy_wh),)


def _course(
    started_at: datetime, until: datetime, energy_wh: int, registers: Iterable[tuple[datetime, int]]
) -> Iterator[tuple[datetime, int]]:
    """Where the meter stood when: from nothing at the start to all at the end, and never back."""
    yield started_at, 0
    last_at, reached_wh = started_at, 0
    for at, wh in sorted(registers):
        if last_at < at < until:
            last_at, reached_wh = at, min(max(wh, reached_wh), energy_wh)
            yield at, reached_wh
    if until > started_at:
        yield until, energy_wh


def _cut(since: datetime, until: datetime, energy_wh: int, marks: Sequence[Mark]) -> Iterator[Period]:
    """By the marks; the energy flowed while the car took some, evenly, or all the same where it took none."""
    edges = [since, *(each.at for each in marks if since < each.at < until), until]
    parts = [(low, high, _is_idle(marks, low)) for low, high in pairwise(edges)]
    flowing = [part for part in parts if not part[2]] or parts
    left_wh, left = energy_wh, sum((high - low for low, high, _ in flowing), start=until - until)
    for low, high, is_idle in parts:
        share_wh = 0
        if (low, high, is_idle) in flowing:
            share_wh = left_wh * (high - low) // left if left else left_wh
            left_wh, left = left_wh - share_wh, left - (high - low)
        yield Period(low, Activity.PARKED if is_idle else Activity.CHARGING, share_wh)


def _is_idle(marks: Sequence[Mark], at: datetime) -> bool:
    return idle_since([each for each in marks if each.at <= at]) is not None
