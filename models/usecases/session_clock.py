"""A session's instants by the clock of its station, put right where that is wrong (``models/rules/session_clock``)."""

from collections.abc import Sequence
from datetime import datetime

from models.rules import session_clock as rules
from models.rules.session import Flag, flagged
from models.rules.session_usage import Mark, read
from models.tables.session import ChargingSession


def begin_at(session: ChargingSession, told_at: datetime) -> None:
    """It began then, by its station, which may tell another instant later. Where the clock can't be believed it is
    taken to have begun when we heard of it, until its end tells more."""
    if rules.is_believed(told_at, session.created_at):
        session.started_at = told_at
        return
    session.told_started_at, session.started_at = told_at, session.created_at
    session.flags = flagged(session.flags, Flag.WRONG_CLOCK)


def end_at(session: ChargingSession, told_at: datetime, heard_at: datetime) -> None:
    """It ended then, by its station: it is known by now whether it was told while it took place."""
    session.stopped_at = right(session, told_at)
    clock = _clock(session)
    if clock is not None and not clock.was_told_at_once(told_at, heard_at):
        session.flags = flagged(session.flags, Flag.UNKNOWN_TIME)


def right(session: ChargingSession, at: datetime) -> datetime:
    clock = _clock(session)
    return at if clock is None else clock.right(at)


def marks(session: ChargingSession) -> Sequence[Mark]:
    """What its car did, in order."""
    return sorted(mark._replace(at=right(session, mark.at)) for mark in read(session.marks))


def _clock(session: ChargingSession) -> rules.Clock | None:
    told_at = session.told_started_at
    return None if told_at is None else rules.Clock(told_at, session.started_at, session.created_at)
