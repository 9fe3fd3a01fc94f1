"""An endpoint gets its notices one after the other; one that does not take them is given time, then it waits (N)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.errors import NotFound
from models.messages.delivery import Drained
from models.rules import delivery
from models.rules.delivery import EndpointState, PauseReason
from models.store import notices
from models.store.viewer import EVERYTHING
from models.tables.notice import Channel, Endpoint, Notice, NoticeAttempt, NoticeState
from models.usecases import endpoint as endpoints
from models.usecases.work import Work


@dataclass(frozen=True)
class Taken:
    """The notice to deliver now, with this try counted and put on record."""

    notice: Notice
    endpoint: Endpoint
    attempt_id: UUID


@dataclass(frozen=True)
class Outcome:
    """What became of one try; without an ``error`` it arrived. ``final``: no other try would do better."""

    duration_s: float
    status: int | None = None
    error: str | None = None
    final: bool = False
    after_s: float | None = None
    """Not before so many seconds, where the other side said so."""


async def take_next(work: Work, endpoint_id: UUID) -> Taken | Drained:
    """The oldest notice that waits; or how the endpoint stands where none is to be delivered now. Raises NotFound."""
    endpoint = await _lock(work, endpoint_id)
    if endpoint.disabled_at is not None:
        await notices.give_up_waiting(work.session, endpoint.id, endpoints.WAS_DISABLED)
        return Drained(state=EndpointState.DISABLED)
    if endpoint.paused_at is not None:
        return await _held(work, endpoint)
    notice = await notices.next_waiting(work.session, endpoint_id)
    if notice is None:
        return Drained(state=endpoint.state)
    notice.attempts += 1
    attempt = NoticeAttempt(notice_id=notice.id, at=work.now, replay=notice.replays > 0)
    work.session.add(attempt)
    return Taken(notice, endpoint, attempt.id)


async def note_outcome(work: Work, taken: Taken, outcome: Outcome) -> Drained | None:
    """Keep what became of a try. None where the next notice has its turn, else how the endpoint stands.

    A webhook that refuses for good is at fault as an endpoint: it pauses, and loses nothing. A mail server refuses one
    message: that is given up, and the next one goes out.
    """
    endpoint = await _lock(work, taken.endpoint.id)
    notice = await work.session.get_one(Notice, taken.notice.id, with_for_update=True)
    await _end_attempt(work, taken.attempt_id, outcome)
    if outcome.error is None:
        if notice.state is not NoticeState.DELIVERED:
            notice.state, notice.delivered_at, notice.last_error = NoticeState.DELIVERED, work.now, None
        await endpoints.recover(work, endpoint)
        return None
    if notice.state is not NoticeState.WAITING:
        return None
    notice.last_error = outcome.error
    if not outcome.final:
        return await _failed(work, endpoint, outcome)
    if endpoint.channel is Channel.MAIL:
        notice.state = NoticeState.GIVEN_UP
        await endpoints.recover(work, endpoint)
        return None
    endpoint.last_error = outcome.error
    await endpoints.pause_itself(work, endpoint, PauseReason.REFUSED)
    return await _held(work, endpoint)


async def _failed(work: Work, endpoint: Endpoint, outcome: Outcome) -> Drained:
    since = endpoint.failing_since or work.now
    endpoint.failures += 1
    endpoint.failing_since, endpoint.last_error = since, outcome.error
    if not delivery.is_given_time(since, work.now):
        await endpoints.pause_itself(work, endpoint, PauseReason.FAILING)
        return await _held(work, endpoint)
    wait_s = delivery.wait_s(endpoint.failures, outcome.after_s)
    endpoint.retry_at = work.now + timedelta(seconds=wait_s)
    if endpoint.failures == delivery.DOWN_AFTER_FAILURES:
        await endpoints.report_down(work, endpoint)
    return Drained(state=endpoint.state, wait_s=wait_s)


async def _held(work: Work, endpoint: Endpoint) -> Drained:
    """Nothing goes out while it is paused; what has waited for too long is given up, and shown so."""
    kept = work.terms.notices_kept
    why = f"it waited for {kept.days} days for an endpoint that was paused"
    await notices.give_up_waiting(work.session, endpoint.id, why, before=work.now - kept)
    oldest = await notices.waiting_since(work.session, endpoint.id)
    # What is queued from now on is kept for longer than until then.
    again_at = (oldest or work.now) + kept
    return Drained(state=EndpointState.PAUSED, wait_s=max((again_at - work.now).total_seconds(), 1.0))


async def _end_attempt(work: Work, attempt_id: UUID, outcome: Outcome) -> None:
    attempt = await work.session.get_one(NoticeAttempt, attempt_id)
    attempt.ended_at, attempt.duration_ms = work.now, round(outcome.duration_s * 1000)
    attempt.status, attempt.error = outcome.status, outcome.error


async def _lock(work: Work, endpoint_id: UUID) -> Endpoint:
    endpoint = await notices.lock_endpoint(work.session, endpoint_id, EVERYTHING)
    if endpoint is None:
        raise NotFound("There is no such endpoint")
    return endpoint
