"""Holds: money is set aside before energy flows, and taken or given free once, whatever is repeated (C5)."""

from datetime import datetime
from uuid import UUID

from models.errors import AlreadyExists, InsufficientBalance, InvalidInput, NotFound, StageDoesNotAllow
from models.messages.ledger import Origin
from models.money import Money
from models.rules import holds as rules
from models.rules.holds import HOLD, HoldEvent, HoldState
from models.rules.ledger import DebtCause, Sale, positive, settled
from models.store import holds
from models.store import ledger as accounts
from models.tables.ledger import Hold, LedgerTransaction
from models.usecases import ledger
from models.usecases.work import Work

EXPIRED_AT_ONCE = 200


async def take(
    work: Work,
    account_id: UUID,
    amount: Money,
    reference: str,
    *,
    session_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> Hold:
    """Sets the amount aside where the account covers it; the same hold when it is taken again under its reference.

    Raises InsufficientBalance, after which the work may go on; NotFound, InvalidInput, AlreadyExists (another hold goes
    by the reference).
    """
    hold = Hold(
        account_id=account_id,
        currency=amount.currency,
        reference=reference,
        session_id=session_id,
        amount=positive(amount).amount,
        expires_at=expires_at or work.now + rules.VALID,
        created_at=work.now,
    )
    if await holds.take(work.session, hold):
        return hold
    known = await holds.under(work.session, reference)
    if known is None:
        raise await _not_covered(work, account_id, amount)
    if (known.account_id, known.currency) != (account_id, amount.currency):
        raise AlreadyExists(f"Another hold goes by '{reference}'")
    return known


async def extend(work: Work, hold_id: UUID, to: Money, expires_at: datetime | None = None) -> Hold:
    """Holds ``to`` in all, where that is more, and for longer; so it can be repeated.

    Raises InsufficientBalance, after which the work may go on with the hold as it was; NotFound, StageDoesNotAllow.
    """
    hold = await _locked(work, hold_id)
    HOLD.next(hold.state, HoldEvent.EXTENDED)
    more = to - Money(hold.amount, hold.currency)
    if more > Money.zero(hold.currency):
        if not await holds.cover(work.session, hold.account_id, more.amount):
            raise await _not_covered(work, hold.account_id, more)
        hold.amount = to.amount
    if expires_at is not None:
        hold.expires_at = max(hold.expires_at, expires_at)
    await work.session.flush()
    return hold


async def settle(
    work: Work, hold_id: UUID, sale: Sale, origin: Origin, debt: DebtCause | None = None
) -> LedgerTransaction | None:
    """Takes the price of the hold and releases the rest; the same transaction when it is told again.

    ``debt`` lets the price be more than is held. None where it costs nothing. Raises HoldExceeded, NotFound,
    StageDoesNotAllow (the hold has ended otherwise, or for another price).
    """
    hold = await _locked(work, hold_id)
    if hold.state is HoldState.SETTLED:
        return await _settled_before(work, hold, sale)
    state = HOLD.next(hold.state, HoldEvent.SETTLED)
    held = Money(hold.amount, hold.currency)
    used = rules.taken(held, sale.gross, may_exceed=debt is not None)
    hold.state, hold.settled_amount, hold.ended_at = state, used.amount, work.now
    await work.session.flush()
    if used.is_zero:
        await holds.free(work.session, hold.account_id, hold.amount)
        return None
    row = await ledger.account(work, hold.account_id)
    booking = settled(ledger.PAYMENT_OF[row.kind], sale, debt if sale.gross > held else None)
    return await ledger.post(work, ledger.owner_of(row), booking, f"hold:{hold.id}", origin, hold=hold)


async def release(work: Work, hold_id: UUID) -> Hold:
    """Nothing is to be paid; released again, it stays so. Raises NotFound, StageDoesNotAllow."""
    hold = await _locked(work, hold_id)
    if hold.state is not HoldState.RELEASED:
        hold.state, hold.ended_at = HOLD.next(hold.state, HoldEvent.RELEASED), work.now
        await work.session.flush()
        await holds.free(work.session, hold.account_id, hold.amount)
    return hold


async def expire(work: Work) -> int:
    """Holds whose time is over keep nobody's money any longer; how many ended now."""
    return await holds.expire(work.session, work.now, EXPIRED_AT_ONCE)


async def _locked(work: Work, hold_id: UUID) -> Hold:
    hold = await holds.lock(work.session, hold_id)
    if hold is None:
        raise NotFound("There is no such hold")
    return hold


async def _settled_before(work: Work, hold: Hold, sale: Sale) -> LedgerTransaction | None:
    transaction = await accounts.settlement_of(work.session, hold.id)
    if transaction is None:
        paid = Money.zero(hold.currency)
    else:
        sides = await accounts.entries_of(work.session, transaction.id)
        paid = next(Money(-entry.amount, entry.currency) for entry, row in sides if row.id == hold.account_id)
    if paid != sale.gross:
        raise StageDoesNotAllow(f"The hold was settled for {paid} already; correct that transaction instead")
    return transaction


async def _not_covered(work: Work, account_id: UUID, amount: Money) -> InsufficientBalance:
    """Why it is not. Raises NotFound, InvalidInput where it is no matter of the balance."""
    row = await ledger.account(work, account_id)
    if row.available is None or row.currency != amount.currency:
        raise InvalidInput(f"Nothing is held in {amount.currency} on a {row.kind} account in {row.currency}")
    return InsufficientBalance(
        f"{row.available} {row.currency} is available, and {amount} is to be held",
        available=str(row.available),
        wanted=str(amount.amount),
    )
