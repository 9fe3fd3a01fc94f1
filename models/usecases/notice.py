"""Partners are told what happened: one notice per endpoint, delivered in order by the endpoint's own process (N)."""

import base64
from typing import Any
from uuid import UUID

from models.errors import AlreadyExists, LimitReached, NotFound
from models.secrets import KeyRing
from models.store import notices
from models.tables.notice import Channel, Endpoint, Notice, NoticeState
from models.usecases import process, timeline
from models.usecases.work import Work

DELIVERY = "delivery"
ENDPOINTS_LIMIT = 20
"""For one organisation; each is a process of its own."""


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
    """``secret`` is the webhook's signing secret as ``seal_secret`` gives it. Raises AlreadyExists, LimitReached.

    An address that was known as the contact of single requests becomes an endpoint for all.
    """
    known = await notices.endpoints_of(work.session, organisation_id)
    same = next((one for one in known if (one.channel, one.address) == (channel, address)), None)
    if same is not None and not same.only_when_named:
        raise AlreadyExists("This endpoint exists already", field="/address")
    if sum(not one.only_when_named for one in known) >= ENDPOINTS_LIMIT:
        raise LimitReached(f"An organisation has at most {ENDPOINTS_LIMIT} endpoints; use one that is there again")
    if same is None:
        endpoint = Endpoint(
            organisation_id=organisation_id, channel=channel, address=address, events=events, secret=secret
        )
        await _open(work, endpoint)
    else:
        endpoint = same
        endpoint.only_when_named, endpoint.events, endpoint.disabled_at = False, events, None
    timeline.record(work, "endpoint", endpoint.id, "endpoint added", channel=channel)
    return endpoint


async def _open(work: Work, endpoint: Endpoint) -> None:
    work.session.add(endpoint)
    await work.session.flush()
    name = f"{endpoint.channel} {endpoint.id}"
    await process.begin(work, workflow_id(endpoint.id), DELIVERY, endpoint.id, name)


async def notify(
    work: Work,
    organisation_id: UUID,
    event: str,
    data: dict[str, Any],
    *,
    placement_id: UUID | None = None,
    contact: str | None = None,
) -> None:
    """Queue the event for every endpoint of the organisation that wants it, and for the contact's mail address."""
    told = list(await notices.endpoints_for(work.session, organisation_id, event))
    if contact is not None and all((one.channel, one.address) != (Channel.MAIL, contact) for one in told):
        told += await _contact(work, organisation_id, contact)
    for endpoint in sorted(told, key=lambda one: one.id):
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


async def _contact(work: Work, organisation_id: UUID, address: str) -> list[Endpoint]:
    """The contact's own endpoint, made for its first notice; none where the organisation has disabled it."""
    for known in await notices.endpoints_of(work.session, organisation_id):
        if (known.channel, known.address) == (Channel.MAIL, address):
            return [known] if known.disabled_at is None and known.only_when_named else []
    endpoint = Endpoint(organisation_id=organisation_id, channel=Channel.MAIL, address=address, only_when_named=True)
    await _open(work, endpoint)
    return [endpoint]


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
