"""A session is priced, recorded and booked, once; and once more where its stop came after that (B1, C1, C5).

All in one transaction: the bill data record, what the ledger takes, and the end of what was held.
"""

from typing import Any
from uuid import UUID

from models.errors import InsufficientBalance
from models.messages.ledger import Origin
from models.money import Money
from models.rules import cdr as cdr_rules
from models.rules.driver_notice import DriverNoticeKind
from models.rules.holds import HoldState
from models.rules.ledger import DebtCause, Sale
from models.rules.price import Price
from models.rules.rated_tariff import RatedTariff
from models.rules.session import SESSION, Flag, SessionEvent, SessionStage, flagged
from models.rules.subscriber import SubscriberStage
from models.store import charging, holds, sessions
from models.tables.charging import ChargingTransaction
from models.tables.ledger import Hold
from models.tables.session import Cdr, ChargingSession
from models.tables.subscriber import Subscriber
from models.usecases import (
    driver_notice,
    hold,
    ledger,
    process,
    session_clock,
    session_deciding,
    session_price,
    signed_values,
    subscriber_closing,
    timeline,
)
from models.usecases.session import SUBJECT, spending_account, workflow_id
from models.usecases.work import Work

STOP_CAME = "The stop came after the session was closed without it"


async def settle(work: Work, session: ChargingSession) -> None:
    """What has stopped is settled, or set aside where a person is to decide first; what was settled without its stop is
    corrected by it. Anything else stays, and so does what no tariff held for."""
    if session.stage not in {SessionStage.STOPPED, SessionStage.PROVISIONAL}:
        return
    tariff, transaction = await session_price.tariff_of(work, session), await _transaction(work, session)
    if tariff is None:
        return
    if session.stage is SessionStage.STOPPED:
        await _settle(work, session, tariff, transaction)
    elif transaction.stopped_at is not None and not transaction.is_open:
        await _correct(work, session, tariff, transaction)


async def end(work: Work, session: ChargingSession, event: SessionEvent) -> None:
    """Its process ends with it."""
    session.stage = SESSION.next(session.stage, event)
    if SESSION.is_terminal(session.stage):
        await process.end(work, workflow_id(session.reference))


async def _settle(work: Work, session: ChargingSession, tariff: RatedTariff, transaction: ChargingTransaction) -> None:
    price = await session_price.of_session(work, session, tariff, transaction)
    owner = None if session.subscriber_id is None else await work.session.get_one(Subscriber, session.subscriber_id)
    if owner is not None and owner.stage is SubscriberStage.CLOSED:
        session.flags = flagged(session.flags, Flag.CLOSED_SINCE)
    if price.gross and await session_deciding.set_aside(work, session):
        return
    cdr = await _record(work, session, price, transaction.energy_wh, number=1)
    await signed_values.keep(work, session)
    session.settled_at = work.now
    is_whole = Flag.MISSING_STOP not in session.flags
    await end(work, session, SessionEvent.SETTLED if is_whole else SessionEvent.SETTLED_FROM_FACTS)
    await _note(work, session, cdr, "session settled")


async def _correct(work: Work, session: ChargingSession, tariff: RatedTariff, transaction: ChargingTransaction) -> None:
    """The record is credited by its own amounts, and a new one made; one that was right after all stays."""
    wrong = (await sessions.cdrs(work.session, session.id))[-1]
    await signed_values.keep(work, session)
    session.stopped_at = session_clock.right(session, transaction.stopped_at or session.started_at)
    price = await session_price.of_session(work, session, tariff, transaction)
    if (price.gross, price.net, transaction.energy_wh) != (wrong.gross, wrong.net, wrong.energy_wh):
        work.session.add(await _credit(work, wrong))
        await work.session.flush()
        cdr = await _record(work, session, price, transaction.energy_wh, number=wrong.number + 2)
        await _note(work, session, cdr, "session corrected")
    await end(work, session, SessionEvent.STOP_CAME)


async def _credit(work: Work, wrong: Cdr) -> Cdr:
    reversal = None
    if wrong.ledger_transaction_id is not None:
        reversal = await ledger.reverse(work, wrong.ledger_transaction_id, STOP_CAME)
    return Cdr(
        session_id=wrong.session_id,
        number=wrong.number + 1,
        subscriber_id=wrong.subscriber_id,
        vehicle_id=wrong.vehicle_id,
        credits_id=wrong.id,
        tariff_version_id=wrong.tariff_version_id,
        started_at=wrong.started_at,
        ended_at=wrong.ended_at,
        energy_wh=-wrong.energy_wh,
        lines=cdr_rules.credited(wrong.lines),
        currency=wrong.currency,
        net=-wrong.net,
        vat=-wrong.vat,
        gross=-wrong.gross,
        ledger_transaction_id=reversal.id if reversal else None,
        made_at=work.now,
    )


async def _record(work: Work, session: ChargingSession, price: Price, energy_wh: int, *, number: int) -> Cdr:
    if session.vend.is_billed and session.tariff_version_id is None:
        raise LookupError(f"{session.reference} has no tariff")
    booked = await _book(work, session, price, number)
    cdr = Cdr(
        session_id=session.id,
        number=number,
        subscriber_id=session.subscriber_id,
        vehicle_id=session.vehicle_id,
        tariff_version_id=session.tariff_version_id,
        started_at=session.started_at,
        ended_at=max(session.stopped_at or session.started_at, session.started_at),
        energy_wh=energy_wh,
        lines=cdr_rules.lines_of(price),
        currency=price.currency,
        net=price.net,
        vat=price.vat,
        gross=price.gross,
        ledger_transaction_id=booked,
        made_at=work.now,
    )
    work.session.add(cdr)
    await work.session.flush()
    if session.vend.is_billed:
        await subscriber_closing.reopen(work, _subscriber(session))
    return cdr


async def _book(work: Work, session: ChargingSession, price: Price, number: int) -> UUID | None:
    """By what is held for it where something still is, else on the account; what isn't covered is a debt.

    The cent that rounding leaves is revenue. None where the session costs nothing.
    """
    sale = Sale(Money(price.net + price.rounding, price.currency), Money(price.vat, price.currency))
    held = None if session.hold_id is None else await holds.lock(work.session, session.hold_id)
    if held is not None and held.state is HoldState.HELD:
        return await _settle_hold(work, session, held, sale)
    if sale.gross.is_zero:
        return None
    account_id, _ = await spending_account(work, _subscriber(session))
    origin, reference = Origin(session_id=session.id), f"session:{session.id}:{number}"
    try:
        # What a refusal has written is undone with it.
        async with work.session.begin_nested():
            return (await ledger.settle(work, account_id, sale, reference, origin)).id
    except InsufficientBalance:
        session.flags = flagged(session.flags, Flag.NOT_COVERED)
        return (await ledger.settle(work, account_id, sale, reference, origin, _cause(session))).id


async def _settle_hold(work: Work, session: ChargingSession, held: Hold, sale: Sale) -> UUID | None:
    """Energy that has flowed beyond what is held is paid by what is available, and is a debt where nothing is."""
    if sale.gross.is_zero:
        await hold.release(work, held.id)
        return None
    debt: DebtCause | None = None
    if sale.gross > Money(held.amount, held.currency):
        try:
            await hold.extend(work, held.id, sale.gross)
        except InsufficientBalance:
            session.flags = flagged(session.flags, Flag.NOT_COVERED)
            debt = _cause(session)
    booked = await hold.settle(work, held.id, sale, Origin(session_id=session.id), debt)
    return None if booked is None else booked.id


def _cause(session: ChargingSession) -> DebtCause:
    return DebtCause.OFFLINE if Flag.OFFLINE in session.flags else DebtCause.OVERRUN


async def _transaction(work: Work, session: ChargingSession) -> ChargingTransaction:
    found = await charging.seen(work.session, session.transaction_number)
    if found is None:
        raise LookupError(f"{session.reference} has no transaction")
    return found


def _subscriber(session: ChargingSession) -> UUID:
    if session.subscriber_id is None:
        raise LookupError(f"{session.reference} has nobody to bill")
    return session.subscriber_id


async def _note(work: Work, session: ChargingSession, cdr: Cdr, what: str) -> None:
    """On record, and told to its driver: date, place, energy and price (C1); of nothing there is nothing to tell."""
    said: dict[str, Any] = {"session": session.reference, "energy_wh": cdr.energy_wh, "gross": str(cdr.gross)}
    timeline.record(work, SUBJECT, session.id, what, record=cdr.number, flags=list(session.flags), **said)
    if not cdr.energy_wh and not cdr.gross and cdr.number == 1:
        return
    kind = DriverNoticeKind.SESSION_ENDED if cdr.number == 1 else DriverNoticeKind.SESSION_CORRECTED
    told = {
        "ended_at": cdr.ended_at.isoformat(),
        "energy_wh": cdr.energy_wh,
        "gross": str(cdr.gross),
        "vat": str(cdr.vat),
        "currency": cdr.currency,
    }
    await driver_notice.tell_of_session(work, session, kind, told, number=cdr.number)
