"""Amounts of money: exact decimals with their currency, rounded half-up where a document says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel import Locale
from babel.numbers import get_currency_precision

AMOUNT_DIGITS, AMOUNT_PLACES = 19, 4
"""As amounts are stored."""
PRICE_DIGITS, PRICE_PLACES = 19, 6
"""As prices of tariffs are stored: of a kWh there are fractions of a cent."""
_CURRENCIES = frozenset(Locale("en").currencies)


class CurrenciesDifferError(ValueError):
    """Amounts of two currencies were to be added or compared; nothing is ever converted."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its ISO 4217 code. Never a float, never rounded but by ``rounded``.

    Raises ValueError where it is no finite decimal or the currency is none, CurrenciesDifferError where two are mixed.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not (isinstance(self.amount, Decimal) and self.amount.is_finite()):
            raise ValueError("An amount is a finite decimal; a float can't say ten cents")
        if self.currency not in _CURRENCIES:
            raise ValueError("A currency is told by its ISO 4217 code, such as EUR")

    @staticmethod
    def zero(currency: str) -> "Money":
        return Money(Decimal(0), currency)

    @staticmethod
    def sum(amounts: Iterable["Money"], currency: str) -> "Money":
        """``currency`` also of none at all."""
        total = Money.zero(currency)
        for each in amounts:
            total = total + each
        return total

    @property
    def is_zero(self) -> bool:
        return self.amount == 0

    def rounded(self) -> "Money":
        """Half-up, away from zero, to the minor unit of the currency: 10.005 EUR is 10.01 EUR, 0.5 JPY is 1 JPY."""
        return self._with(self.amount.quantize(minor_unit(self.currency), ROUND_HALF_UP))

    def __add__(self, other: "Money") -> "Money":
        return self._with(self.amount + self._same(other))

    def __sub__(self, other: "Money") -> "Money":
        return self._with(self.amount - self._same(other))

    def __neg__(self) -> "Money":
        return self._with(-self.amount)

    def __mul__(self, factor: Decimal | int) -> "Money":
        return self._with(self.amount * factor)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _with(self, amount: Decimal) -> "Money":
        return Money(amount, self.currency)

    def _same(self, other: "Money") -> Decimal:
        if self.currency != other.currency:
            raise CurrenciesDifferError(f"{self.currency} and {other.currency} can't be put together")
        return other.amount


def minor_unit(currency: str) -> Decimal:
    """The smallest amount that can be paid: 0.01 of EUR, 1 of JPY, 0.001 of KWD."""
    return Decimal(1).scaleb(-get_currency_precision(currency))
