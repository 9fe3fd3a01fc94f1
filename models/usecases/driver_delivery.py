"""A notice to a driver is taken up, sent, and followed until it has arrived or failed (N)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.errors import NotFound
from models.rules.driver_notice import (
    ASKED_AFTER,
    CUT_OFF_AFTER,
    FORGOTTEN_AFTER,
    DriverChannel,
    DriverNoticeState,
    moved,
    wait,
)
from models.store import driver_notices
from models.store.driver_notices import Due
from models.tables.driver_notice import DriverNotice
from models.usecases.work import Work

TOO_LATE = "it could not be sent while it was of use"
NO_PHONE = "the subscription has no phone number any more"
NOBODY_KNOWS = "the provider does not tell whether it has arrived"
S = DriverNoticeState


@dataclass(frozen=True)
class Outcome:
    """What became of one try; without an ``error`` it was taken, under ``provider_id`` by an SMS provider.

    ``final``: no other try would do better; ``after_s``: not before so many seconds, where the other side said so.
    """

    provider_id: str | None = None
    error: str | None = None
    final: bool = False
    after_s: float | None = None


async def take(work: Work, limit: int) -> Sequence[Due]:
    """What is to be sent now, each with this try counted; what a worker that died has left is among it."""
    taken = []
    for due in await driver_notices.take_due(work.session, work.now, limit):
        notice = due.notice
        if work.now >= notice.tried_until:
            _end(work, notice, S.FAILED, notice.error or TOO_LATE)
        elif notice.channel is DriverChannel.SMS and due.phone is None:
            _end(work, notice, S.FAILED, NO_PHONE)
        else:
            notice.state, notice.attempts = S.SENDING, notice.attempts + 1
            notice.due_at = work.now + CUT_OFF_AFTER
            taken.append(due)
    return taken


async def not_ours_yet(work: Work, provider_ids: Collection[str]) -> str | None:
    """The first of the provider's ids that belongs to no notice: what a try whose answer got lost has made."""
    known = await driver_notices.known_to_us(work.session, provider_ids)
    return next((each for each in provider_ids if each not in known), None)


async def note_outcome(work: Work, notice_id: UUID, outcome: Outcome) -> None:
    """Where the provider has told more of it meanwhile, that stands."""
    notice = await _lock(work, notice_id)
    notice.provider_id = notice.provider_id or outcome.provider_id
    if notice.state is not S.SENDING:
        return
    if outcome.error is None:
        _sent(work, notice)
    elif outcome.final:
        _end(work, notice, S.FAILED, outcome.error)
    else:
        notice.state, notice.error = S.WAITING, outcome.error
        notice.due_at = work.now + wait(notice.attempts, outcome.after_s)


async def note_status(
    work: Work, notice_id: UUID, provider_id: str, told: DriverNoticeState, error: str | None
) -> None:
    """What the provider tells of a message, however late and in whatever order. Raises NotFound."""
    notice = await _lock(work, notice_id)
    notice.provider_id = notice.provider_id or provider_id
    after = moved(notice.state, told)
    if after is notice.state:
        return
    if after is S.SENT:
        _sent(work, notice)
    else:
        notice.sent_at = notice.sent_at or work.now
        _end(work, notice, after, error)


async def take_unknown(work: Work, limit: int) -> Sequence[Due]:
    """Messages of which the provider has kept silent. Each is asked after less and less often, and in the end no more.

    They are put off before they are asked after: a worker that dies meanwhile loses nothing.
    """
    taken = []
    for due in await driver_notices.take_unknown(work.session, work.now, limit):
        silent_for: timedelta = work.now - (due.notice.sent_at or work.now)
        if silent_for >= FORGOTTEN_AFTER:
            _end(work, due.notice, S.SENT, NOBODY_KNOWS)
        else:
            due.notice.due_at = work.now + max(ASKED_AFTER, silent_for)
            taken.append(due)
    return taken


def _sent(work: Work, notice: DriverNotice) -> None:
    """Of mail no more is ever known."""
    notice.state, notice.error, notice.sent_at = S.SENT, None, work.now
    if notice.channel is DriverChannel.MAIL:
        _end(work, notice, S.SENT, None)
    else:
        notice.due_at = work.now + ASKED_AFTER


def _end(work: Work, notice: DriverNotice, state: DriverNoticeState, error: str | None) -> None:
    """A stranger's number is not kept any longer."""
    notice.state, notice.error, notice.ended_at, notice.phone = state, error, work.now, None


async def _lock(work: Work, notice_id: UUID) -> DriverNotice:
    notice = await driver_notices.lock(work.session, notice_id)
    if notice is None:
        raise NotFound("There is no such notice")
    return notice
