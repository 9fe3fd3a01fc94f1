"""The periods of a session, read off its meter: when it charged, how much, and when the car only stood there (C10)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from models.rules.metering import REGISTER
from models.rules.rating import Activity, Period


@dataclass(frozen=True, slots=True)
class Metered:
    """What is known of a transaction that has ended; ``energy_wh`` is what it is billed for."""

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


def periods_of(metered: Metered, read: Iterable[tuple[datetime, int]]) -> tuple[Period, ...]:
    """From the start to the stop, one between each two readings; where no energy flowed, the car was parked.

    A reading from without, or that goes back or beyond what is billed, says nothing. Raises ValueError where the
    transaction ends before it began.
    """
    if metered.stopped_at < metered.started_at:
        raise ValueError("The transaction ends before it began")
    known = [(metered.started_at, 0), *_inside(metered, read), (metered.stopped_at, metered.energy_wh)]
    return tuple(_merged(_period(before, after) for before, after in pairwise(known)))


def _inside(metered: Metered, read: Iterable[tuple[datetime, int]]) -> Iterator[tuple[datetime, int]]:
    if metered.meter_start_wh is None:
        return
    last_wh = 0
    for at, register_wh in sorted(read):
        used_wh = register_wh - metered.meter_start_wh
        if metered.started_at < at < metered.stopped_at and last_wh <= used_wh <= metered.energy_wh:
            last_wh = used_wh
            yield at, used_wh


def _period(before: tuple[datetime, int], after: tuple[datetime, int]) -> Period:
    (starts_at, had_wh), (_, has_wh) = before, after
    return Period(starts_at, Activity.CHARGING if has_wh > had_wh else Activity.PARKED, has_wh - had_wh)


def _merged(periods: Iterable[Period]) -> Iterator[Period]:
    """Time without energy is one period, however often the meter was read in it."""
    is_parked = False
    for period in periods:
        was_parked, is_parked = is_parked, period.activity is Activity.PARKED
        if not (was_parked and is_parked):
            yield period
