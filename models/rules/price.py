"""What a session costs: lines, taxes, limits, and the cent that rounding leaves (BILLING.md).

The rule by which amounts are rounded, written once:

1. A line is volume times price, rounded half-up to the minor unit: net where the tariff's prices are net, else gross.
2. What one VAT rate takes of the lines is rounded once, over their sum. Each line shows what the sum grew by with it,
   so that the lines' VAT adds up to the VAT that an invoice shows for the rate (EN 16931 BR-CO-17).
3. The total with VAT is the lines with VAT, summed exactly, then rounded. Where the VAT of several rates, each rounded,
   adds up to something else, the difference is a line of its own. So too where no net amount has exactly the VAT that
   makes up a gross one.
4. Minimum and maximum apply to both totals, apart, and each is a line of its own.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from models.money import Money
from models.rules.tariff import Dimension

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Wide enough that only what is meant to be rounded is."""
Volume = int | Fraction
"""Of energy in Wh, of time in µs; a share of a period is kept exact."""
_PER = {Dimension.ENERGY: 1000, Dimension.TIME: 3_600_000_000, Dimension.PARKING_TIME: 3_600_000_000, Dimension.FLAT: 1}
"""So much of it is one of what is priced: kWh, hour, session."""
_ZERO, _ONE, _HUNDRED, _SHOWN = Decimal(0), Decimal(1), Decimal(100), Decimal("0.000001")


class Kind(StrEnum):
    """What a line is for, where it isn't for a dimension of the tariff."""

    MINIMUM = "MINIMUM"
    MAXIMUM = "MAXIMUM"
    ROUNDING = "ROUNDING"


class Span(NamedTuple):
    """In µs since 1970, and how much of the line's dimension was used meanwhile."""

    since: Volume
    until: Volume
    volume: Volume


class Used(NamedTuple):
    """What a component of the tariff is to be paid for. ``element`` counts from 1."""

    element: int
    dimension: Dimension
    price: Decimal
    vat_rate: Decimal | None
    step: int
    spans: Sequence[Span]
    used: Volume
    billed: Volume
    """After rounding up to the step."""


class Line(NamedTuple):
    """An amount of the price, and what it is for; ``of`` is None where it is for no component."""

    kind: Dimension | Kind
    of: Used | None
    vat_rate: Decimal | None
    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """``gross`` is what is to be paid: ``net`` and ``vat`` and ``rounding``; each is the sum of the lines' own."""

    currency: str
    lines: tuple[Line, ...]
    net: Decimal
    vat: Decimal
    gross: Decimal

    @property
    def rounding(self) -> Decimal:
        return self.gross - self.net - self.vat

    @property
    def total(self) -> Money:
        return Money(self.gross, self.currency)

    def vat_by_rate(self) -> dict[Decimal | None, tuple[Decimal, Decimal]]:
        """Net and VAT by rate, before minimum and maximum; None where VAT is not applicable."""
        found: dict[Decimal | None, tuple[Decimal, Decimal]] = {}
        for line in self.lines:
            if line.of is not None or line.vat_rate is not None:
                net, vat = found.get(line.vat_rate, (_ZERO, _ZERO))
                found[line.vat_rate] = (net + line.net, vat + line.vat)
        return found


class Terms(NamedTuple):
    """What of a tariff bears on its amounts; ``unit`` is the currency's minor unit, limits are without and with VAT."""

    currency: str
    unit: Decimal
    is_gross: bool
    minimum: tuple[Decimal, Decimal] | None
    maximum: tuple[Decimal, Decimal] | None


class _Rate:
    """What was summed up so far under one VAT rate."""

    __slots__ = ("base", "net", "rate", "share", "vat")

    def __init__(self, rate: Decimal | None) -> None:
        self.rate = rate
        self.share = EXACT.divide(rate or _ZERO, _HUNDRED)
        self.base = self.net = self.vat = _ZERO

    def take_net(self, amount: Decimal, unit: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        self.base += amount
        vat = _rounded(self.base * self.share, unit)
        more, self.vat = vat - self.vat, vat
        return amount, more, amount + more

    def take_gross(self, amount: Decimal, unit: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        self.base += amount
        net = _rounded(EXACT.divide(self.base, _ONE + self.share), unit)
        more, self.net = net - self.net, net
        return more, amount - more, amount


def priced(terms: Terms, used: Iterable[Used], *, is_session: bool) -> Price:
    """``is_session`` is False of a reservation that came to none: no minimum applies to it."""
    rates: dict[Decimal | None, _Rate] = {}
    lines = [_line(terms, each, rates) for each in used]
    lines += (_left_of_gross if terms.is_gross else _left_of_net)(rates.values(), terms.unit)
    if terms.minimum is not None and is_session:
        lines += _limited(lines, Kind.MINIMUM, terms.minimum, max)
    if terms.maximum is not None:
        lines += _limited(lines, Kind.MAXIMUM, terms.maximum, min)
    net = vat = gross = _ZERO
    for line in lines:
        net, vat, gross = net + line.net, vat + line.vat, gross + line.gross
    return Price(terms.currency, tuple(lines), net, vat, gross)


def amount_of(price: Decimal, volume: Volume, dimension: Dimension) -> Decimal:
    """Exact, or to sixty digits."""
    return EXACT.divide(EXACT.multiply(price, volume.numerator), volume.denominator * _PER[dimension])


def in_units(volume: Volume, dimension: Dimension) -> Decimal:
    """In kWh, hours or sessions, to six places."""
    return _rounded(amount_of(_ONE, volume, dimension), _SHOWN)


def _line(terms: Terms, used: Used, rates: dict[Decimal | None, _Rate]) -> Line:
    rate = rates.get(used.vat_rate)
    if rate is None:
        rate = rates[used.vat_rate] = _Rate(used.vat_rate)
    amount = _rounded(amount_of(used.price, used.billed, used.dimension), terms.unit)
    net, vat, gross = (rate.take_gross if terms.is_gross else rate.take_net)(amount, terms.unit)
    return Line(used.dimension, used, used.vat_rate, net, vat, gross)


def _left_of_net(rates: Collection[_Rate], unit: Decimal) -> list[Line]:
    """Of one rate alone nothing can be left."""
    if len(rates) < 2:
        return []
    exact = sum([each.base + each.base * each.share for each in rates], _ZERO)
    left = _rounded(exact, unit) - sum([each.base + each.vat for each in rates], _ZERO)
    return [Line(Kind.ROUNDING, None, None, _ZERO, _ZERO, left)] if left else []


def _left_of_gross(rates: Collection[_Rate], unit: Decimal) -> list[Line]:
    """The VAT that is due on the net amount, where it isn't what is left of the gross one."""
    found = []
    for each in rates:
        left = _rounded(each.net * each.share, unit) - (each.base - each.net)
        if left:
            found.append(Line(Kind.ROUNDING, None, each.rate, _ZERO, left, _ZERO))
    return found


def _limited(
    lines: Sequence[Line],
    kind: Kind,
    limit: tuple[Decimal, Decimal],
    within: Callable[[Decimal, Decimal], Decimal],
) -> list[Line]:
    net, gross = sum([line.net for line in lines], _ZERO), sum([line.gross for line in lines], _ZERO)
    more, more_gross = within(net, limit[0]) - net, within(gross, limit[1]) - gross
    return [Line(kind, None, None, more, more_gross - more, more_gross)] if more or more_gross else []


def _rounded(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP, EXACT)
