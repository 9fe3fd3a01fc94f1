"""What it takes to price a session line by line, by a tariff of five elements, in the processor's own time."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from bench.report import Report
from models.rules import rating
from models.rules.rated_tariff import RatedTariff
from models.rules.rating import Activity, Period, Session
from models.rules.tariff import Tariff

AIM_PER_SECOND = 10_000
_ZONE = ZoneInfo("Europe/Amsterdam")
_DAY = datetime(2026, 3, 2, tzinfo=UTC)
_EVERY = timedelta(minutes=7)
FIVE_ELEMENTS = Tariff.model_validate(
    {
        "currency": "EUR",
        "max_price": {"excl_vat": 100, "incl_vat": 121},
        "elements": [
            {"price_components": [{"type": "FLAT", "price": 0.35, "vat": 21, "step_size": 1}]},
            {
                "price_components": [{"type": "ENERGY", "price": 0.29, "vat": 21, "step_size": 100}],
                "restrictions": {"start_time": "23:00", "end_time": "07:00"},
            },
            {
                "price_components": [{"type": "ENERGY", "price": 0.49, "vat": 21, "step_size": 100}],
                "restrictions": {"min_power": 50},
            },
            {"price_components": [{"type": "ENERGY", "price": 0.39, "vat": 21, "step_size": 100}]},
            {
                "price_components": [{"type": "PARKING_TIME", "price": 3, "vat": 21, "step_size": 300}],
                "restrictions": {"min_overstay": 1800},
            },
        ],
    }
)


def sessions() -> Sequence[Session]:
    """Of a day, one every seven minutes: charged in two stretches, then parked beyond what is free."""
    return [_session(_DAY + number * _EVERY) for number in range(timedelta(days=1) // _EVERY)]


def measure(report: Report, seconds: float) -> None:
    """Adds the figures to the report; each runs for so many seconds of the processor."""
    tariff, priced = RatedTariff(FIVE_ELEMENTS), sessions()
    lines = [len(rating.price(tariff, each).lines) for each in priced]
    rate = _per_second(lambda number: rating.price(tariff, priced[number]), len(priced), seconds)
    floor = _per_second(lambda number: _arithmetic(lines[number]), len(priced), seconds)
    report.count(
        "Sessions priced per second of one core, by a tariff of five elements",
        rate,
        f"{floor:.0f} with bare Decimal arithmetic for as many lines",
        at_least=AIM_PER_SECOND,
    )
    report.notes.append(
        f"A session has {sum(lines) / len(lines):.1f} lines: it charged for 155 minutes in two stretches, was parked"
        " for 80, and is cut where night begins or ends and where overstay begins. Measured in processor time."
    )


def _session(start: datetime) -> Session:
    minutes = [0, 95, 155, 235]
    first, second, third, end = (start + timedelta(minutes=after) for after in minutes)
    periods = (
        Period(first, Activity.CHARGING, 14_200),
        Period(second, Activity.CHARGING, 7_100),
        Period(third, Activity.PARKED),
    )
    return Session(periods, end, _ZONE)


def _arithmetic(lines: int) -> Decimal:
    """The least that a price with so many lines could do: amounts, VAT, and a sum, each line to the cent."""
    total, cent = Decimal(0), Decimal("0.01")
    for _ in range(lines):
        net = (Decimal("0.39") * 14_200 / 1000).quantize(cent, ROUND_HALF_UP)
        total += net + (net * 21 / 100).quantize(cent, ROUND_HALF_UP)
    return total


def _per_second(one: Callable[[int], object], count: int, seconds: float) -> float:
    done, began = 0, time.process_time()
    while (taken := time.process_time() - began) < seconds:
        for number in range(count):
            one(number)
        done += count
    return done / taken
