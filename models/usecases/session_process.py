"""What a session's process does at each look: it guards what is held, tells of idling, and closes what keeps silent."""

import contextlib
from datetime import datetime
from uuid import UUID

from models.errors import InsufficientBalance, StageDoesNotAllow
from models.messages.session import BillSession, SessionProgress, WaiveSession
from models.money import Money
from models.rules.driver_notice import DriverNoticeKind
from models.rules.holds import VALID, HoldState, OverrunPolicy, Remedy, remedy
from models.rules.session import (
    DECISION_LOOKED_FOR_AFTER,
    RUNNING,
    SESSION,
    SILENT_FOR,
    STOP_WAITED_FOR,
    TARIFF_LOOKED_FOR_AFTER,
    Flag,
    SessionEvent,
    SessionStage,
    flagged,
)
from models.rules.session_guard import STOP_ASKED_AGAIN_AFTER, outlook, wanted
from models.store import assets, charging, holds, ledger, processes, sessions
from models.tables.ledger import Hold
from models.tables.session import ChargingSession
from models.usecases import (
    driver_notice,
    hold,
    session_clock,
    session_deciding,
    session_price,
    session_remote,
    session_settling,
    timeline,
)
from models.usecases.session import SUBJECT, WORKFLOW, workflow_id
from models.usecases.work import Work

__all__ = ["WORKFLOW", "ask_to_stop", "bill", "load", "look_after", "settle", "waive"]
STOP_VALID_S = STOP_ASKED_AGAIN_AFTER.seconds
_WAITS = {
    SessionStage.PROVISIONAL: STOP_WAITED_FOR,
    SessionStage.STOPPED: TARIFF_LOOKED_FOR_AFTER,
    SessionStage.SET_ASIDE: DECISION_LOOKED_FOR_AFTER,
}


async def load(work: Work, session_id: UUID) -> SessionProgress:
    """Where the session stands, as its process needs to know it (rule 4); it is looked at next."""
    return await _progress(work, await sessions.lock(work.session, session_id))


async def look_after(work: Work, session_id: UUID) -> SessionProgress:
    """What is due is done; told again, nothing more is."""
    session = await sessions.lock(work.session, session_id)
    if session.stage is SessionStage.PROVISIONAL:
        return await _wait_for_stop(work, session)
    if session.stage not in RUNNING:
        is_set_aside = session.stage is SessionStage.SET_ASIDE
        return await _progress(work, session, work.now + DECISION_LOOKED_FOR_AFTER if is_set_aside else None)
    silent_at = await _last_sign(work, session) + SILENT_FOR
    if silent_at <= work.now:
        await _close(work, session)
        return await _progress(work, session)
    if session.stage is SessionStage.IDLE and session.idle_told_at is None:
        await _tell_idle(work, session)
    look_at, is_to_stop = await _guard(work, session)
    return await _progress(work, session, min(silent_at, look_at or silent_at), is_to_stop=is_to_stop)


async def settle(work: Work, session_id: UUID) -> SessionProgress:
    """What has stopped is priced, recorded and booked; anything else is looked at next."""
    session = await sessions.lock(work.session, session_id)
    await session_settling.settle(work, session)
    look_at = work.now + _WAITS[session.stage] if session.stage in _WAITS else None
    return await _progress(work, session, look_at)


async def bill(work: Work, session_id: UUID, decision: BillSession) -> SessionProgress:
    """What was set aside is settled next. Raises StageDoesNotAllow, InvalidInput."""
    session = await sessions.lock(work.session, session_id)
    await session_deciding.bill(work, session, decision)
    return await _progress(work, session)


async def waive(work: Work, session_id: UUID, decision: WaiveSession) -> SessionProgress:
    """What was set aside is never billed. Raises StageDoesNotAllow."""
    session = await sessions.lock(work.session, session_id)
    await session_deciding.waive(work, session, decision)
    return await _progress(work, session)


async def ask_to_stop(work: Work, session_id: UUID) -> SessionProgress:
    """Its station is told to stop it, by the road of every command."""
    place = await sessions.place_of(work.session, session_id)
    asset = await assets.lock(work.session, place)
    session = await sessions.lock(work.session, session_id)
    if session.stage in RUNNING and _may_ask(session, work.now):
        session.flags = flagged(session.flags, Flag.CUT_OFF)
        with contextlib.suppress(StageDoesNotAllow):  # where it has no hardware any more that could charge
            await session_remote.cut_off(work, asset, session, STOP_VALID_S)
        await driver_notice.tell_of_session(work, session, DriverNoticeKind.CREDIT_SPENT, {})
        timeline.record(work, SUBJECT, session.id, "session cut off", session=session.reference)
    return await _progress(work, session, work.now + STOP_ASKED_AGAIN_AFTER)


async def _guard(work: Work, session: ChargingSession) -> tuple[datetime | None, bool]:
    """When to look again at what is held for it, and whether its station is to be told to stop it."""
    held = None if session.hold_id is None else await holds.lock(work.session, session.hold_id)
    transaction = await charging.seen(work.session, session.transaction_number)
    rated = await session_price.tariff_of(work, session)
    if held is None or held.state is not HoldState.HELD or transaction is None or rated is None:
        return None, False
    _, power_w = await sessions.station_of(work.session, session.asset_id)
    price_at = await session_price.course(work, session, rated, transaction)
    now, energy_wh = max(work.now, session.started_at), transaction.energy_wh
    if not await _is_covered(work, held, wanted(price_at, now, energy_wh, power_w)):
        session.guarded_wh = None
        return session.stop_asked_at and session.stop_asked_at + STOP_ASKED_AGAIN_AFTER, _may_ask(session, work.now)
    await hold.extend(work, held.id, Money(held.amount, held.currency), work.now + 2 * VALID)
    await _tell_low(work, session, held)
    found = outlook(price_at, Money(held.amount, held.currency), now, energy_wh, power_w)
    session.guarded_wh = found.guarded_wh
    return found.look_at, False


async def _tell_low(work: Work, session: ChargingSession, held: Hold) -> None:
    """Once in a session: nothing is left by which what is held for it could be extended."""
    account = await ledger.account(work.session, held.account_id)
    if account is not None and account.available is not None and account.available <= 0:
        data = {"held": str(held.amount), "currency": held.currency}
        await driver_notice.tell_of_session(work, session, DriverNoticeKind.CREDIT_LOW, data)


async def _is_covered(work: Work, held: Hold, price: Money) -> bool:
    """By what is held, or by holding as much again where there is as much, or what is needed."""
    account = await ledger.account(work.session, held.account_id)
    available = Money((account and account.available) or Money.zero(held.currency).amount, held.currency)
    own = Money(held.amount, held.currency)
    todo = remedy(OverrunPolicy.EXTEND, own, price, available, runs=True)
    if todo is Remedy.EXTEND:
        step = Money(work.terms.session_hold, held.currency)
        try:
            await hold.extend(work, held.id, max(price, own + min(step, available)))
        except InsufficientBalance:
            return False  # somebody else was quicker
    return todo in {Remedy.NONE, Remedy.EXTEND}


def _may_ask(session: ChargingSession, now: datetime) -> bool:
    return session.stop_asked_at is None or session.stop_asked_at + STOP_ASKED_AGAIN_AFTER <= now


async def _tell_idle(work: Work, session: ChargingSession) -> None:
    """Once in a session, however often its car pauses (C6)."""
    session.idle_told_at = work.now
    await driver_notice.tell_of_session(work, session, DriverNoticeKind.CAR_IDLE, {})
    timeline.record(work, SUBJECT, session.id, "car keeps the place", session=session.reference)


async def _last_sign(work: Work, session: ChargingSession) -> datetime:
    """When its station last told of it: the clock of the station may be wrong, ours is not."""
    return await sessions.last_heard_at(work.session, session.transaction_number) or session.created_at


async def _close(work: Work, session: ChargingSession) -> None:
    """From the facts, as far as they go."""
    session.stage = SESSION.next(session.stage, SessionEvent.GIVEN_UP)
    session_clock.end_at(session, *await _last_sample(work, session))
    session.stopped_at = max(session.started_at, session.stopped_at or session.started_at)
    session.guarded_wh = None
    session.flags = flagged(session.flags, Flag.MISSING_STOP)
    timeline.record(work, SUBJECT, session.id, "stop missing", session=session.reference)


async def _last_sample(work: Work, session: ChargingSession) -> tuple[datetime, datetime]:
    """By its station's clock, and when we heard of it; without any, its start."""
    last = await sessions.last_sample(work.session, session.transaction_number)
    return last or (session.told_started_at or session.started_at, session.created_at)


async def _wait_for_stop(work: Work, session: ChargingSession) -> SessionProgress:
    until = (session.settled_at or work.now) + STOP_WAITED_FOR
    if until <= work.now:
        await session_settling.end(work, session, SessionEvent.STOP_NEVER_CAME)
    return await _progress(work, session, until)


async def _progress(
    work: Work, session: ChargingSession, look_at: datetime | None = None, *, is_to_stop: bool = False
) -> SessionProgress:
    station, _ = await sessions.station_of(work.session, session.asset_id)
    return SessionProgress(
        stage=session.stage,
        applied_number=await processes.applied_number(work.session, workflow_id(session.reference)),
        station=station,
        look_at=look_at,
        is_to_stop=is_to_stop,
    )
