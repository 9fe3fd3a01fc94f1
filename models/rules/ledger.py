"""The chart of accounts, and what each event books: double entry, of which every transaction sums to zero (B8).

Credits are positive and debits negative, as the owner of an account sees it: a prepaid balance of 10 can be spent,
receivables of -10 are owed to the house.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from models.errors import InvalidInput
from models.money import AMOUNT_DIGITS, AMOUNT_PLACES, Money
from models.rules.subscriber import Payment


class AccountKind(StrEnum):
    PREPAID = "prepaid"
    UNBILLED = "unbilled"
    RECEIVABLE = "receivable"
    BANK = "bank"
    REVENUE = "revenue"
    VAT = "vat"
    ADJUSTMENTS = "adjustments"
    WRITTEN_OFF = "written_off"


class TransactionKind(StrEnum):
    TOP_UP = "top_up"
    SETTLEMENT = "settlement"
    INVOICE = "invoice"
    PAYMENT = "payment"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    WRITE_OFF = "write_off"
    CORRECTION = "correction"


class DebtCause(StrEnum):
    """Why a transaction may take an account below what is available: the energy has flowed, or a booking was wrong."""

    OVERRUN = "overrun"
    OFFLINE = "offline"
    CORRECTION = "correction"


A, K = AccountKind, TransactionKind

SPENDING = {Payment.PREPAID: A.PREPAID, Payment.POSTPAID: A.UNBILLED}
"""The account that an owner spends from: holds are taken there, within its balance and its credit limit."""
OWNED = frozenset({A.PREPAID, A.UNBILLED, A.RECEIVABLE})
"""Every other account is the house's own, one for each currency."""
OPENED_FOR = {Payment.PREPAID: (A.PREPAID,), Payment.POSTPAID: (A.UNBILLED, A.RECEIVABLE)}

_STEP = Decimal(1).scaleb(-AMOUNT_PLACES)
_BOUND = Decimal(10) ** (AMOUNT_DIGITS - AMOUNT_PLACES)


class UnbalancedError(ValueError):
    """What was to be booked is no transaction: it doesn't sum to zero, or has no two sides."""


@dataclass(frozen=True, slots=True)
class Posting:
    account: AccountKind
    amount: Money


@dataclass(frozen=True, slots=True)
class Booking:
    """What one event books. ``debt`` says why it may overdraw; without it, it never does.

    Raises UnbalancedError where it doesn't sum to zero in each currency, InvalidInput where an amount can't be kept.
    """

    kind: TransactionKind
    postings: tuple[Posting, ...]
    debt: DebtCause | None = None

    def __post_init__(self) -> None:
        accounts = [(each.account, each.amount.currency) for each in self.postings]
        if len(accounts) < 2 or len(set(accounts)) < len(accounts):
            raise UnbalancedError("A transaction has two sides, and names each account once")
        for each in self.postings:
            _check_kept(each.amount)
        for currency in {currency for _, currency in accounts}:
            own = (each.amount for each in self.postings if each.amount.currency == currency)
            if not Money.sum(own, currency).is_zero:
                raise UnbalancedError(f"The {currency} of a {self.kind} doesn't sum to zero")


@dataclass(frozen=True, slots=True)
class Sale:
    """What a session costs. Raises InvalidInput where it would pay the driver."""

    net: Money
    vat: Money

    def __post_init__(self) -> None:
        zero = Money.zero(self.net.currency)
        if self.net < zero or self.vat < zero:
            raise InvalidInput("A sale costs nothing or something; money is given back by a correction", field="/net")

    @property
    def gross(self) -> Money:
        return self.net + self.vat


def topped_up(amount: Money) -> Booking:
    return _moved(K.TOP_UP, A.BANK, A.PREPAID, payable(amount))


def settled(payment: Payment, sale: Sale, debt: DebtCause | None = None) -> Booking:
    """A bill data record, by the account that its owner spends from. Raises InvalidInput where it costs nothing."""
    sides = (
        Posting(SPENDING[payment], -positive(sale.gross)),
        Posting(A.REVENUE, sale.net),
        Posting(A.VAT, sale.vat),
    )
    return _booking(K.SETTLEMENT, sides, debt)


def invoiced(amount: Money) -> Booking:
    """What was unbilled is owed from now on; ``amount`` is positive."""
    return _moved(K.INVOICE, A.RECEIVABLE, A.UNBILLED, positive(amount))


def paid(amount: Money) -> Booking:
    """An invoice, or more than that: then the receivables are above zero."""
    return _moved(K.PAYMENT, A.BANK, A.RECEIVABLE, payable(amount))


def refunded(account: AccountKind, amount: Money) -> Booking:
    """Money goes back to its owner's bank."""
    return _moved(K.REFUND, account, A.BANK, payable(amount))


def adjusted(account: AccountKind, amount: Money) -> Booking:
    """In the owner's favour where ``amount`` is positive, else at their cost."""
    if amount.is_zero:
        raise InvalidInput("Say by how much: more than zero to give, less to take", field="/amount")
    return _moved(K.ADJUSTMENT, A.ADJUSTMENTS, account, amount)


def written_off(account: AccountKind, amount: Money) -> Booking:
    """What is owed and will not be paid; ``amount`` is positive."""
    return _moved(K.WRITE_OFF, A.WRITTEN_OFF, account, positive(amount))


def corrected(original: Booking) -> Booking:
    """The original's own entries, reversed. A wrong booking can always be taken back, though its money be spent."""
    postings = (Posting(each.account, -each.amount) for each in original.postings)
    return _booking(K.CORRECTION, postings, DebtCause.CORRECTION)


def positive(amount: Money) -> Money:
    """Raises InvalidInput."""
    if amount <= Money.zero(amount.currency):
        raise InvalidInput("The amount is more than zero", field="/amount")
    _check_kept(amount)
    return amount


def payable(amount: Money) -> Money:
    """An amount that a bank can move. Raises InvalidInput."""
    if positive(amount).rounded() != amount:
        raise InvalidInput(f"Nobody can pay a part of the smallest coin of {amount.currency}", field="/amount")
    return amount


def _moved(kind: TransactionKind, source: AccountKind, target: AccountKind, amount: Money) -> Booking:
    return _booking(kind, (Posting(target, amount), Posting(source, -amount)))


def _booking(kind: TransactionKind, sides: Iterable[Posting], debt: DebtCause | None = None) -> Booking:
    return Booking(kind, tuple(each for each in sides if not each.amount.is_zero), debt)


def _check_kept(amount: Money) -> None:
    if abs(amount.amount) >= _BOUND or amount.amount % _STEP:
        raise InvalidInput(f"Amounts have up to {AMOUNT_PLACES} decimals, and fewer than 16 digits", field="/amount")
