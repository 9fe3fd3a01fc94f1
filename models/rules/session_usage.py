"""What a car does at its place, as its station tells it: marks, kept by their own instants (C6).

So they say the same in whatever order they come.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

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
