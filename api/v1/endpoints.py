"""Where an organisation is told what happens."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import EmailStr, TypeAdapter, ValidationError
from starlette.responses import Response

from activities.gateways.addresses import check_url
from activities.gateways.errors import Refused
from api.auth.access import Access, require
from api.etags import IfMatch
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.endpoint_shapes import NEW, EndpointShape, NewEndpointShape, endpoint_shape
from api.v1.shapes import sample
from models.errors import InvalidInput
from models.messages.endpoint import EndpointChange, NewEndpoint
from models.rules.access import Permission
from models.secrets import new_webhook_secret
from models.store import access as organisations
from models.store import notices
from models.store.viewer import Viewer
from models.tables.notice import Channel, Endpoint
from models.usecases import endpoint as usecase
from models.usecases import notice
from models.usecases.work import Work

router = APIRouter(prefix="/endpoints", tags=["endpoints"])

Managing = Annotated[Access, require(Permission.NOTICES_MANAGE)]
_MAIL: TypeAdapter[str] = TypeAdapter(EmailStr)


@router.post("", status_code=201, response_model=NewEndpointShape, summary="Add a webhook or a mail address")
async def add(body: Annotated[NewEndpoint, sample(**NEW)], access: Managing, once: Once) -> Response:
    """Webhooks are signed by Standard Webhooks and retried for days; notices of one endpoint arrive in order.

    Answer with a 2xx within 15 seconds. Anything else is tried again after 2 seconds, then after twice as long each
    time, up to an hour; `Retry-After` is heeded. Notices behind it wait. After three days, and at once after a 410, the
    endpoint is paused: nothing is lost, and `resume` goes on with the oldest. What has waited for a paused endpoint for
    30 days is given up, and shown so in the log.
    """
    _check_address(access, body)

    async def create(work: Work) -> NewEndpointShape:
        owner = await _owner(work, access, body)
        secret = new_webhook_secret() if body.channel == "webhook" else None
        sealed = secret and notice.seal_secret(access.services.keys, owner, body.address, secret)
        events = [each.value for each in body.events]
        made = await notice.add_endpoint(
            work, owner, Channel(body.channel), body.address, events, sealed, language=body.language
        )
        return await _with_secret(work, made, secret)

    return await once.answer(access, create)


@router.get("", summary="The organisation's endpoints, newest first")
async def show_all(access: Managing, paging: Pages) -> Page[EndpointShape]:
    async with access.reading() as session:
        rows = await notices.endpoint_page(session, access.viewer, after=paging.after, limit=paging.fetch)
        waiting = await notices.waiting_counts(session, [each.id for each in rows])
    return paging.page(rows, lambda row: endpoint_shape(row, waiting.get(row.id, 0)))


@router.get("/{endpoint_id}", summary="An endpoint, and how it does")
async def show(endpoint_id: UUID, access: Managing) -> EndpointShape:
    async with access.work() as work:
        return await _shown(work, await usecase.find(work, endpoint_id, access.viewer))


@router.patch("/{endpoint_id}", summary="Change its events or the language of its letters")
async def change(
    endpoint_id: UUID,
    body: Annotated[EndpointChange, sample(events=NEW["events"], language="en")],
    access: Managing,
    condition: IfMatch,
) -> EndpointShape:
    """No events means all of them. What waits already is sent all the same."""
    async with access.work() as work:
        endpoint = await usecase.find(work, endpoint_id, access.viewer)
        await condition.check(lambda: _shown(work, endpoint))
        shown = await _shown(work, await usecase.change(work, endpoint_id, access.viewer, body))
    return condition.answered(shown, f"/v1/endpoints/{endpoint_id}")


@router.post("/{endpoint_id}/pause", summary="Let notices wait")
async def pause(endpoint_id: UUID, access: Managing) -> EndpointShape:
    """They are kept until it is resumed, for 30 days at most."""
    return await _done(access, endpoint_id, usecase.pause)


@router.post("/{endpoint_id}/resume", summary="Go on with the oldest notice, now")
async def resume(endpoint_id: UUID, access: Managing) -> EndpointShape:
    """Ends a pause, and the wait between two tries of an endpoint that fails."""
    return await _done(access, endpoint_id, usecase.resume)


@router.post("/{endpoint_id}/test", summary="Send a notice to see whether it arrives")
async def send_test(endpoint_id: UUID, access: Managing) -> EndpointShape:
    """`endpoint.tested`, behind whatever waits; a paused endpoint is resumed by it."""
    return await _done(access, endpoint_id, usecase.send_test)


@router.post("/{endpoint_id}/disable", summary="Send nothing there any more")
async def disable(endpoint_id: UUID, access: Managing) -> EndpointShape:
    """What waits to be sent is given up, and shown so in the log."""
    return await _done(access, endpoint_id, usecase.disable)


@router.post("/{endpoint_id}/enable", summary="Send there again what happens from now on")
async def enable(endpoint_id: UUID, access: Managing) -> EndpointShape:
    return await _done(access, endpoint_id, usecase.enable)


@router.post(
    "/{endpoint_id}/rotate-secret",
    status_code=201,
    response_model=NewEndpointShape,
    summary="Get a new signing secret",
)
async def rotate_secret(endpoint_id: UUID, access: Managing, once: Once) -> Response:
    """For 24 hours each webhook is signed twice, by the new secret and by the old one. It is shown this once.

    Whoever rotates again within that time ends the oldest secret at once.
    """

    async def create(work: Work) -> NewEndpointShape:
        endpoint, secret = await usecase.rotate_secret(work, endpoint_id, access.viewer, access.services.keys)
        return await _with_secret(work, endpoint, secret)

    return await once.answer(access, create)


async def _done(
    access: Access, endpoint_id: UUID, use_case: Callable[[Work, UUID, Viewer], Awaitable[Endpoint]]
) -> EndpointShape:
    async with access.work() as work:
        return await _shown(work, await use_case(work, endpoint_id, access.viewer))


async def _shown(work: Work, endpoint: Endpoint) -> EndpointShape:
    waiting = await notices.waiting_counts(work.session, [endpoint.id])
    return endpoint_shape(endpoint, waiting.get(endpoint.id, 0))


async def _with_secret(work: Work, endpoint: Endpoint, secret: str | None) -> NewEndpointShape:
    await work.session.flush()
    await work.session.refresh(endpoint)
    return NewEndpointShape(**(await _shown(work, endpoint)).model_dump(), secret=secret)


def _check_address(access: Access, new: NewEndpoint) -> None:
    try:
        if new.channel == "webhook":
            check_url(new.address, allow_inside=access.services.settings.allow_inside_addresses)
        else:
            _MAIL.validate_python(new.address)
    except Refused as error:
        raise InvalidInput(error.detail, field="/address") from error
    except ValidationError as error:
        raise InvalidInput("This is no e-mail address", field="/address") from error


async def _owner(work: Work, access: Access, new: NewEndpoint) -> UUID:
    """Only who manages all endpoints can name another organisation than their own."""
    wanted = new.organisation_id or access.caller.organisation_id
    if await organisations.organisation(work.session, wanted, access.viewer) is None:
        raise InvalidInput("There is no such organisation", field="/organisation_id")
    return wanted
