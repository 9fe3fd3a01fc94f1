"""A session is set aside before it is billed, and a person decides about it (C2)."""

from datetime import datetime

from models.errors import InvalidInput
from models.messages.session import BillSession, WaiveSession
from models.rules.deadlines import LATE_FACT_DAYS
from models.rules.holds import HoldState
from models.rules.late_validation import is_late
from models.rules.session import SESSION, Flag, SessionEvent, flagged, questions
from models.store import charging, holds, organisations, sessions
from models.tables.session import ChargingSession
from models.tables.task import TaskKind
from models.usecases import hold, process, session_clock, task, timeline
from models.usecases.session import SUBJECT, workflow_id
from models.usecases.work import Work


async def set_aside(work: Work, session: ChargingSession) -> bool:
    """Whether it is: there is something to decide about it, and nobody has yet."""
    shown = "card" if session.vehicle_id is None else "vehicle"
    asked = questions(session.flags, session.verdict, shown)
    if session.decided_at is not None or not asked:
        return False
    session.stage = SESSION.next(session.stage, SessionEvent.SET_ASIDE)
    operator = await organisations.operator(work.session)
    await task.open_task(
        work,
        TaskKind.DECIDE_SESSION,
        asked[0][0],
        operator.id,
        session.id,
        session.reference,
        f"Session {session.reference}: {'; '.join(what for _, what in asked)}",
        working_days=LATE_FACT_DAYS,
    )
    timeline.record(work, SUBJECT, session.id, "session set aside", session=session.reference, flags=session.flags)
    return True


async def bill(work: Work, session: ChargingSession, decision: BillSession) -> None:
    """It is settled next, as of when it began. Raises StageDoesNotAllow, InvalidInput."""
    session.stage = SESSION.next(session.stage, SessionEvent.BILL)
    is_unknown = Flag.UNKNOWN_TIME in session.flags
    if (decision.started_at is not None) != is_unknown:
        said = "Nobody knows when it began: say so" if is_unknown else "It is known when it began"
        raise InvalidInput(said, field="/started_at")
    if decision.started_at is not None:
        await _begin_at(work, session, decision.started_at)
    await _decided(work, session, "session to be billed", decision.reason)


async def waive(work: Work, session: ChargingSession, decision: WaiveSession) -> None:
    """Nobody pays for it; it stays on record. Raises StageDoesNotAllow."""
    session.stage = SESSION.next(session.stage, SessionEvent.WAIVE)
    held = None if session.hold_id is None else await holds.lock(work.session, session.hold_id)
    if held is not None and held.state is HoldState.HELD:
        await hold.release(work, held.id)
    await _decided(work, session, "session left unbilled", decision.reason)
    await process.end(work, workflow_id(session.reference))


async def _begin_at(work: Work, session: ChargingSession, at: datetime) -> None:
    """Its end moves with its start, and its tariff is the one that held then."""
    if at > session.created_at:
        raise InvalidInput("It began before its station told of it", field="/started_at")
    transaction = await charging.seen(work.session, session.transaction_number)
    stopped_at = None if transaction is None else transaction.stopped_at
    if stopped_at is None:
        last = await sessions.last_sample(work.session, session.transaction_number)
        stopped_at = last[0] if last else session.told_started_at
    session.started_at, session.tariff_version_id = at, None
    session.stopped_at = max(at, session_clock.right(session, stopped_at or at))
    session.flags = [flag for flag in session.flags if flag != Flag.UNKNOWN_TIME]
    if is_late(at, session.created_at):
        session.flags = flagged(session.flags, Flag.OFFLINE)


async def _decided(work: Work, session: ChargingSession, what: str, why: str) -> None:
    session.decided_at = work.now
    await task.close_task(work, TaskKind.DECIDE_SESSION, session.id)
    began = session.started_at.isoformat()
    timeline.record(work, SUBJECT, session.id, what, why=why, session=session.reference, started_at=began)
