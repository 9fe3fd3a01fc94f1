"""A driver's session on top of a transaction: it begins, goes on, idles and stops with what the station tells (C1, C2).

Each fact is written in the transaction of the station's own, with the bell for the session's process.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from models.errors import InsufficientBalance
from models.money import Money
from models.rules import group as rules
from models.rules.authorisation import Holder, Judgement, TokenVerdict, makes_a_session, needs_hold, needs_turn
from models.rules.holds import VALID
from models.rules.late_validation import is_late
from models.rules.ledger import SPENDING
from models.rules.session import (
    CHARGES,
    IDLES,
    NEARS_ITS_HOLD,
    RUNNING,
    SESSION,
    STOPPED,
    Flag,
    SessionEvent,
    SessionStage,
    flagged,
)
from models.rules.session_usage import Mark, idle_since, marked, read, written
from models.rules.tariff import PlaceKind
from models.store import group_use, groups, sessions
from models.store import ledger as accounts
from models.tables.base import new_id
from models.tables.charging import ChargingTransaction
from models.tables.ledger import Hold
from models.tables.session import ChargingSession
from models.tables.subscriber import Subscriber
from models.usecases import hold, ledger, process, session_clock, session_late
from models.usecases.work import Work

WORKFLOW, SUBJECT = "charging_session", "session"


def workflow_id(reference: str) -> str:
    return f"session-{reference}"


async def covered(work: Work, judged: Judgement) -> Judgement:
    """Before a start is accepted money is set aside for it, where its holder pays ahead; without it there is none.

    Two starts at once can't spend the same: what is left is held by one guarded update. Nor can both be the last that
    their group may have at the same time.
    """
    judged = await _in_turn(work, judged)
    holder = judged.holder
    if holder is None or not needs_hold(judged):
        return judged
    session_id = new_id()
    account_id, currency = await spending_account(work, holder.id)
    for wanted in _amounts(work, holder):
        try:
            taken = await _hold(work, account_id, Money(wanted, currency), session_id)
        except InsufficientBalance:
            continue
        return judged._replace(session_id=session_id, hold_id=taken.id)
    return judged._replace(verdict=TokenVerdict.NO_CREDIT)


async def _in_turn(work: Work, judged: Judgement) -> Judgement:
    """One start of a group after the other, where so many sessions of it may go on and no more."""
    group = judged.group
    if group is None or group.limits.sessions is None or not needs_turn(judged):
        return judged
    await groups.take_turn(work.session, group.id)
    going_on = await group_use.places(work.session, [group.id])
    is_busy = rules.is_busy(group._replace(places=going_on.get(group.id, frozenset())), judged.place)
    return judged._replace(verdict=TokenVerdict.CONCURRENT) if is_busy else judged


def _amounts(work: Work, holder: Holder) -> Sequence[Decimal]:
    """As much as is held for a session, or all that there is, or the least."""
    most, least = work.terms.session_hold, work.terms.session_least
    return sorted({min(most, max(holder.available or least, least)), least}, reverse=True)


async def _hold(work: Work, account_id: UUID, amount: Money, session_id: UUID) -> Hold:
    reference, until = f"session:{session_id}", work.now + 2 * VALID
    return await hold.take(work, account_id, amount, reference, session_id=session_id, expires_at=until)


async def spending_account(work: Work, subscriber_id: UUID) -> tuple[UUID, str]:
    """The account that its sessions are paid from, with its currency; opened where it has none yet."""
    owner = await work.session.get_one(Subscriber, subscriber_id)
    kind = SPENDING[owner.payment]
    found = await accounts.accounts_for(work.session, owner.id, owner.currency, [kind])
    if kind not in found:
        return (await ledger.open_account(work, owner.id, owner.payment, Money.zero(owner.currency))).id, owner.currency
    return found[kind], owner.currency


class Start(NamedTuple):
    """A transaction that has just begun, with the decision on its token. Its row is there."""

    number: int
    asset_id: UUID
    connector: int | None
    at: datetime
    judged: Judgement
    heard_offline: bool = False


def begun(transaction: ChargingTransaction, judged: Judgement) -> Start:
    at, offline = transaction.started_at, transaction.heard_offline
    return Start(transaction.number, transaction.asset_id, transaction.connector, at, judged, offline)


async def begin(work: Work, starts: Sequence[Start]) -> None:
    """The sessions of transactions that have just begun, each with its process unless there is nobody to bill.

    What is told late is judged as of then; what its station was answered goes by now.
    """
    judged = await session_late.as_of_then(work, [(start.judged, start.asset_id, start.at) for start in starts])
    then = [start._replace(judged=each) for start, each in zip(starts, judged, strict=True)]
    made = [start for start in then if makes_a_session(start.judged)]
    if not made:
        return
    year = work.now.astimezone(work.terms.zone).year
    numbers = await sessions.next_numbers(work.session, len(made))
    evses = await sessions.evses_at(work.session, [(each.asset_id, each.connector or 0) for each in made])
    rows = [
        _row(work, start, f"CS-{year}-{number:06d}", evses.get((start.asset_id, start.connector or 0)))
        for start, number in zip(made, numbers, strict=True)
    ]
    work.session.add_all(rows)
    await work.session.flush()
    for row, start in zip(rows, made, strict=True):
        await session_late.note(work, row, start.judged)
    settled = [row for row in rows if row.stage is not SessionStage.UNBILLED]
    subjects = [process.Begun(workflow_id(row.reference), row.id, row.reference) for row in settled]
    await process.begin_all(work, WORKFLOW, subjects)


def _row(work: Work, start: Start, reference: str, evse_id: UUID | None) -> ChargingSession:
    judged = start.judged
    row = ChargingSession(
        id=judged.session_id or new_id(),
        reference=reference,
        transaction_number=start.number,
        subscriber_id=judged.holder.id if judged.holder else None,
        group_id=None if judged.group is None else judged.group.id,
        token_id=judged.token_id,
        vehicle_id=judged.vehicle_id,
        asset_id=start.asset_id,
        evse_id=evse_id,
        connector=start.connector,
        place_kind=PlaceKind.PUBLIC,
        vend=judged.vend,
        hold_id=judged.hold_id,
        flags=[flag.value for flag in _flags(work, start)],
        verdict=judged.verdict,
        started_at=start.at,
        created_at=work.now,
    )
    session_clock.begin_at(row, start.at)
    if _is_nobodys(judged):
        row.stage = SESSION.next(row.stage, SessionEvent.NOBODY)
    return row


def _is_nobodys(judged: Judgement) -> bool:
    """To be paid, and there is nobody to pay; what isn't billed is settled all the same."""
    return judged.holder is None and judged.vend.is_billed


def _flags(work: Work, start: Start) -> Sequence[Flag]:
    odd = {
        Flag.OFFLINE: start.heard_offline or is_late(start.at, work.now),
        Flag.INVALID_TOKEN: start.judged.verdict is not TokenVerdict.ACCEPTED,
        Flag.NOBODY: _is_nobodys(start.judged),
    }
    return [flag for flag, is_so in odd.items() if is_so]


async def metered(work: Work, energies: Mapping[int, int]) -> None:
    """The transactions with these numbers have come to these energies, in Wh."""
    if energies:
        for reference in await sessions.passed(work.session, energies):
            await ring(work, reference, NEARS_ITS_HOLD)


async def told(work: Work, marks: Sequence[tuple[UUID, int, Mark | None]]) -> None:
    """What cars do at these connectors of stations; None where their state says nothing of that."""
    at = {(asset_id, connector): mark for asset_id, connector, mark in marks if mark is not None}
    for each in await sessions.lock_at(work.session, list(at)) if at else ():
        mark = at[each.asset_id, each.connector or 0]
        if session_clock.right(each, mark.at) >= each.started_at:
            await note(work, each, mark)


async def note(work: Work, session: ChargingSession, mark: Mark) -> None:
    """The car does this at the session's place; whether it only keeps the place by now is told to the process."""
    session.marks = written(marked(read(session.marks), mark))
    is_idle = idle_since(session_clock.marks(session)) is not None
    if is_idle and session.stage is SessionStage.CHARGING:
        session.stage = SESSION.next(session.stage, SessionEvent.WENT_IDLE)
        await ring(work, session.reference, IDLES)
    elif not is_idle and session.stage is SessionStage.IDLE:
        session.stage = SESSION.next(session.stage, SessionEvent.WENT_ON)
        await ring(work, session.reference, CHARGES)


class Followed(NamedTuple):
    """How a transaction of OCPP 2 stands by all that was told of it; it has stopped only when nothing is missing."""

    started_at: datetime
    connector: int | None
    energy_wh: int
    stopped_at: datetime | None
    mark: Mark | None
    heard_offline: bool


async def follow(work: Work, told: Mapping[int, Followed]) -> None:
    """What events have made of the transactions with these numbers, and so of their sessions."""
    for each in await sessions.lock_of(work.session, list(told)):
        at = told[each.transaction_number]
        if each.stage in RUNNING:
            session_clock.begin_at(each, at.started_at)
            each.connector = at.connector
            if at.heard_offline:
                each.flags = flagged(each.flags, Flag.OFFLINE)
            if at.mark is not None:
                await note(work, each, at.mark)
    await work.session.flush()
    await metered(work, {number: at.energy_wh for number, at in told.items()})
    stops = {number: at.stopped_at for number, at in told.items() if at.stopped_at is not None}
    if stops:
        queued = await sessions.with_queue(work.session, list(stops))
        await stopped(work, {number: at for number, at in stops.items() if number not in queued})


async def stopped(work: Work, stops: Mapping[int, datetime]) -> None:
    """The transactions with these numbers are over, and nothing more is to be told of them; once, however often."""
    for each in await sessions.lock_of(work.session, list(stops)):
        if each.stage in RUNNING:
            each.stage = SESSION.next(each.stage, SessionEvent.STOPPED)
            each.guarded_wh = None
            session_clock.end_at(each, stops[each.transaction_number], work.now)
            await ring(work, each.reference, STOPPED)
        elif each.stage is SessionStage.PROVISIONAL:
            await ring(work, each.reference, STOPPED)
        elif each.stage is SessionStage.UNBILLED:
            each.stopped_at = session_clock.right(each, stops[each.transaction_number])
        elif each.stage is SessionStage.SET_ASIDE:
            session_clock.end_at(each, stops[each.transaction_number], work.now)
            each.flags = [flag for flag in each.flags if flag != Flag.MISSING_STOP]


async def ring(work: Work, reference: str, what: str) -> None:
    await process.hand_over(work, workflow_id(reference), what, {})
