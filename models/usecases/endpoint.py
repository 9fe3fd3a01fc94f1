"""Endpoints are changed, paused and resumed by people, and pause by themselves when they take nothing for days (N)."""

from typing import Any
from uuid import UUID

from models.errors import InvalidInput, LimitReached, NotFound, StageDoesNotAllow
from models.messages.endpoint import EndpointChange, ReplayNotices
from models.rules import deadlines
from models.rules.access import OrganisationKind, Role
from models.rules.delivery import DOWN_AFTER_FAILURES, PauseReason
from models.rules.events import Event
from models.secrets import KeyRing, new_webhook_secret
from models.store import notices, organisations
from models.store.viewer import Viewer
from models.tables.access import Organisation
from models.tables.notice import Channel, Endpoint, Notice, NoticeState
from models.tables.task import TaskKind
from models.usecases import notice, process, task, timeline
from models.usecases.work import Work

WAS_DISABLED = "the endpoint was disabled"
REPLAY_LIMIT = 10_000
"""At once; a longer time is replayed in parts."""
_MENDED_BY = {
    OrganisationKind.OPERATOR: Role.ADMINISTRATION,
    OrganisationKind.REQUESTER: Role.REQUESTER,
    OrganisationKind.INSTALLER: Role.INSTALLER,
    OrganisationKind.SERVICE_PARTNER: Role.SERVICE_PARTNER,
    OrganisationKind.GROUP_OWNER: Role.SUPER_USER,
}


async def find(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    """Raises NotFound."""
    endpoint = await notices.lock_endpoint(work.session, endpoint_id, viewer)
    if endpoint is None:
        raise NotFound("There is no such endpoint")
    return endpoint


async def change(work: Work, endpoint_id: UUID, viewer: Viewer, wanted: EndpointChange) -> Endpoint:
    """Other events, or another language; what waits already is sent all the same. Raises NotFound."""
    endpoint = await find(work, endpoint_id, viewer)
    if wanted.events is not None:
        endpoint.events = [each.value for each in wanted.events]
    if "language" in wanted.model_fields_set:
        endpoint.language = wanted.language
    timeline.record(work, "endpoint", endpoint.id, "endpoint changed")
    return endpoint


async def disable(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    """Nothing goes there from now on, and what waits is given up. Raises NotFound."""
    endpoint = await find(work, endpoint_id, viewer)
    if endpoint.disabled_at is None:
        endpoint.disabled_at = work.now
        await notices.give_up_waiting(work.session, endpoint.id, WAS_DISABLED)
        await task.close_task(work, TaskKind.ENDPOINT_DOWN, endpoint.id)
        await _tell(work, endpoint, "endpoint disabled")
    return endpoint


async def enable(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    """What happens from now on goes there again. Raises NotFound."""
    endpoint = await find(work, endpoint_id, viewer)
    if endpoint.disabled_at is not None:
        endpoint.disabled_at = None
        _begin_anew(endpoint)
        await _tell(work, endpoint, "endpoint enabled")
    return endpoint


async def pause(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    """What happens waits until somebody resumes. Raises NotFound, StageDoesNotAllow."""
    endpoint = await _find_enabled(work, endpoint_id, viewer)
    if endpoint.paused_at is None:
        endpoint.paused_at, endpoint.pause_reason, endpoint.retry_at = work.now, PauseReason.BY_HAND, None
        await task.close_task(work, TaskKind.ENDPOINT_DOWN, endpoint.id)
        await _tell(work, endpoint, "endpoint paused")
    return endpoint


async def resume(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    """What waits is tried now, the oldest first, paused or not. Raises NotFound, StageDoesNotAllow."""
    endpoint = await _find_enabled(work, endpoint_id, viewer)
    _begin_anew(endpoint)
    await task.close_task(work, TaskKind.ENDPOINT_DOWN, endpoint.id)
    await _tell(work, endpoint, "endpoint resumed")
    return endpoint


async def send_test(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    """Whatever waits is tried now, with a notice behind it that tells of this test. Raises as ``resume`` does."""
    endpoint = await resume(work, endpoint_id, viewer)
    await notice.queue(work, endpoint, Event.ENDPOINT_TESTED, {"reference": str(endpoint.id)})
    return endpoint


async def rotate_secret(work: Work, endpoint_id: UUID, viewer: Viewer, keys: KeyRing) -> tuple[Endpoint, str]:
    """A new signing secret; the old one signs beside it for a while. Raises NotFound, StageDoesNotAllow (mail)."""
    endpoint = await find(work, endpoint_id, viewer)
    if endpoint.channel is not Channel.WEBHOOK:
        raise StageDoesNotAllow("Mail is not signed, so it has no secret")
    secret = new_webhook_secret()
    endpoint.previous_secret = endpoint.secret
    endpoint.previous_secret_until = work.now + work.terms.old_secret_valid
    endpoint.secret = notice.seal_secret(keys, endpoint.organisation_id, endpoint.address, secret)
    timeline.record(work, "endpoint", endpoint.id, "secret rotated")
    return endpoint, secret


async def replay(work: Work, endpoint_id: UUID, viewer: Viewer, wanted: ReplayNotices) -> int:
    """What was delivered or given up is sent again, in order and under its own ids; how many notices those are.

    What waits already is not counted. Raises NotFound, InvalidInput, LimitReached, StageDoesNotAllow.
    """
    endpoint = await _find_enabled(work, endpoint_id, viewer)
    known = await notices.known_ids(work.session, endpoint.id, wanted.notice_ids)
    for place, notice_id in enumerate(wanted.notice_ids):
        if notice_id not in known:
            raise InvalidInput("The endpoint has no such notice", field=f"/notice_ids/{place}")
    count = await notices.count_to_replay(work.session, endpoint.id, wanted)
    if count > REPLAY_LIMIT:
        raise LimitReached(f"These are {count} notices; ask for at most {REPLAY_LIMIT} at once", field="/until")
    if count:
        await notices.replay(work.session, endpoint.id, wanted, work.now)
        timeline.record(work, "endpoint", endpoint.id, "notices replayed", count=count)
        await process.hand_over(work, notice.workflow_id(endpoint.id), notice.QUEUED, {})
    return count


async def give_up(work: Work, endpoint_id: UUID, notice_id: UUID, viewer: Viewer) -> Notice:
    """A waiting notice that holds up those behind it gets no other try. Raises NotFound, StageDoesNotAllow."""
    endpoint = await find(work, endpoint_id, viewer)
    found = await notices.lock_notice(work.session, endpoint.id, notice_id)
    if found is None:
        raise NotFound("The endpoint has no such notice")
    if found.state is not NoticeState.WAITING:
        raise StageDoesNotAllow(f"The notice is {found.state.value.replace('_', ' ')} already")
    found.state, found.last_error = NoticeState.GIVEN_UP, f"given up by {work.actor.name}"
    await _tell(work, endpoint, "notice given up", notice=str(notice_id))
    return found


async def recover(work: Work, endpoint: Endpoint) -> None:
    """It has taken something again."""
    if endpoint.failures == 0:
        return
    if endpoint.failures >= DOWN_AFTER_FAILURES:
        await task.close_task(work, TaskKind.ENDPOINT_DOWN, endpoint.id)
        timeline.record(work, "endpoint", endpoint.id, "endpoint recovered")
    endpoint.failures, endpoint.failing_since, endpoint.retry_at, endpoint.last_error = 0, None, None, None


async def report_down(work: Work, endpoint: Endpoint) -> None:
    """Somebody should look: a partner at its own receiver, the operator at its mail server."""
    timeline.record(work, "endpoint", endpoint.id, "endpoint down", why=endpoint.last_error)
    title = f"Notices do not arrive since {endpoint.failing_since:%Y-%m-%d %H:%M} UTC: {endpoint.last_error}"
    await _ask_to_mend(work, endpoint, title)


async def pause_itself(work: Work, endpoint: Endpoint, reason: PauseReason) -> None:
    """Notices wait until somebody has mended the endpoint and resumes it."""
    endpoint.paused_at, endpoint.pause_reason, endpoint.retry_at = work.now, reason, None
    timeline.record(work, "endpoint", endpoint.id, "endpoint paused itself", why=endpoint.last_error)
    title = f"Notices are paused, and wait until you resume them: {endpoint.last_error}"
    await _ask_to_mend(work, endpoint, title)


async def _ask_to_mend(work: Work, endpoint: Endpoint, title: str) -> None:
    if endpoint.channel is Channel.MAIL:
        owner = await organisations.operator(work.session)
    else:
        owner = await work.session.get_one(Organisation, endpoint.organisation_id)
    await task.open_task(
        work,
        TaskKind.ENDPOINT_DOWN,
        _MENDED_BY[owner.kind],
        owner.id,
        endpoint.id,
        endpoint.address,
        title,
        working_days=deadlines.LATE_FACT_DAYS,
    )


def _begin_anew(endpoint: Endpoint) -> None:
    endpoint.paused_at, endpoint.pause_reason = None, None
    endpoint.failures, endpoint.failing_since, endpoint.retry_at, endpoint.last_error = 0, None, None, None


async def _find_enabled(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    endpoint = await find(work, endpoint_id, viewer)
    if endpoint.disabled_at is not None:
        raise StageDoesNotAllow("The endpoint is disabled; enable it first")
    return endpoint


async def _tell(work: Work, endpoint: Endpoint, what: str, **detail: Any) -> None:
    """On record, and to the process: it looks at once how things stand."""
    timeline.record(work, "endpoint", endpoint.id, what, **detail)
    await process.hand_over(work, notice.workflow_id(endpoint.id), what.replace(" ", "_"), {})
