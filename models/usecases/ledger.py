"""The ledger: accounts are opened, events booked, wrong bookings reversed (B8). Each event is booked once."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.errors import AlreadyExists, InsufficientBalance, InvalidInput, NotFound, StageDoesNotAllow
from models.messages.ledger import Origin
from models.money import Money
from models.rules import ledger as rules
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
)
from models.rules.subscriber import Payment
from models.store import ledger
from models.tables.base import new_id
from models.tables.ledger import Hold, LedgerAccount, LedgerEntry, LedgerTransaction
from models.usecases import timeline
from models.usecases.work import Work

SUBJECT = "ledger account"
PAYMENT_OF = {kind: payment for payment, kind in SPENDING.items()}
_NOTHING = Decimal(0)
_ON_RECORD = frozenset(TransactionKind) - {TransactionKind.SETTLEMENT, TransactionKind.INVOICE}
"""What people and banks do stands in the audit trail too; sessions and billing runs book by the thousand."""


async def open_account(work: Work, owner_id: UUID, payment: Payment, credit_limit: Money) -> LedgerAccount:
    """The account that the owner spends from, with those that belong to it; the one that is there, where it is.

    It is in the currency of its limit, which is zero where nothing is spent on credit. Raises InvalidInput.
    """
    if credit_limit < Money.zero(credit_limit.currency):
        raise InvalidInput("A credit limit is zero or more", field="/credit_limit")
    currency = credit_limit.currency
    await ledger.open_accounts(work.session, [_of_house(kind, currency) for kind in sorted(set(AccountKind) - OWNED)])
    own = [_of_owner(owner_id, kind, credit_limit) for kind in OPENED_FOR[payment]]
    made = await ledger.open_accounts(work.session, own)
    kind = SPENDING[payment]
    account_id = (await ledger.accounts_for(work.session, owner_id, currency, [kind]))[kind]
    if account_id in made:
        said: dict[str, Any] = {"owner": str(owner_id), "kind": kind.value, "credit_limit": str(credit_limit)}
        timeline.record(work, SUBJECT, account_id, "account opened", **said)
    return await account(work, account_id)


def _of_house(kind: AccountKind, currency: str) -> dict[str, object]:
    return {"id": new_id(), "kind": kind, "currency": currency, "last_number": 0}


def _of_owner(owner_id: UUID, kind: AccountKind, credit_limit: Money) -> dict[str, object]:
    limit = credit_limit.amount if kind in PAYMENT_OF else None
    return {
        "id": new_id(),
        "owner_id": owner_id,
        "kind": kind,
        "currency": credit_limit.currency,
        "balance": _NOTHING,
        "held": None if limit is None else _NOTHING,
        "credit_limit": limit,
        "last_number": 0,
    }


async def account(work: Work, account_id: UUID) -> LedgerAccount:
    """Raises NotFound."""
    found = await ledger.account(work.session, account_id)
    if found is None:
        raise NotFound("There is no such account in the ledger")
    return found


async def change_limit(work: Work, account_id: UUID, limit: Money, reason: str) -> LedgerAccount:
    """Raises NotFound, InvalidInput, StageDoesNotAllow (more than that is spent or held already)."""
    before = await account(work, account_id)
    if before.credit_limit is None or limit.currency != before.currency or limit < Money.zero(limit.currency):
        raise InvalidInput("Only what is spent from has a limit: zero or more, in its currency", field="/credit_limit")
    was = before.credit_limit
    if not await ledger.change_limit(work.session, account_id, limit.amount):
        raise StageDoesNotAllow("More than that is spent or held already; suspend the owner, or wait for a payment")
    said: dict[str, Any] = {"before": str(was), "after": str(limit.amount)}
    timeline.record(work, SUBJECT, account_id, "credit limit changed", why=reason, **said)
    return await account(work, account_id)


async def post(
    work: Work, owner_id: UUID, booking: Booking, reference: str, origin: Origin, *, hold: Hold | None = None
) -> LedgerTransaction:
    """Books what an event books on the owner's accounts and the house's; once, however often it is told.

    ``hold`` is settled by it, so that nothing of it is held any more.

    Raises NotFound where the owner has no such account, AlreadyExists where something else was booked under the
    reference, InsufficientBalance where it would overdraw: then the whole work is to be given up.
    """
    kinds = [each.account for each in booking.postings]
    currency = booking.postings[0].amount.currency
    accounts = await ledger.accounts_for(work.session, owner_id, currency, kinds)
    for kind in kinds:
        if kind not in accounts:
            raise NotFound(f"There is no {kind} account in {currency} to book on")
    return await _book(work, booking, accounts, reference, origin, hold=hold)


async def top_up(work: Work, account_id: UUID, amount: Money, payment_id: str) -> LedgerTransaction:
    """A payment is credited once, however often and by whomever it is told. Raises as ``post`` does, InvalidInput."""
    row = await account(work, account_id)
    if row.kind is not AccountKind.PREPAID:
        raise InvalidInput(f"Nobody pays ahead into a {row.kind} account; what is owed is paid by its invoice")
    booking = rules.topped_up(_in_currency(row, amount))
    return await post(work, owner_of(row), booking, f"top-up:{payment_id}", Origin(payment_id=payment_id))


async def adjust(
    work: Work, account_id: UUID, amount: Money, reason: str, reference: str | None = None
) -> LedgerTransaction:
    """By somebody, for a reason: to the owner's credit where ``amount`` is positive, else to their debit.

    Raises as ``post`` does, InvalidInput.
    """
    row = await account(work, account_id)
    booking = rules.adjusted(row.kind, _in_currency(row, amount))
    return await post(work, owner_of(row), booking, reference or f"adjustment:{new_id()}", Origin(reason=reason))


async def settle(
    work: Work, account_id: UUID, sale: Sale, reference: str, origin: Origin, debt: DebtCause | None = None
) -> LedgerTransaction:
    """A session for which nothing is held; ``debt`` where its energy has flowed whatever the balance is.

    Raises as ``post`` does, InvalidInput.
    """
    row = await account(work, account_id)
    if row.kind not in PAYMENT_OF:
        raise InvalidInput(f"No session is paid from a {row.kind} account")
    booking = rules.settled(PAYMENT_OF[row.kind], sale, debt)
    return await post(work, owner_of(row), booking, reference, origin)


async def reverse(work: Work, transaction_id: UUID, reason: str) -> LedgerTransaction:
    """The transaction's own entries, reversed, once. Raises NotFound, StageDoesNotAllow (it is a correction)."""
    original = await ledger.transaction(work.session, transaction_id)
    if original is None:
        raise NotFound("There is no such transaction in the ledger")
    if original.reverses_id is not None:
        raise StageDoesNotAllow("A correction is not reversed; book anew what was right after all")
    sides = await ledger.entries_of(work.session, transaction_id)
    postings = tuple(Posting(row.kind, Money(entry.amount, entry.currency)) for entry, row in sides)
    booking = rules.corrected(Booking(original.kind, postings))
    accounts = {row.kind: row.id for _, row in sides}
    origin = Origin(session_id=original.session_id, payment_id=original.payment_id, reason=reason)
    return await _book(work, booking, accounts, f"correction:{transaction_id}", origin, reverses=original)


def owner_of(row: LedgerAccount) -> UUID:
    """Raises InvalidInput."""
    if row.owner_id is None:
        raise InvalidInput("The house's own books move with what is booked on its customers' accounts")
    return row.owner_id


async def _book(
    work: Work,
    booking: Booking,
    accounts: Mapping[AccountKind, UUID],
    reference: str,
    origin: Origin,
    *,
    hold: Hold | None = None,
    reverses: LedgerTransaction | None = None,
) -> LedgerTransaction:
    transaction = LedgerTransaction(
        kind=booking.kind,
        reference=reference,
        debt=booking.debt,
        hold_id=hold.id if hold else None,
        reverses_id=reverses.id if reverses else None,
        **origin.model_dump(),
        booked_by=work.actor.id,
        booked_by_name=work.actor.name,
        correlation_id=work.correlation_id,
        booked_at=work.now,
    )
    if not await ledger.add_transaction(work.session, transaction):
        return await _booked_before(work, booking, accounts, reference)
    # In one order by everybody: accounts are locked by what moves them.
    in_order = sorted(booking.postings, key=lambda each: accounts[each.account])
    entries = [await _entry(work, transaction, each, accounts[each.account], hold) for each in in_order]
    await ledger.add_entries(work.session, entries)
    if booking.kind in _ON_RECORD:
        _note(work, transaction, entries)
    return transaction


async def _entry(
    work: Work, transaction: LedgerTransaction, posting: Posting, account_id: UUID, hold: Hold | None
) -> LedgerEntry:
    money = posting.amount
    entry = LedgerEntry(
        transaction_id=transaction.id,
        account_id=account_id,
        currency=money.currency,
        amount=money.amount,
        booked_at=work.now,
    )
    if posting.account in OWNED:
        freed = hold.amount if hold is not None and hold.account_id == account_id else _NOTHING
        may_overdraw = transaction.debt is not None
        moved = await ledger.move(work.session, account_id, money.amount, freed, work.now, may_overdraw=may_overdraw)
        if moved is None:
            raise InsufficientBalance(f"The account's balance doesn't cover {-money}", wanted=str(-money.amount))
        entry.number, entry.balance_after, entry.available_after, entry.booked_at = moved
    return entry


async def _booked_before(
    work: Work, booking: Booking, accounts: Mapping[AccountKind, UUID], reference: str
) -> LedgerTransaction:
    known = await ledger.booked_under(work.session, reference)
    if known is not None:
        sides = await ledger.entries_of(work.session, known.id)
        wanted = {(accounts[each.account], each.amount.amount) for each in booking.postings}
        if known.kind is booking.kind and wanted == {(row.id, entry.amount) for entry, row in sides}:
            return known
    raise AlreadyExists(f"Something else was booked under '{reference}' before")


def _in_currency(row: LedgerAccount, amount: Money) -> Money:
    if amount.currency != row.currency:
        raise InvalidInput(f"The account is in {row.currency}; nothing is converted", field="/currency")
    return amount


def _note(work: Work, transaction: LedgerTransaction, entries: Sequence[LedgerEntry]) -> None:
    said: dict[str, Any] = {"transaction": str(transaction.id), "payment": transaction.payment_id}
    for entry in entries:
        if entry.number is not None:
            what = f"{transaction.kind.replace('_', ' ')} booked"
            money = str(Money(entry.amount, entry.currency))
            timeline.record(work, SUBJECT, entry.account_id, what, why=transaction.reason, amount=money, **said)
