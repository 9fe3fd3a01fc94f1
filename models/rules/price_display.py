"""What a driver is shown before charging: by kWh, by minute, by session, then whatever else (AFIR Art. 5; C10).

Prices are shown with VAT, as drivers pay them, and with what they hold under, in words. What can't hold at the place,
or not any more, is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from babel.dates import format_date, get_day_names
from babel.lists import format_list
from babel.numbers import format_currency
from babel.units import format_unit

from models.rules.events import Language
from models.rules.price import EXACT
from models.rules.tariff import (
    DayOfWeek,
    Dimension,
    PlaceKind,
    Price,
    PriceComponent,
    Tariff,
    TariffElement,
    TariffRestrictions,
    TaxIncluded,
)


class ShownKind(StrEnum):
    """In the order in which they are shown."""

    KWH = "kwh"
    MINUTE = "minute"
    SESSION = "session"
    OTHER = "other"


@dataclass(frozen=True)
class ShownPrice:
    """``amount`` is with VAT, of one kWh, minute or session; ``text`` says it all, with what it holds under."""

    kind: ShownKind
    amount: Decimal
    text: str


_WORDS = {
    Language.ENGLISH: {
        "ENERGY": "{} per kWh",
        "TIME": "{} per minute of charging",
        "PARKING_TIME": "{} per minute of parking without charging",
        "FLAT": "{} per session",
        "RESERVATION TIME": "{} per minute of reservation",
        "RESERVATION FLAT": "{} per reservation",
        "RESERVATION_EXPIRES TIME": "{} per minute of a reservation that is not used",
        "RESERVATION_EXPIRES FLAT": "{} per reservation that is not used",
        "minimum": "at least {} per session",
        "maximum": "at most {} per session",
        "step": "billed by {}",
        "between": "from {} to {}",
        "from": "from {}",
        "before": "before {}",
        "on": "on {}",
        "at least": "from {} on",
        "below": "below {}",
        "after": "once {} have passed",
        "within": "in the first {}",
        "overstay": "from {} after charging ended",
        "free": "Free of charge",
    },
    Language.DUTCH: {
        "ENERGY": "{} per kWh",
        "TIME": "{} per minuut laden",
        "PARKING_TIME": "{} per minuut parkeren zonder laden",
        "FLAT": "{} per sessie",
        "RESERVATION TIME": "{} per minuut reservering",
        "RESERVATION FLAT": "{} per reservering",
        "RESERVATION_EXPIRES TIME": "{} per minuut van een niet gebruikte reservering",
        "RESERVATION_EXPIRES FLAT": "{} per niet gebruikte reservering",
        "minimum": "minimaal {} per sessie",
        "maximum": "maximaal {} per sessie",
        "step": "afgerekend per {}",
        "between": "van {} tot {}",
        "from": "vanaf {}",
        "before": "vóór {}",
        "on": "op {}",
        "at least": "vanaf {}",
        "below": "onder {}",
        "after": "zodra {} voorbij zijn",
        "within": "in de eerste {}",
        "overstay": "vanaf {} na het einde van het laden",
        "free": "Gratis",
    },
}
_KINDS = {
    Dimension.ENERGY: ShownKind.KWH,
    Dimension.TIME: ShownKind.MINUTE,
    Dimension.PARKING_TIME: ShownKind.MINUTE,
    Dimension.FLAT: ShownKind.SESSION,
}
_ORDER, _TIMES = list(ShownKind), {Dimension.TIME, Dimension.PARKING_TIME}


def shown(tariff: Tariff, place: PlaceKind, local: datetime, language: Language) -> list[ShownPrice]:
    """All that may come to be paid at a place of this kind; ``local`` is the time there."""
    found = [
        _shown(tariff, element, component, language)
        for element in tariff.elements
        if _may_hold(element.restrictions, place, local)
        for component in element.price_components
    ]
    found += _limits(tariff, language)
    return sorted(found, key=lambda each: _ORDER.index(each.kind))


def free_of_charge(language: Language) -> ShownPrice:
    """At a station where nothing is billed (S7)."""
    return ShownPrice(ShownKind.SESSION, Decimal(0), _WORDS[language]["free"])


def _may_hold(asked: TariffRestrictions, place: PlaceKind, local: datetime) -> bool:
    is_over = asked.end_date is not None and asked.end_date <= local.date()
    return not is_over and (not asked.place_kind or place in asked.place_kind)


def _shown(tariff: Tariff, element: TariffElement, component: PriceComponent, language: Language) -> ShownPrice:
    asked = element.restrictions
    of = component.type if asked.reservation is None else f"{asked.reservation} {component.type}"
    amount = _with_vat(component, tariff.tax_included)
    if component.type in _TIMES:
        amount = EXACT.divide(amount, Decimal(60))
    words = _WORDS[language][of].format(_money(amount, tariff.currency, language))
    said = [words, *_step(component, language), *_conditions(asked, language)]
    kind = _KINDS[component.type] if asked.reservation is None else ShownKind.OTHER
    return ShownPrice(kind, amount.quantize(Decimal("0.000001")), ", ".join(said))


def _with_vat(component: PriceComponent, included: TaxIncluded) -> Decimal:
    rate = Decimal(0) if included is TaxIncluded.YES else component.vat or Decimal(0)
    return component.price * (1 + rate / 100)


def _limits(tariff: Tariff, language: Language) -> Iterator[ShownPrice]:
    limits: tuple[tuple[str, Price | None], ...] = (("minimum", tariff.min_price), ("maximum", tariff.max_price))
    for word, limit in limits:
        if limit is not None:
            text = _WORDS[language][word].format(_money(limit.with_vat, tariff.currency, language))
            yield ShownPrice(ShownKind.OTHER, limit.with_vat, text)


def _step(component: PriceComponent, language: Language) -> Iterator[str]:
    """One Wh or second is no step that anybody would notice."""
    if component.type is Dimension.FLAT or component.step_size <= 1:
        return
    if component.type is Dimension.ENERGY:
        step = _unit(Decimal(component.step_size) / 1000, "energy-kilowatt-hour", language)
    else:
        step = _lasting(component.step_size, language)
    yield _WORDS[language]["step"].format(step)


def _conditions(asked: TariffRestrictions, language: Language) -> Iterator[str]:
    if asked.start_date or asked.end_date:
        yield _span(_day(asked.start_date, language), _day(asked.end_date, language), language)
    if asked.day_of_week:
        names, days = get_day_names("wide", locale=language), list(DayOfWeek)
        of_week = [names[days.index(day)] for day in days if day in asked.day_of_week]
        yield _WORDS[language]["on"].format(format_list(of_week, locale=language))
    if asked.start_time is not None or asked.end_time is not None:
        yield _span(_clock(asked.start_time), _clock(asked.end_time), language)
    yield from _measures(asked, language)


def _span(since: str | None, until: str | None, language: Language) -> str:
    words = _WORDS[language]
    if since and until:
        return words["between"].format(since, until)
    return words["from"].format(since) if since else words["before"].format(until)


def _day(day: date | None, language: Language) -> str | None:
    return None if day is None else format_date(day, "long", language)


def _clock(at: time | None) -> str | None:
    return None if at is None else at.strftime("%H:%M")


def _measures(asked: TariffRestrictions, language: Language) -> Iterator[str]:
    words = _WORDS[language]
    for least, below, unit in (
        (asked.min_kwh, asked.max_kwh, "energy-kilowatt-hour"),
        (asked.min_power, asked.max_power, "power-kilowatt"),
        (asked.min_current, asked.max_current, "electric-ampere"),
    ):
        if least:
            yield words["at least"].format(_unit(least, unit, language))
        if below is not None:
            yield words["below"].format(_unit(below, unit, language))
    if asked.min_duration:
        yield words["after"].format(_lasting(asked.min_duration, language))
    if asked.max_duration is not None:
        yield words["within"].format(_lasting(asked.max_duration, language))
    if asked.min_overstay:
        yield words["overstay"].format(_lasting(asked.min_overstay, language))


def _money(amount: Decimal, currency: str, language: Language) -> str:
    """With what there is behind the cents, to four places."""
    pattern = {Language.ENGLISH: "¤#,##0.00##", Language.DUTCH: "¤\xa0#,##0.00##"}[language]
    return format_currency(amount, currency, pattern, locale=language, currency_digits=False)


def _unit(value: Decimal, unit: str, language: Language) -> str:
    return format_unit(value, unit, "short", locale=language)


def _lasting(seconds: int, language: Language) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (left, "second")]
    return " ".join(format_unit(number, f"duration-{unit}", locale=language) for number, unit in parts if number)
