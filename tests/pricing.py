"""Tariffs and sessions for tests, told in few words."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from models.rules import rating
from models.rules.price import Kind, Price
from models.rules.rated_tariff import RatedTariff
from models.rules.rating import Activity, Period, Session
from models.rules.tariff import PlaceKind, Tariff

UTC_ZONE = ZoneInfo("UTC")
MONDAY = datetime.fromisoformat("2026-03-02T08:00:00+00:00")
Said = dict[str, Any]


def component(type_: str, price: str, vat: str | None = None, step: int = 1) -> Said:
    said: Said = {"type": type_, "price": Decimal(price), "step_size": step}
    return said if vat is None else {**said, "vat": Decimal(vat)}


def element(*components: Said, **restrictions: Any) -> Said:
    said: Said = {"price_components": list(components)}
    return {**said, "restrictions": restrictions} if restrictions else said


def tariff(*elements: Said, **fields: Any) -> Tariff:
    return Tariff.model_validate({"currency": "EUR", "elements": list(elements), **fields})


def charging(minutes: float, kwh: str = "0", **known: Any) -> tuple[Activity, timedelta, Said]:
    return Activity.CHARGING, timedelta(minutes=minutes), {"energy_wh": int(Decimal(kwh) * 1000), **known}


def parked(minutes: float) -> tuple[Activity, timedelta, Said]:
    return Activity.PARKED, timedelta(minutes=minutes), {}


def reserved(minutes: float) -> tuple[Activity, timedelta, Said]:
    return Activity.RESERVED, timedelta(minutes=minutes), {}


def expired(minutes: float) -> tuple[Activity, timedelta, Said]:
    return Activity.EXPIRED, timedelta(minutes=minutes), {}


def session(
    *parts: tuple[Activity, timedelta, Mapping[str, Any]],
    at: datetime | str = MONDAY,
    zone: ZoneInfo = UTC_ZONE,
    place: PlaceKind = PlaceKind.PUBLIC,
) -> Session:
    """One part after the other, from ``at`` on."""
    now = datetime.fromisoformat(at) if isinstance(at, str) else at
    periods = []
    for activity, length, known in parts:
        periods.append(Period(starts_at=now, activity=activity, **known))
        now += length
    return Session(tuple(periods), now, zone, place)


def price(of: Tariff, what: Session) -> Price:
    return rating.price(RatedTariff(of), what)


def totals(of: Tariff, what: Session) -> tuple[str, str]:
    """Without VAT and with it."""
    told = price(of, what)
    return str(told.net), str(told.gross)


def lines(told: Price) -> Sequence[tuple[str, str]]:
    """What each line is for, and its amount without VAT; without the cent that rounding leaves."""
    return [(line.kind.value, str(line.net)) for line in told.lines if line.kind is not Kind.ROUNDING]
