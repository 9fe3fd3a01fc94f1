"""Amounts: whole cents by one written rule, so that lines add up to the total that is told and invoiced."""

from decimal import Decimal
from typing import Any

import pytest

from models.rules.price import Kind
from tests.pricing import charging, component, element, price, reserved, session, tariff, totals

pytestmark = pytest.mark.step("C10")


def test_three_lines_of_ten_and_half_a_cent_are_thirty_euros_and_three_cents() -> None:
    of = tariff(element(component("FLAT", "10.005"), component("ENERGY", "10.005"), component("TIME", "10.005")))
    told = price(of, session(charging(60, "1")))

    assert [str(line.net) for line in told.lines] == ["10.01", "10.01", "10.01"]
    assert (str(told.net), str(told.total)) == ("30.03", "30.03 EUR")


def test_vat_is_rounded_once_for_a_rate_and_the_cent_that_it_leaves_is_a_line() -> None:
    of = tariff(
        element(component("FLAT", "2.5", "15"), component("TIME", "2.75", "20"), component("ENERGY", "3.75", "10"))
    )
    told = price(of, session(charging(60, "1")))

    assert [str(line.vat) for line in told.lines] == ["0.38", "0.55", "0.38", "0"]
    assert told.lines[-1].kind is Kind.ROUNDING
    assert (str(told.net), str(told.vat), str(told.rounding), str(told.gross)) == ("9.00", "1.31", "-0.01", "10.30")


def test_lines_of_one_rate_share_the_vat_of_their_sum() -> None:
    of = tariff(
        element(component("FLAT", "0.02", "21"), component("ENERGY", "0.02", "21"), component("TIME", "0.03", "21"))
    )
    told = price(of, session(charging(60, "1")))

    assert [str(line.vat) for line in told.lines] == ["0.00", "0.01", "0.00"]
    assert (told.vat, told.rounding) == (Decimal("0.01"), Decimal(0))


def test_without_vat_is_told_apart_from_vat_of_nothing() -> None:
    of = tariff(element(component("FLAT", "1"), component("ENERGY", "1", "0")))

    assert price(of, session(charging(60, "1"))).vat_by_rate() == {
        None: (Decimal(1), Decimal(0)),
        Decimal(0): (Decimal(1), Decimal(0)),
    }


def test_gross_prices_are_what_is_paid() -> None:
    of = tariff(element(component("ENERGY", "0.35", "21"), component("FLAT", "1", "9")), tax_included="YES")
    told = price(of, session(charging(60, "23.4")))

    assert [(str(line.net), str(line.vat), str(line.gross)) for line in told.lines] == [
        ("0.92", "0.08", "1.00"),
        ("6.77", "1.42", "8.19"),
    ]
    assert str(told.gross) == "9.19"


def test_a_gross_price_that_no_net_one_makes_up_leaves_its_cent_on_a_line() -> None:
    """0.03 with 21% VAT: of 0.02 the VAT is 0.00, of 0.03 it is 0.01."""
    told = price(tariff(element(component("FLAT", "0.03", "21")), tax_included="YES"), session(charging(60, "1")))

    assert (told.net, told.vat, told.rounding, told.gross) == (
        Decimal("0.02"),
        Decimal("0.00"),
        Decimal("0.01"),
        Decimal("0.03"),
    )


def test_limits_apply_apart_without_and_with_vat() -> None:
    limits: dict[str, Any] = {
        "min_price": {"excl_vat": 2, "incl_vat": 2.1},
        "max_price": {"excl_vat": 10, "incl_vat": 11.5},
    }
    of = tariff(element(component("ENERGY", "1", "20")), **limits)

    assert totals(of, session(charging(60, "1.8"))) == ("2.00", "2.16")
    assert totals(of, session(charging(60, "9.8"))) == ("9.80", "11.50")
    assert totals(of, session(charging(60, "20"))) == ("10.00", "11.50")


def test_a_reservation_alone_is_under_no_minimum() -> None:
    of = tariff(
        element(component("FLAT", "1"), reservation="RESERVATION"),
        element(component("ENERGY", "1")),
        min_price={"excl_vat": 5},
    )

    assert totals(of, session(reserved(10)))[1] == "1.00"
    assert totals(of, session(reserved(10), charging(10, "1")))[1] == "5.00"


def test_yen_have_no_cents() -> None:
    of = tariff(element(component("ENERGY", "30.5")), currency="JPY")

    assert str(price(of, session(charging(60, "5"))).gross) == "153"
