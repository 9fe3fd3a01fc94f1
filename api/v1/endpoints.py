"""Where an organisation is told what happens, and whether that arrived."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import EmailStr, TypeAdapter, ValidationError
from starlette.responses import Response

from activities.gateways.addresses import check_url
from activities.gateways.errors import Refused
from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.shapes import Shape, example, sample
from models.errors import InvalidInput
from models.messages.endpoint import NewEndpoint
from models.rules.access import Permission
from models.secrets import new_webhook_secret
from models.store import access as organisations
from models.store import notices
from models.tables.notice import Channel, NoticeState
from models.usecases import endpoint as usecase
from models.usecases import notice
from models.usecases.work import Work

router = APIRouter(prefix="/endpoints", tags=["endpoints"])

Managing = Annotated[Access, require(Permission.NOTICES_MANAGE)]
_ID = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c31"
_NEW = {
    "channel": "webhook",
    "address": "https://voorbeeld.example/hooks/stationmaster",
    "events": ["placement.approved", "placement.rejected"],
}
_KEPT = {
    **_NEW,
    "id": _ID,
    "organisation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c12",
    "disabled_at": None,
    "created_at": "2026-11-21T08:00:00Z",
}
_MAIL: TypeAdapter[str] = TypeAdapter(EmailStr)


class EndpointShape(Shape):
    model_config = example(**_KEPT)

    id: UUID
    organisation_id: UUID
    channel: Channel
    address: str
    events: list[str]
    disabled_at: datetime | None
    created_at: datetime


class NewEndpointShape(EndpointShape):
    """``secret`` verifies our signatures (Standard Webhooks). It is shown this once; mail has none."""

    model_config = example(**_KEPT, secret="whsec_2Yx...")  # noqa: S106

    secret: str | None


class NoticeShape(Shape):
    """``id`` is the ``webhook-id`` that the notice is sent with, however often it is tried."""

    model_config = example(
        id=_ID,
        event="placement.approved",
        data={"reference": "PR-2026-000042", "stage": "grid_requested"},
        state="delivered",
        attempts=1,
        last_error=None,
        created_at="2026-11-21T08:00:00Z",
        delivered_at="2026-11-21T08:00:01Z",
    )

    id: UUID
    event: str
    data: dict[str, Any]
    state: NoticeState
    attempts: int
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None


@router.post("", status_code=201, response_model=NewEndpointShape, summary="Add a webhook or a mail address")
async def add(body: Annotated[NewEndpoint, sample(**_NEW)], access: Managing, once: Once) -> Response:
    """Webhooks are signed by Standard Webhooks and retried for days; notices of one endpoint arrive in order."""
    _check_address(access, body)

    async def create(work: Work) -> NewEndpointShape:
        owner = await _owner(work, access, body)
        secret = new_webhook_secret() if body.channel == "webhook" else None
        sealed = secret and notice.seal_secret(access.services.keys, owner, body.address, secret)
        made = await notice.add_endpoint(work, owner, Channel(body.channel), body.address, list(body.events), sealed)
        await work.session.refresh(made)
        return NewEndpointShape(**EndpointShape.model_validate(made).model_dump(), secret=secret)

    return await once.answer(access, create)


@router.get("", summary="The organisation's endpoints, newest first")
async def show_all(access: Managing, paging: Pages) -> Page[EndpointShape]:
    async with access.reading() as session:
        rows = await notices.endpoint_page(session, access.viewer, after=paging.after, limit=paging.fetch)
    return paging.page(rows, EndpointShape.model_validate)


@router.post("/{endpoint_id}/disable", summary="Send nothing there any more")
async def disable(endpoint_id: UUID, access: Managing) -> EndpointShape:
    """What waits to be sent is given up, and shown so in the log."""
    async with access.work() as work:
        return EndpointShape.model_validate(await usecase.disable(work, endpoint_id, access.viewer))


@router.post("/{endpoint_id}/enable", summary="Send there again what happens from now on")
async def enable(endpoint_id: UUID, access: Managing) -> EndpointShape:
    async with access.work() as work:
        return EndpointShape.model_validate(await usecase.enable(work, endpoint_id, access.viewer))


@router.get("/{endpoint_id}/notices", summary="The delivery log, newest first")
async def show_log(endpoint_id: UUID, access: Managing, paging: Pages) -> Page[NoticeShape]:
    async with access.work() as work:
        endpoint = await usecase.find(work, endpoint_id, access.viewer)
        rows = await notices.log_of(work.session, endpoint.id, after=paging.after, limit=paging.fetch)
    return paging.page(rows, NoticeShape.model_validate)


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
