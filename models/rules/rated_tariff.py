"""A tariff made ready for rating, once for each version: what its restrictions ask for, as bounds and windows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.money import minor_unit
from models.rules import local_clock
from models.rules.local_clock import Window
from models.rules.price import Terms, Volume
from models.rules.tariff import (
    DayOfWeek,
    Dimension,
    PlaceKind,
    Price,
    PriceComponent,
    ReservationRestrictionType,
    Tariff,
    TariffRestrictions,
    TaxIncluded,
)

SECOND_US = 1_000_000
DAY_US = local_clock.DAY_S * SECOND_US
DAYS_KEPT = 512
"""The slots of so many days are kept, of all zones and kinds of place together."""
TARIFFS_KEPT = 256
_FOREVER = 1 << 80
_UNBOUNDED = float("inf")


class Measure(IntEnum):
    """What of a session's state a bound is about; the state is a tuple in this order. Durations are in µs."""

    ENERGY_WH = 0
    DURATION = 1
    OVERSTAY = 2
    CURRENT_A = 3
    POWER_W = 4


class Bound(NamedTuple):
    """Holds from ``least`` on, and below ``below``."""

    measure: Measure
    least: int | Decimal
    below: int | Decimal | float


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """A price component with the bounds of its element; ``element`` counts from 1. No two are the same one."""

    element: int
    dimension: Dimension
    price: Decimal
    vat: Decimal | None
    step: int
    """In Wh or µs; 0: nothing is rounded up."""
    bounds: tuple[Bound, ...]
    window: Window
    places: frozenset[PlaceKind]
    reservation: ReservationRestrictionType | None


Rates = tuple[Rate, ...]


class Choice(NamedTuple):
    """By dimension the rates that come into question, the first that holds wins."""

    flat: Rates
    time: Rates
    energy: Rates


class Slot(NamedTuple):
    """A stretch of time within which no window opens or closes, in µs since 1970."""

    since: int
    until: int
    charging: Choice
    parked: Choice
    reserved: Choice
    expired: Choice


class RatedTariff:
    """Give it to ``rating.price``. It keeps the slots of the days that it was asked for."""

    def __init__(self, tariff: Tariff) -> None:
        self.terms = _terms(tariff)
        self._rates = tuple(_rates(tariff))
        bounds = [bound for rate in self._rates for bound in rate.bounds]
        self.energies = _thresholds(bounds, Measure.ENERGY_WH)
        self.durations = _thresholds(bounds, Measure.DURATION)
        self.overstays = _thresholds(bounds, Measure.OVERSTAY)
        self.asks_power = any(bound.measure is Measure.POWER_W for bound in bounds)
        self._times = frozenset().union(*(rate.window.times for rate in self._rates))
        self._is_timeless = all(rate.window.is_always for rate in self._rates)
        self._of_day = lru_cache(DAYS_KEPT)(self._slots)
        self._always = lru_cache(len(PlaceKind))(self._slot)

    def slot_at(self, zone: ZoneInfo, place: PlaceKind, at: Volume) -> Slot:
        """The slot that holds the instant ``at``, in µs since 1970."""
        if self._is_timeless:
            return self._always(None, place, -_FOREVER, _FOREVER)
        for slot in self._of_day(zone, place, at // DAY_US):
            if at < slot.until:
                return slot
        raise AssertionError("The slots of a day reach to its end")

    def _slots(self, zone: ZoneInfo, place: PlaceKind, day: int) -> tuple[Slot, ...]:
        starts = [each * SECOND_US for each in local_clock.borders(zone, day, self._times)]
        ends = pairwise([*starts, (day + 1) * DAY_US])
        return tuple(
            self._slot(datetime.fromtimestamp(since // SECOND_US, zone), place, since, to) for since, to in ends
        )

    def _slot(self, local: datetime | None, place: PlaceKind, since: int, until: int) -> Slot:
        here = [
            rate
            for rate in self._rates
            if (not rate.places or place in rate.places) and (local is None or rate.window.holds(local))
        ]
        session = [rate for rate in here if rate.reservation is None]
        reserved = [rate for rate in here if rate.reservation is ReservationRestrictionType.RESERVATION]
        # "the time based cost of an expired reservation will be calculated based on the RESERVATION_EXPIRES element"
        expired = [rate for rate in here if rate.reservation is ReservationRestrictionType.RESERVATION_EXPIRES]
        return Slot(
            since,
            until,
            charging=_choice(session, Dimension.TIME),
            parked=_choice(session, Dimension.PARKING_TIME),
            reserved=_choice(reserved, Dimension.TIME),
            expired=_choice([*expired, *reserved], Dimension.TIME),
        )


@lru_cache(TARIFFS_KEPT)
def ready(tariff: Tariff) -> RatedTariff:
    """The same one again for the same tariff, with the days that it has kept."""
    return RatedTariff(tariff)


def _terms(tariff: Tariff) -> Terms:
    unit = minor_unit(tariff.currency)

    def limit(price: Price | None) -> tuple[Decimal, Decimal] | None:
        if price is None:
            return None
        return price.excl_vat.quantize(unit, ROUND_HALF_UP), price.with_vat.quantize(unit, ROUND_HALF_UP)

    is_gross = tariff.tax_included is TaxIncluded.YES
    return Terms(tariff.currency, unit, is_gross, limit(tariff.min_price), limit(tariff.max_price))


def _rates(tariff: Tariff) -> Iterator[Rate]:
    for number, element in enumerate(tariff.elements, start=1):
        asked = element.restrictions
        for component in element.price_components:
            yield Rate(
                number,
                component.type,
                component.price,
                component.vat,
                _step(component),
                tuple(_bounds(asked)),
                _window(asked),
                frozenset(asked.place_kind),
                asked.reservation,
            )


def _step(component: PriceComponent) -> int:
    match component.type:
        case Dimension.FLAT:
            return 0
        case Dimension.ENERGY:
            return component.step_size
        case Dimension.TIME | Dimension.PARKING_TIME:
            return component.step_size * SECOND_US


def _window(asked: TariffRestrictions) -> Window:
    days = tuple(DayOfWeek)
    return Window(
        asked.start_time,
        asked.end_time,
        asked.start_date,
        asked.end_date,
        frozenset(days.index(day) for day in asked.day_of_week),
    )


def _bounds(asked: TariffRestrictions) -> Iterator[Bound]:
    given: tuple[tuple[Measure, int, Decimal | int | None, Decimal | int | None], ...] = (
        (Measure.ENERGY_WH, 1000, asked.min_kwh, asked.max_kwh),
        (Measure.DURATION, SECOND_US, asked.min_duration, asked.max_duration),
        (Measure.OVERSTAY, SECOND_US, asked.min_overstay, None),
        (Measure.CURRENT_A, 1, asked.min_current, asked.max_current),
        (Measure.POWER_W, 1000, asked.min_power, asked.max_power),
    )
    for measure, times, least, below in given:
        if least is not None or below is not None:
            yield Bound(measure, _whole((least or 0) * times), _UNBOUNDED if below is None else _whole(below * times))


def _whole(value: Decimal | int) -> Decimal | int:
    """Whole numbers are told apart the fastest."""
    return int(value) if value == int(value) else value


def _thresholds(bounds: Iterable[Bound], measure: Measure) -> tuple[int, ...]:
    """Where something may begin or cease to hold while ``measure`` grows."""
    found = {value for bound in bounds if bound.measure is measure for value in (bound.least, bound.below)}
    return tuple(sorted(int(value) for value in found if 0 < value < _UNBOUNDED))


def _choice(rates: Iterable[Rate], time: Dimension) -> Choice:
    return Choice(*(tuple(_reachable(rates, each)) for each in (Dimension.FLAT, time, Dimension.ENERGY)))


def _reachable(rates: Iterable[Rate], dimension: Dimension) -> Iterator[Rate]:
    """Behind one that always holds none can win."""
    for rate in rates:
        if rate.dimension is dimension:
            yield rate
            if not rate.bounds:
                return
