"""What a driver reads before charging: AFIR's order, amounts with VAT, conditions in words, in English and Dutch."""

from datetime import datetime
from decimal import Decimal

import pytest

from models.rules.events import Language
from models.rules.price_display import ShownKind, shown
from models.rules.tariff import PlaceKind, Tariff
from tests.pricing import component, element, tariff

pytestmark = pytest.mark.step("C10")

EN, NL = Language.ENGLISH, Language.DUTCH
NOON = datetime(2026, 3, 2, 12)  # noqa: DTZ001 - the time at the place


def texts(of: Tariff, language: Language = EN, place: PlaceKind = PlaceKind.PUBLIC, at: datetime = NOON) -> list[str]:
    return [each.text.replace("\xa0", " ") for each in shown(of, place, at, language)]


MIXED = tariff(
    element(component("FLAT", "0.35", "20")),
    element(component("PARKING_TIME", "6", "20", 300), min_overstay=1800),
    element(component("ENERGY", "0.29", "20", 100), start_time="23:00", end_time="07:00"),
    element(component("ENERGY", "0.39", "20", 100), component("TIME", "0.60", "20")),
    element(component("TIME", "3", "20"), component("FLAT", "1", "20"), reservation="RESERVATION"),
    min_price={"excl_vat": 1, "incl_vat": 1.2},
    max_price={"excl_vat": 50, "incl_vat": 60},
)


def test_prices_come_in_the_order_of_the_regulation_whatever_the_order_of_the_elements() -> None:
    assert [each.kind for each in shown(MIXED, PlaceKind.PUBLIC, NOON, EN)] == [
        ShownKind.KWH,
        ShownKind.KWH,
        ShownKind.MINUTE,
        ShownKind.MINUTE,
        ShownKind.SESSION,
        *[ShownKind.OTHER] * 4,
    ]


def test_a_tariff_is_read_in_english() -> None:
    assert texts(MIXED) == [
        "€0.348 per kWh, billed by 0.1 kWh, from 23:00 to 07:00",
        "€0.468 per kWh, billed by 0.1 kWh",
        "€0.12 per minute of parking without charging, billed by 5 minutes, from 30 minutes after charging ended",
        "€0.012 per minute of charging",
        "€0.42 per session",
        "€0.06 per minute of reservation",
        "€1.20 per reservation",
        "at least €1.20 per session",
        "at most €60.00 per session",
    ]


def test_a_tariff_is_read_in_dutch() -> None:
    parking = "€ 0,12 per minuut parkeren zonder laden, afgerekend per 5 minuten"

    assert texts(MIXED, NL) == [
        "€ 0,348 per kWh, afgerekend per 0,1 kWh, van 23:00 tot 07:00",
        "€ 0,468 per kWh, afgerekend per 0,1 kWh",
        f"{parking}, vanaf 30 minuten na het einde van het laden",
        "€ 0,012 per minuut laden",
        "€ 0,42 per sessie",
        "€ 0,06 per minuut reservering",
        "€ 1,20 per reservering",
        "minimaal € 1,20 per sessie",
        "maximaal € 60,00 per sessie",
    ]


def test_amounts_are_with_vat_whether_the_tariff_s_prices_are_net_or_gross() -> None:
    net, gross = (
        tariff(element(component("ENERGY", "0.5", "21"), component("TIME", "6", "21")), tax_included=included)
        for included in ("NO", "YES")
    )

    assert [each.amount for each in shown(net, PlaceKind.PUBLIC, NOON, EN)] == [Decimal("0.605"), Decimal("0.121")]
    assert [each.amount for each in shown(gross, PlaceKind.PUBLIC, NOON, EN)] == [Decimal("0.5"), Decimal("0.1")]


@pytest.mark.parametrize(
    ("restrictions", "english", "dutch"),
    [
        ({"day_of_week": ["SUNDAY", "SATURDAY"]}, "on Saturday and Sunday", "op zaterdag en zondag"),
        ({"start_time": "07:00"}, "from 07:00", "vanaf 07:00"),
        ({"end_time": "07:00"}, "before 07:00", "vóór 07:00"),
        ({"start_date": "2026-12-24"}, "from December 24, 2026", "vanaf 24 december 2026"),
        (
            {"min_kwh": 10, "max_kwh": "20.5"},
            "from 10 kWh on, below 20.5 kWh",
            "vanaf 10 kWh, onder 20,5 kWh",
        ),
        ({"max_power": 16}, "below 16 kW", "onder 16 kW"),
        ({"min_current": 32}, "from 32 A on", "vanaf 32 A"),
        ({"min_duration": 5400}, "once 1 hour 30 minutes have passed", "zodra 1 uur 30 minuten voorbij zijn"),
        ({"max_duration": 45}, "in the first 45 seconds", "in de eerste 45 seconden"),
    ],
)
def test_what_a_price_holds_under_is_said_in_words(restrictions: dict[str, object], english: str, dutch: str) -> None:
    of = tariff(element(component("ENERGY", "1"), **restrictions))

    assert texts(of) == [f"€1.00 per kWh, {english}"]
    assert texts(of, NL) == [f"€ 1,00 per kWh, {dutch}"]


def test_what_can_not_hold_at_the_place_or_any_more_is_not_shown() -> None:
    of = tariff(
        element(component("ENERGY", "1"), place_kind=["HOME"]),
        element(component("ENERGY", "2"), end_date="2026-03-02"),
        element(component("ENERGY", "3")),
    )

    assert texts(of) == ["€3.00 per kWh"]
    assert texts(of, place=PlaceKind.HOME, at=datetime(2026, 3, 1)) == [  # noqa: DTZ001
        "€1.00 per kWh",
        "€2.00 per kWh, before March 2, 2026",
        "€3.00 per kWh",
    ]
