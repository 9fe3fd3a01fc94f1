"""A tariff has OCPI's JSON shape; what can't be meant is refused, naming the field."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from models.rules.tariff import PublishedTariff, Tariff

pytestmark = pytest.mark.step("C10")

ENERGY = {"type": "ENERGY", "price": 0.25, "vat": 10.0, "step_size": 1}
WHOLE: dict[str, Any] = {
    "country_code": "DE",
    "party_id": "ALL",
    "id": "14",
    "currency": "EUR",
    "type": "REGULAR",
    "tariff_alt_text": [{"language": "nl", "text": "2.00 euro p/uur inclusief BTW."}],
    "tariff_alt_url": "https://company.example/tariffs/14",
    "min_price": {"excl_vat": 0.5, "incl_vat": 0.55},
    "max_price": {"excl_vat": 10.0, "incl_vat": 11.0},
    "elements": [
        {
            "price_components": [{"type": "TIME", "price": 1.25, "vat": 20.0, "step_size": 600}],
            "restrictions": {
                "start_time": "09:00",
                "end_time": "00:00",
                "start_date": "2026-01-01",
                "end_date": "2027-01-01",
                "min_kwh": 1.5,
                "max_kwh": 50.0,
                "min_current": 6.0,
                "max_current": 32.0,
                "min_power": 1.0,
                "max_power": 22.0,
                "min_duration": 0,
                "max_duration": 3600,
                "day_of_week": ["SATURDAY", "SUNDAY"],
                "min_overstay": 900,
                "place_kind": ["HOME", "THIRD_PARTY"],
            },
        },
        {
            "price_components": [{"type": "FLAT", "price": 2.0, "step_size": 1}],
            "restrictions": {"reservation": "RESERVATION_EXPIRES"},
        },
        {"price_components": [ENERGY]},
    ],
    "start_date_time": "2026-01-01T00:00:00Z",
    "end_date_time": "2026-06-30T23:59:59Z",
    "energy_mix": {
        "is_green_energy": True,
        "energy_sources": [{"source": "WIND", "percentage": 100.0}],
        "environ_impact": [{"category": "NUCLEAR_WASTE", "amount": 0.0}],
        "supplier_name": "Greenpeace Energy eG",
        "energy_product_name": "eco-power",
    },
    "last_updated": "2026-01-01T00:00:00Z",
}


def with_(**fields: Any) -> dict[str, Any]:
    return {"currency": "EUR", "elements": [{"price_components": [ENERGY]}], **fields}


def restricted(**restrictions: Any) -> dict[str, Any]:
    return with_(elements=[{"price_components": [ENERGY], "restrictions": restrictions}])


def components(*given: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    return with_(elements=[{"price_components": list(given), "restrictions": restrictions}])


def test_everything_that_ocpi_can_say_comes_back_as_it_was_said() -> None:
    assert PublishedTariff.model_validate(WHOLE).said() == WHOLE


def test_prices_come_back_from_json_to_the_last_digit() -> None:
    said = with_(elements=[{"price_components": [{**ENERGY, "price": 123456.123456}]}])
    told = Tariff.model_validate_json(Tariff.model_validate(said).model_dump_json(exclude_unset=True))

    assert str(told.elements[0].price_components[0].price) == "123456.123456"


@pytest.mark.parametrize(
    ("said", "place", "why"),
    [
        (with_(currency="EUX"), "currency", "ISO 4217"),
        (with_(elements=[]), "elements", "at least one"),
        (with_(colour="green"), "colour", "not permitted"),
        (components(), "elements.0.price_components", "at least one"),
        (components({**ENERGY, "price": -1}), "elements.0.price_components.0.price", "greater than or equal to 0"),
        (components({**ENERGY, "price": 0.1234567}), "elements.0.price_components.0.price", "6 decimal places"),
        (components({**ENERGY, "vat": 101}), "elements.0.price_components.0.vat", "less than or equal to 100"),
        (components({**ENERGY, "step_size": -1}), "elements.0.price_components.0.step_size", "greater than or equal"),
        (components({"type": "ENERGY", "price": 1}), "elements.0.price_components.0.step_size", "required"),
        (components(ENERGY, ENERGY), "elements.0", "price_components: have each type once"),
        (components(ENERGY, reservation="RESERVATION"), "elements.0", "price_components: a reservation can only"),
        (restricted(start_time="9:00"), "elements.0.restrictions.start_time", "hours and minutes"),
        (restricted(start_time=540), "elements.0.restrictions.start_time", "hours and minutes"),
        (restricted(end_time="24:00"), "elements.0.restrictions.end_time", "hours and minutes"),
        (restricted(start_time="09:00:30"), "elements.0.restrictions.start_time", "hours and minutes"),
        (restricted(start_time="09:00", end_time="09:00"), "elements.0.restrictions", "end_time: is another"),
        (restricted(start_date="2026-02-30"), "elements.0.restrictions.start_date", "date"),
        (
            restricted(start_date="2026-03-01", end_date="2026-03-01"),
            "elements.0.restrictions",
            "end_date: is exclusive",
        ),
        (restricted(min_kwh=5, max_kwh=5), "elements.0.restrictions", "max_kwh: is exclusive"),
        (restricted(max_power=0), "elements.0.restrictions", "max_power: is exclusive"),
        (restricted(min_duration=-1), "elements.0.restrictions.min_duration", "greater than or equal to 0"),
        (restricted(day_of_week=["FUNDAY"]), "elements.0.restrictions.day_of_week.0", "MONDAY"),
        (
            components({**ENERGY, "type": "TIME"}, reservation="RESERVATION", min_kwh=1),
            "elements.0.restrictions",
            "min_kwh: nothing flows",
        ),
        (with_(min_price={"excl_vat": 2, "incl_vat": 1}), "min_price", "incl_vat: is at least excl_vat"),
        (with_(max_price={"excl_vat": 2}), "", "max_price.incl_vat: is given"),
        (
            with_(min_price={"excl_vat": 2, "incl_vat": 3}, max_price={"excl_vat": 1, "incl_vat": 4}),
            "",
            "max_price.excl_vat: is at least",
        ),
        (
            with_(start_date_time="2026-03-01T00:00:00Z", end_date_time="2026-03-01T00:00:00Z"),
            "",
            "end_date_time: is after",
        ),
        (with_(start_date_time="2026-03-01T00:00:00"), "start_date_time", "timezone"),
        (with_(tariff_alt_url="javascript:alert(1)"), "tariff_alt_url", "pattern"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_its_place(said: dict[str, Any], place: str, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Tariff.model_validate(said)

    [found] = refused.value.errors()
    assert ".".join(str(part) for part in found["loc"]) == place
    assert re.search(re.escape(why), found["msg"], re.IGNORECASE)
