"""Rating done again, slowly and by itself: minute by minute, off the tariff as it was said, with fractions.

It shares nothing with the engine but the model of the tariff. Sessions have to be made of whole minutes, and energy has
to come to what restrictions ask for at whole minutes too.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from models.rules.rating import Activity, Period, Session
from models.rules.tariff import Dimension, PriceComponent, Tariff, TariffElement, TariffRestrictions, TaxIncluded

MINUTE = timedelta(minutes=1)
_CENT = Fraction(1, 100)
Component = tuple[int, Dimension]


@dataclass
class _Moment:
    """The beginning of one minute."""

    at: datetime
    local: datetime
    activity: Activity
    energy_wh: Fraction
    """Of this minute."""
    power_w: Fraction
    so_far_wh: Fraction
    begun: datetime
    parked_since: datetime | None


@dataclass
class _Tally:
    volumes: dict[Component, Fraction] = field(default_factory=dict)
    last: dict[str, Component] = field(default_factory=dict)
    has_flat: bool = False

    def add(self, component: Component, volume: Fraction) -> None:
        self.volumes[component] = self.volumes.get(component, Fraction(0)) + volume
        kind = "time" if "TIME" in component[1] else component[1]
        self.last[kind] = component


def totals(tariff: Tariff, session: Session) -> tuple[Decimal, Decimal]:
    """Without VAT and with it; no reservations."""
    tally = _Tally()
    for moment in _moments(session):
        _take(tariff, session, moment, tally)
    for component in tally.last.values():
        _step(tariff, component, tally)
    net, gross = _summed(tariff, tally)
    if tariff.min_price is not None:
        net, gross = max(net, Fraction(tariff.min_price.excl_vat)), max(gross, Fraction(tariff.min_price.with_vat))
    if tariff.max_price is not None:
        net, gross = min(net, Fraction(tariff.max_price.excl_vat)), min(gross, Fraction(tariff.max_price.with_vat))
    return _decimal(net), _decimal(gross)


def _moments(session: Session) -> Iterator[_Moment]:
    ends = [*(period.starts_at for period in session.periods[1:]), session.ended_at]
    so_far, parked_since = Fraction(0), None
    for period, end in zip(session.periods, ends, strict=True):
        parked_since = _parked_since(period, parked_since)
        minutes = (end - period.starts_at) // MINUTE
        for number in range(minutes):
            at = period.starts_at + number * MINUTE
            energy = Fraction(period.energy_wh, minutes)
            local = at.astimezone(session.zone)
            begun = session.periods[0].starts_at
            yield _Moment(at, local, period.activity, energy, energy * 60, so_far, begun, parked_since)
            so_far += energy


def _parked_since(period: Period, before: datetime | None) -> datetime | None:
    return (before or period.starts_at) if period.activity is Activity.PARKED else None


def _take(tariff: Tariff, session: Session, moment: _Moment, tally: _Tally) -> None:
    time_kind = Dimension.TIME if moment.activity is Activity.CHARGING else Dimension.PARKING_TIME
    used = {time_kind: Fraction(1, 60), Dimension.ENERGY: moment.energy_wh / 1000}
    if not tally.has_flat:
        used[Dimension.FLAT] = Fraction(1)
    for dimension, volume in used.items():
        number = _winner(tariff, session, moment, dimension)
        if number is not None and volume:
            tally.add((number, dimension), volume)
            tally.has_flat = tally.has_flat or dimension is Dimension.FLAT


def _winner(tariff: Tariff, session: Session, moment: _Moment, dimension: Dimension) -> int | None:
    for number, element in enumerate(tariff.elements):
        asked = element.restrictions
        places = not asked.place_kind or session.place in asked.place_kind
        if _component(element, dimension) and places and _holds_by_clock(asked, moment) and _holds(asked, moment):
            return number
    return None


def _component(element: TariffElement, dimension: Dimension) -> PriceComponent | None:
    return next((each for each in element.price_components if each.type is dimension), None)


def _holds_by_clock(asked: TariffRestrictions, moment: _Moment) -> bool:
    today, now = moment.local.date(), moment.local.time()
    if asked.start_date and today < asked.start_date:
        return False
    if asked.end_date and not today < asked.end_date:
        return False
    if asked.day_of_week and today.strftime("%A").upper() not in asked.day_of_week:
        return False
    start, end = asked.start_time or time(0), asked.end_time or time(0)
    if end == time(0):
        return now >= start
    return start <= now < end if start < end else not end <= now < start


def _holds(asked: TariffRestrictions, moment: _Moment) -> bool:
    lasted_s = (moment.at - moment.begun).total_seconds()
    overstay_s = -1.0 if moment.parked_since is None else (moment.at - moment.parked_since).total_seconds()
    return all(
        [
            asked.min_kwh is None or moment.so_far_wh >= Fraction(asked.min_kwh) * 1000,
            asked.max_kwh is None or moment.so_far_wh < Fraction(asked.max_kwh) * 1000,
            asked.min_power is None or moment.power_w >= Fraction(asked.min_power) * 1000,
            asked.max_power is None or moment.power_w < Fraction(asked.max_power) * 1000,
            asked.min_duration is None or lasted_s >= asked.min_duration,
            asked.max_duration is None or lasted_s < asked.max_duration,
            asked.min_overstay is None or overstay_s >= asked.min_overstay,
        ]
    )


def _step(tariff: Tariff, component: Component, tally: _Tally) -> None:
    number, dimension = component
    said = _component(tariff.elements[number], dimension)
    if said is None or dimension is Dimension.FLAT or said.step_size == 0:
        return
    step = Fraction(said.step_size, 1000 if dimension is Dimension.ENERGY else 3600)
    total = sum((volume for (_, kind), volume in tally.volumes.items() if kind is dimension), Fraction(0))
    tally.volumes[component] += math.ceil(total / step) * step - total


def _summed(tariff: Tariff, tally: _Tally) -> tuple[Fraction, Fraction]:
    by_rate: dict[Fraction, Fraction] = {}
    for (number, dimension), volume in tally.volumes.items():
        said = _component(tariff.elements[number], dimension)
        assert said is not None
        rate = Fraction(said.vat or 0) / 100
        by_rate[rate] = by_rate.get(rate, Fraction(0)) + _to_cents(Fraction(said.price) * volume)
    paid = sum(by_rate.values(), Fraction(0))
    if tariff.tax_included is TaxIncluded.YES:
        return sum((_to_cents(each / (1 + rate)) for rate, each in by_rate.items()), Fraction(0)), paid
    return paid, _to_cents(sum(each * (1 + rate) for rate, each in by_rate.items()))


def _to_cents(amount: Fraction | int) -> Fraction:
    return math.floor(Fraction(amount) / _CENT + Fraction(1, 2)) * _CENT


def _decimal(amount: Fraction | int) -> Decimal:
    return Decimal(int(amount / _CENT)).scaleb(-2)
