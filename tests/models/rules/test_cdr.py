"""A price as it is kept in a bill data record: exact, explained, and taken back to the cent (B1, B3)."""

from decimal import Decimal

import pytest

from models.rules import cdr, rating
from models.rules.rated_tariff import RatedTariff
from tests.pricing import charging, component, element, parked, session, tariff

RATED = RatedTariff(tariff(element(component("ENERGY", "0.333", "21"), component("PARKING_TIME", "2"))))


@pytest.mark.step("B1")
def test_each_line_says_what_it_is_for_and_together_they_are_the_price() -> None:
    price = rating.price(RATED, session(charging(30, "10.5"), parked(15)))
    lines = {line["kind"]: line for line in cdr.lines_of(price)}
    energy, parking = lines["ENERGY"], lines["PARKING_TIME"]
    assert (Decimal(energy["used"]), energy["unit"], energy["price"], energy["vat_rate"]) == (
        Decimal("10.5"),
        "kWh",
        "0.333",
        "21",
    )
    assert (Decimal(parking["billed"]), parking["unit"], parking["vat_rate"]) == (Decimal("0.25"), "h", None)
    assert [span["since"] for span in parking["spans"]] == ["2026-03-02T08:30:00+00:00"]
    for name in ("net", "vat", "gross"):
        assert sum(Decimal(line[name]) for line in cdr.lines_of(price)) == getattr(price, name)


@pytest.mark.step("B1")
def test_a_credit_takes_back_every_line_and_twice_is_the_first_again() -> None:
    lines = cdr.lines_of(rating.price(RATED, session(charging(30, "10.5"), parked(15))))
    taken_back = cdr.credited(lines)
    for line, credit in zip(lines, taken_back, strict=True):
        assert Decimal(line["gross"]) + Decimal(credit["gross"]) == 0
        assert (line["kind"], line["used"]) == (credit["kind"], credit["used"])
    assert cdr.credited(taken_back) == lines
