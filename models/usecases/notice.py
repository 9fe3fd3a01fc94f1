"""Partners are told what happened: one notice per endpoint, delivered in order by the endpoint's own process (N)."""

import base64
import functools
from datetime import datetime
from typing import Any
from uuid import UUID

from models.errors import AlreadyExists, LimitReached
from models.rules.events import Language
from models.secrets import KeyRing
from models.store import notices
from models.tables.notice import Channel, Endpoint, Notice
from models.tables.placement import PlacementRequest
from models.usecases import process, timeline
from models.usecases.work import Work

DELIVERY = "delivery"
QUEUED = "notice_queued"
"""The fact that rings; it says nothing more, the notices are in the rows."""
ENDPOINTS_LIMIT = 20
"""For one organisation; each is a process of its own."""


def workflow_id(endpoint_id: UUID) -> str:
    return f"delivery-{endpoint_id}"


def seal_secret(keys: KeyRing, organisation_id: UUID, address: str, secret: str) -> str:
    """A webhook's signing secret as it is kept: encrypted, and bound to its endpoint."""
    return base64.b64encode(keys.encrypt(secret.encode(), _context(organisation_id, address))).decode()


def open_secret(keys: KeyRing, endpoint: Endpoint) -> str:
    """The signing secret of a webhook endpoint. Raises SecretsError."""
    return _opened(keys, endpoint, endpoint.secret)


def open_secrets(keys: KeyRing, endpoint: Endpoint, now: datetime) -> list[str]:
    """Those that sign now, the newest first: for a while after a rotation the one before too. Raises SecretsError."""
    secrets = [open_secret(keys, endpoint)]
    until = endpoint.previous_secret_until
    if endpoint.previous_secret is not None and until is not None and now < until:
        secrets.append(_opened(keys, endpoint, endpoint.previous_secret))
    return secrets


def _opened(keys: KeyRing, endpoint: Endpoint, sealed: str | None) -> str:
    return keys.decrypt(base64.b64decode(sealed or ""), _context(endpoint.organisation_id, endpoint.address)).decode()


def _context(organisation_id: UUID, address: str) -> bytes:
    return f"endpoint:{organisation_id}:{address}".encode()


async def add_endpoint(
    work: Work,
    organisation_id: UUID,
    channel: Channel,
    address: str,
    events: list[str],
    secret: str | None,
    *,
    language: Language | None = None,
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
            organisation_id=organisation_id,
            channel=channel,
            address=address,
            events=events,
            language=language,
            secret=secret,
        )
        await _open(work, endpoint)
    else:
        endpoint = same
        endpoint.only_when_named, endpoint.events, endpoint.disabled_at = False, events, None
        endpoint.language = language or endpoint.language
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
        told += await _contact(work, organisation_id, contact, placement_id)
    for endpoint in sorted(told, key=lambda one: one.id):
        await queue(work, endpoint, event, data, placement_id)


async def queue(
    work: Work, endpoint: Endpoint, event: str, data: dict[str, Any], placement_id: UUID | None = None
) -> None:
    """One notice for one endpoint; its process is rung at the end, once for all that the transaction queues."""
    work.session.add(
        Notice(
            endpoint_id=endpoint.id,
            placement_id=placement_id,
            event=event,
            data=data,
            correlation_id=work.correlation_id,
            created_at=work.now,
        )
    )
    await work.session.flush()
    process_id = workflow_id(endpoint.id)
    work.at_the_end[process_id] = functools.partial(_ring, process_id=process_id)


async def _ring(work: Work, *, process_id: str) -> None:
    await process.hand_over(work, process_id, QUEUED, {})


async def _contact(work: Work, organisation_id: UUID, address: str, placement_id: UUID | None) -> list[Endpoint]:
    """The contact's own endpoint, made for its first notice; none where the organisation has disabled it.

    It is written to in the language of the latest request that names one.
    """
    request = None if placement_id is None else await work.session.get(PlacementRequest, placement_id)
    language = None if request is None else request.contact_language
    for known in await notices.endpoints_of(work.session, organisation_id):
        if (known.channel, known.address) == (Channel.MAIL, address):
            if not known.only_when_named or known.disabled_at is not None:
                return []
            known.language = language or known.language
            return [known]
    endpoint = Endpoint(
        organisation_id=organisation_id, channel=Channel.MAIL, address=address, language=language, only_when_named=True
    )
    await _open(work, endpoint)
    return [endpoint]
