"""Amounts are exact, keep their currency, and are rounded half-up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import CurrenciesDifferError, Money, minor_unit

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=6)


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("10.005", "EUR", "10.01"),
        ("10.0049", "EUR", "10.00"),
        ("-10.005", "EUR", "-10.01"),
        ("0.5", "JPY", "1"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_an_amount_is_rounded_half_up_to_the_minor_unit_of_its_currency(
    amount: str, currency: str, rounded: str
) -> None:
    assert Money(amount=Decimal(amount), currency=currency).rounded().amount == Decimal(rounded)


def test_three_lines_of_ten_and_half_a_cent_are_thirty_euros_and_three_cents() -> None:
    assert Money.sum((euros("10.005").rounded() for _ in range(3)), "EUR") == euros("30.03")


@pytest.mark.parametrize("put_together", [Money.__add__, Money.__sub__, Money.__lt__, Money.__ge__])
def test_two_currencies_are_never_put_together(put_together: object) -> None:
    assert callable(put_together)
    with pytest.raises(CurrenciesDifferError, match="EUR and SEK"):
        put_together(euros("1"), Money(amount=Decimal(1), currency="SEK"))


@pytest.mark.parametrize("amount", [0.1, 1, Decimal("NaN"), Decimal("Infinity"), "10"])
def test_what_is_no_exact_finite_number_is_no_amount(amount: object) -> None:
    with pytest.raises(ValueError, match="amount"):
        Money(amount, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "XQZ"])
def test_a_currency_is_one_that_there_is(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money.zero(currency)


@given(AMOUNTS)
def test_rounding_moves_an_amount_by_half_a_minor_unit_at_most_and_only_once(amount: Decimal) -> None:
    exact = Money(amount=amount, currency="EUR")
    rounded = exact.rounded()
    assert abs(rounded.amount - amount) <= minor_unit("EUR") / 2
    assert rounded.rounded() == rounded


@given(st.lists(AMOUNTS), AMOUNTS)
def test_sums_lose_nothing(amounts: list[Decimal], one: Decimal) -> None:
    several = [Money(amount=amount, currency="EUR") for amount in amounts]
    added = Money(amount=one, currency="EUR")
    assert Money.sum([*several, added], "EUR") - added == Money.sum(several, "EUR")
