"""What each event books: always balanced, on the side on which it belongs (B8)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidInput
from models.money import CurrenciesDifferError, Money
from models.rules import ledger
from models.rules.ledger import (
    OPENED_FOR,
    OWNED,
    SPENDING,
    AccountKind,
    Booking,
    DebtCause,
    Posting,
    Sale,
    TransactionKind,
    UnbalancedError,
)
from models.rules.subscriber import Payment

A = AccountKind
amounts = st.decimals("0.01", "99999.99", places=2).map(lambda amount: Money(amount, "EUR"))
parts = st.decimals("0", "9999.9999", places=4).map(lambda amount: Money(amount, "EUR"))


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def sides(booking: Booking) -> dict[AccountKind, str]:
    return {each.account: str(each.amount.amount) for each in booking.postings}


SALE = Sale(eur("10.00"), eur("2.10"))


@pytest.mark.step("B8")
@pytest.mark.parametrize(
    ("booking", "kind", "expected"),
    [
        (ledger.topped_up(eur("25.00")), "top_up", {A.PREPAID: "25.00", A.BANK: "-25.00"}),
        (
            ledger.settled(Payment.PREPAID, SALE),
            "settlement",
            {A.PREPAID: "-12.10", A.REVENUE: "10.00", A.VAT: "2.10"},
        ),
        (
            ledger.settled(Payment.POSTPAID, SALE),
            "settlement",
            {A.UNBILLED: "-12.10", A.REVENUE: "10.00", A.VAT: "2.10"},
        ),
        (ledger.invoiced(eur("12.10")), "invoice", {A.UNBILLED: "12.10", A.RECEIVABLE: "-12.10"}),
        (ledger.paid(eur("12.10")), "payment", {A.RECEIVABLE: "12.10", A.BANK: "-12.10"}),
        (ledger.refunded(A.PREPAID, eur("5.00")), "refund", {A.PREPAID: "-5.00", A.BANK: "5.00"}),
        (ledger.refunded(A.RECEIVABLE, eur("5.00")), "refund", {A.RECEIVABLE: "-5.00", A.BANK: "5.00"}),
        (ledger.adjusted(A.PREPAID, eur("3.00")), "adjustment", {A.PREPAID: "3.00", A.ADJUSTMENTS: "-3.00"}),
        (ledger.adjusted(A.UNBILLED, eur("-3.00")), "adjustment", {A.UNBILLED: "-3.00", A.ADJUSTMENTS: "3.00"}),
        (ledger.written_off(A.RECEIVABLE, eur("9.00")), "write_off", {A.RECEIVABLE: "9.00", A.WRITTEN_OFF: "-9.00"}),
    ],
)
def test_each_event_books_on_the_accounts_that_it_is_about(
    booking: Booking, kind: str, expected: dict[AccountKind, str]
) -> None:
    assert (booking.kind, sides(booking), booking.debt) == (TransactionKind(kind), expected, None)


@pytest.mark.step("B8")
@given(amounts, parts, parts, st.sampled_from(Payment), st.sampled_from(sorted(OWNED)))
def test_whatever_is_booked_sums_to_zero_and_so_does_its_correction(
    amount: Money, net: Money, vat: Money, payment: Payment, account: AccountKind
) -> None:
    booked = [
        ledger.topped_up(amount),
        ledger.invoiced(amount),
        ledger.paid(amount),
        ledger.refunded(account, amount),
        ledger.adjusted(account, -amount),
        ledger.written_off(account, amount),
    ]
    if not (net + vat).is_zero:
        booked.append(ledger.settled(payment, Sale(net, vat), DebtCause.OFFLINE))
    for booking in booked:
        for each in (booking, ledger.corrected(booking)):
            assert Money.sum((posting.amount for posting in each.postings), "EUR").is_zero
            assert not any(posting.amount.is_zero for posting in each.postings)


@pytest.mark.step("B8")
def test_a_correction_reverses_the_originals_own_entries_and_may_take_back_what_was_spent() -> None:
    correction = ledger.corrected(ledger.settled(Payment.PREPAID, SALE))
    assert sides(correction) == {A.PREPAID: "12.10", A.REVENUE: "-10.00", A.VAT: "-2.10"}
    assert (correction.kind, correction.debt) == (TransactionKind.CORRECTION, DebtCause.CORRECTION)


def test_a_sale_without_vat_books_none() -> None:
    assert sides(ledger.settled(Payment.PREPAID, Sale(eur("4"), eur("0")))) == {A.PREPAID: "-4", A.REVENUE: "4"}


@pytest.mark.parametrize(
    "postings",
    [
        (Posting(A.PREPAID, eur("1")), Posting(A.BANK, eur("-1.0001"))),
        (Posting(A.PREPAID, eur("1")), Posting(A.BANK, Money(Decimal(-1), "USD"))),
        (Posting(A.PREPAID, eur("1")), Posting(A.PREPAID, eur("-1"))),
        (Posting(A.PREPAID, eur("0")),),
        (),
    ],
)
def test_what_has_no_two_sides_that_sum_to_zero_in_each_currency_is_no_transaction(postings: tuple[Any, ...]) -> None:
    with pytest.raises(UnbalancedError):
        Booking(TransactionKind.ADJUSTMENT, postings)


@pytest.mark.parametrize(
    "book",
    [
        lambda: ledger.topped_up(eur("0")),
        lambda: ledger.topped_up(eur("-1")),
        lambda: ledger.topped_up(eur("1.005")),
        lambda: ledger.topped_up(Money(Decimal("0.5"), "JPY")),
        lambda: ledger.paid(eur("0.001")),
        lambda: ledger.refunded(A.PREPAID, eur("-2")),
        lambda: ledger.invoiced(eur("0")),
        lambda: ledger.written_off(A.RECEIVABLE, eur("-1")),
        lambda: ledger.adjusted(A.PREPAID, eur("0.00")),
        lambda: ledger.adjusted(A.PREPAID, eur("0.00001")),
        lambda: ledger.adjusted(A.PREPAID, eur("1000000000000000")),
        lambda: ledger.settled(Payment.PREPAID, Sale(eur("0"), eur("0"))),
        lambda: Sale(eur("-1"), eur("0")),
    ],
)
def test_an_amount_that_can_not_be_booked_is_refused(book: Callable[[], object]) -> None:
    with pytest.raises(InvalidInput):
        book()


def test_two_currencies_make_no_sale() -> None:
    with pytest.raises(CurrenciesDifferError):
        Sale(eur("1"), Money(Decimal(1), "USD"))


def test_every_owner_has_the_account_that_they_spend_from() -> None:
    assert all(SPENDING[payment] in OPENED_FOR[payment] for payment in Payment)
    assert {account for accounts in OPENED_FOR.values() for account in accounts} == OWNED
