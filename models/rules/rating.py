"""What a session costs by a tariff: the one engine that prices the live display, the CDR and the invoice (C10).

OCPI 2.2.1 mod_tariffs and mod_cdrs: at each instant the first element wins, for each dimension by itself, whose
restrictions all hold. Sessions are cut wherever a restriction may begin or cease to hold: by the clock of the place, by
the session's duration and energy, and by the time since charging ended. Durations are taken in UTC. Within a period
energy flows evenly; shares of it are kept exact, so that a period told in two halves costs the same.

``step_size`` rounds up once for ENERGY, once for TIME and PARKING_TIME together, and once for the time of a
reservation, which is no part of the session: the session's total of the dimension that was paid for last, by the step
of the component that it was paid by, which also takes what is added. FLAT is paid once, when the first element with it
holds; a reservation has its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from models.rules.price import Price, Span, Used, Volume, priced
from models.rules.rated_tariff import Choice, Rate, RatedTariff, Rates, Slot
from models.rules.tariff import Dimension, PlaceKind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_US, _SECOND_US, _HOUR_US = 86_400_000_000, 1_000_000, 3_600_000_000
State = tuple[Volume, Volume, Volume | None, Decimal | int | None, Decimal | Volume | None]
"""By ``rated_tariff.Measure``; None where it isn't known, or there is no such thing at the moment."""


class Activity(StrEnum):
    """What happens in a period. EXPIRED is the time of a reservation that no session came of."""

    RESERVED = "reserved"
    EXPIRED = "expired"
    CHARGING = "charging"
    PARKED = "parked"


_RESERVING = frozenset({Activity.RESERVED, Activity.EXPIRED})


@dataclass(frozen=True, slots=True)
class Period:
    """Lasts until the next one begins, or the session ends. Where no power is told, the mean one is taken."""

    starts_at: datetime
    activity: Activity
    energy_wh: int = 0
    power_w: int | None = None
    current_a: Decimal | None = None
    """Summed over the phases."""


@dataclass(frozen=True, slots=True)
class Session:
    """The facts that are priced: without gaps, until the car leaves. Raises ValueError where they can't be."""

    periods: tuple[Period, ...]
    ended_at: datetime
    zone: ZoneInfo
    place: PlaceKind = PlaceKind.PUBLIC

    def __post_init__(self) -> None:
        before, activity = None, Activity.RESERVED
        for period in self.periods:
            if before is not None and period.starts_at < before:
                raise ValueError("Periods come in the order of their starts")
            if period.energy_wh < 0 or (period.energy_wh and period.activity in _RESERVING):
                raise ValueError("Energy is never negative, and flows in no reservation")
            if period.activity in _RESERVING and activity not in _RESERVING:
                raise ValueError("A reservation comes before what it is for")
            before, activity = period.starts_at, period.activity
        if before is None or self.ended_at < before:
            raise ValueError("A session has a period, and ends after its last one has begun")


def price(tariff: RatedTariff, session: Session) -> Price:
    """What the session costs, line by line."""
    walk = _Walk(tariff, session.zone, session.place)
    starts = [instant(period.starts_at) for period in session.periods]
    starts.append(instant(session.ended_at))
    for number, period in enumerate(session.periods):
        walk.go(period, starts[number], starts[number + 1])
    is_session = session.periods[-1].activity not in _RESERVING
    return priced(tariff.terms, _stepped(walk), is_session=is_session)


def instant(at: datetime) -> int:
    """In µs since 1970, whatever the zone it is told in."""
    since = at - _EPOCH
    return since.days * _DAY_US + since.seconds * _SECOND_US + since.microseconds


class _Bill:
    """What one rate has been used for so far."""

    __slots__ = ("rate", "spans", "used")

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.used: Volume = 0
        self.spans: list[Span] = []

    def add(self, since: Volume, until: Volume, volume: Volume) -> None:
        self.used += volume
        if self.spans and self.spans[-1].until == since:
            last = self.spans[-1]
            self.spans[-1] = Span(last.since, until, last.volume + volume)
        else:
            self.spans.append(Span(since, until, volume))


class _Walk:
    """Goes through a session from its first instant to its last; ``bills`` are in the order of their first use."""

    def __init__(self, tariff: RatedTariff, zone: ZoneInfo, place: PlaceKind) -> None:
        self.bills: dict[Rate, _Bill] = {}
        self.last: dict[Dimension | None, Rate] = {}
        """What was used last of what is stepped together: by ``_stepped_with``."""
        self._tariff, self._zone, self._place = tariff, zone, place
        self._reserving: bool | None = None
        self._begun = 0
        """When the session began, or the reservation before it."""
        self._has_flat = False
        self._parked_since: int | None = None
        self._energy_wh = 0

    def go(self, period: Period, since: int, until: int) -> None:
        reserving = period.activity in _RESERVING
        if reserving is not self._reserving:
            self._reserving, self._begun, self._has_flat = reserving, since, False
        if period.activity is not Activity.PARKED:
            self._parked_since = None
        elif self._parked_since is None:
            self._parked_since = since
        current, power = _current(period), self._power(period, until - since)
        cuts = self._cuts(period.energy_wh, since, until)
        for (low, low_wh), (high, high_wh) in pairwise(cuts):
            overstay = None if self._parked_since is None else low - self._parked_since
            state = (low_wh, low - self._begun, overstay, current, power)
            self._take(self._choice(period.activity, low), state, low, high, high_wh - low_wh)
        self._energy_wh += period.energy_wh

    def _cuts(self, energy_wh: int, since: int, until: int) -> list[tuple[Volume, Volume]]:
        """Each instant at which something may change, with the energy used by then; both ends are among them."""
        begun_wh = self._energy_wh
        cuts: list[tuple[Volume, Volume]] = [(since, begun_wh), (until, begun_wh + energy_wh)]
        cuts += [(at, begun_wh + _share(energy_wh * (at - since), until - since)) for at in self._borders(since, until)]
        cuts += [
            (since + _share((until - since) * (reached_wh - begun_wh), energy_wh), reached_wh)
            for reached_wh in self._tariff.energies
            if begun_wh < reached_wh < begun_wh + energy_wh
        ]
        cuts.sort()
        return cuts

    def _borders(self, since: int, until: int) -> list[int]:
        """The instants between at which the clock or a duration comes to what a restriction asks for."""
        found = [self._begun + each for each in self._tariff.durations]
        if self._parked_since is not None:
            found += [self._parked_since + each for each in self._tariff.overstays]
        if found:
            found = [at for at in found if since < at < until]
        border = self._slot(since).until
        while border < until:
            found.append(border)
            border = self._slot(border).until
        return found

    def _take(self, choice: Choice, state: State, low: Volume, high: Volume, energy_wh: Volume) -> None:
        """Put down what is used from ``low`` to ``high``, between which nothing changes."""
        if not self._has_flat and (flat := _first(choice.flat, state)) is not None:
            self._has_flat = True
            self._bill(flat).add(low, low, 1)
        if high > low and (time := _first(choice.time, state)) is not None:
            self._bill(time).add(low, high, high - low)
        if energy_wh and (energy := _first(choice.energy, state)) is not None:
            self._bill(energy).add(low, high, energy_wh)

    def _bill(self, rate: Rate) -> _Bill:
        self.last[_stepped_with(rate)] = rate
        bill = self.bills.get(rate)
        if bill is None:
            bill = self.bills[rate] = _Bill(rate)
        return bill

    def _choice(self, activity: Activity, at: Volume) -> Choice:
        slot = self._slot(at)
        match activity:
            case Activity.CHARGING:
                return slot.charging
            case Activity.PARKED:
                return slot.parked
            case Activity.RESERVED:
                return slot.reserved
            case Activity.EXPIRED:
                return slot.expired

    def _slot(self, at: Volume) -> Slot:
        return self._tariff.slot_at(self._zone, self._place, at)

    def _power(self, period: Period, length: int) -> Volume | None:
        if period.power_w is not None or not self._tariff.asks_power:
            return period.power_w
        return _share(period.energy_wh * _HOUR_US, length) if length else None


def _current(period: Period) -> Decimal | int | None:
    """Untold it isn't known, but where nothing flows."""
    return 0 if period.current_a is None and period.activity is Activity.PARKED else period.current_a


def _first(rates: Rates, state: State) -> Rate | None:
    for rate in rates:
        for measure, least, below in rate.bounds:
            value = state[measure]
            if value is None or not least <= value < below:
                break
        else:
            return rate
    return None


def _stepped(walk: _Walk) -> Iterator[Used]:
    """What was used by each rate, and what of it is to be paid: the last one takes what the step adds."""
    last = set(walk.last.values())
    for rate, bill in walk.bills.items():
        more: Volume = 0
        if rate.step > 1 and rate in last:
            total = sum(
                each.used
                for other, each in walk.bills.items()
                if other.dimension is rate.dimension and (other.reservation is None) is (rate.reservation is None)
            )
            more = -total % rate.step
        yield Used(
            rate.element, rate.dimension, rate.price, rate.vat, rate.step, bill.spans, bill.used, bill.used + more
        )


def _stepped_with(rate: Rate) -> Dimension | None:
    if rate.reservation is not None:
        return None
    return Dimension.TIME if rate.dimension is Dimension.PARKING_TIME else rate.dimension


def _share(of: int, part: int) -> Volume:
    """Exact; a whole number where it is one, with which everything goes faster."""
    whole, rest = divmod(of, part)
    return Fraction(of, part) if rest else whole
