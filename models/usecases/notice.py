"""Partners are told what happened: one notice per endpoint, delivered in order by the endpoint's own process (N)."""

import base64
from typing import Any
from uuid import UUID

from models.errors import AlreadyExists, NotFound
from models.secrets import KeyRing
from models.store import notices
from models.tables.notice import Channel, Endpoint, Notice, NoticeState
from models.usecases import process, timeline
from models.usecases.work import Work

DELIVERY = "delivery"


def workflow_id(endpoint_id: UUID) -> str:
    return f"delivery-{endpoint_id}"


def seal_secret(keys: KeyRing, organisation_id: UUID, address: str, secret: str) -> str:
    """A webhook's signing secret as it is kept: encrypted, and bound to its endpoint."""
    return base64.b64encode(keys.encrypt(secret.encode(), _context(organisation_id, address))).decode()


def open_secret(keys: KeyRing, endpoint: Endpoint) -> str:
    """The signing secret of a webhook endpoint. Raises SecretsError."""
    sealed = base64.b64decode(endpoint.secret or "")
    return keys.decrypt(sealed, _context(endpoint.organisation_id, endpoint.address)).decode()


def _context(organisation_id: UUID, address: str) -> bytes:
    return f"endpoint:{organisation_id}:{address}".encode()


async def add_endpoint(
    work: Work, organisation_id: UUID, channel: Channel, address: str, events: list[str], secret: str | None
) -> Endpoint:
    """``secret`` is the webhook's signing secret as ``seal_secret`` gives it. Raises AlreadyExists."""
    if any(
        (known.channel, known.address) == (channel, address)
        for known in await notices.endpoints_of(work.session, organisation_id)
    ):
        raise AlreadyExists("This endpoint exists already", field="/address")
    endpoint = Endpoint(organisation_id=organisation_id, channel=channel, address=address, events=events, secret=secret)
    work.session.add(endpoint)
    await work.session.flush()
    await process.begin(work, workflow_id(endpoint.id), DELIVERY, endpoint.id, f"{channel} {endpoint.id}")
    timeline.record(work, "endpoint", endpoint.id, "endpoint added", channel=channel)
    return endpoint


async def notify(
    work: Work, organisation_id: UUID, event: str, data: dict[str, Any], *, placement_id: UUID | None = None
) -> None:
    """Queue the event for every endpoint of the organisation that wants it."""
    for endpoint in await notices.endpoints_for(work.session, organisation_id, event):
        work.session.add(
            Notice(
                endpoint_id=endpoint.id,
                placement_id=placement_id,
                event=event,
                data=data,
                correlation_id=work.correlation_id,
            )
        )
        await work.session.flush()
        await process.hand_over(work, workflow_id(endpoint.id), "notice_queued", {})


async def take_next(work: Work, endpoint_id: UUID) -> tuple[Notice, Endpoint] | None:
    """The notice to deliver now, with this try counted; None where the endpoint has got everything."""
    endpoint = await work.session.get(Endpoint, endpoint_id)
    if endpoint is None:
        raise NotFound("There is no such endpoint")
    notice = await notices.next_waiting(work.session, endpoint_id)
    if notice is None:
        return None
    notice.attempts += 1
    return notice, endpoint


async def give_up_next(work: Work, endpoint_id: UUID) -> bool:
    """The oldest waiting notice gets no other try. One that never had any is not given up for the one before it.

    False where the endpoint has got everything.
    """
    notice = await notices.next_waiting(work.session, endpoint_id)
    if notice is None:
        return False
    if notice.attempts > 0:
        notice.state = NoticeState.GIVEN_UP
        notice.last_error = notice.last_error or "it could not be delivered in time"
    return True


async def note_outcome(work: Work, notice_id: UUID, *, error: str | None, final: bool) -> None:
    """Keep what became of one try; ``final`` where no other will follow."""
    notice = await work.session.get(Notice, notice_id, with_for_update=True)
    if notice is None or notice.state is not NoticeState.WAITING:
        return
    notice.last_error = error
    if error is None:
        notice.state, notice.delivered_at = NoticeState.DELIVERED, work.now
    elif final:
        notice.state = NoticeState.GIVEN_UP
