"""Planned work orders as a calendar feed, for the calendars of partners and of own crews (P10)."""

import hashlib
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.auth.access import Access
from api.auth.basic import require_basic
from api.calendar import Publisher, calendar_of
from models.rules import planning
from models.rules.access import Permission
from models.store import organisations, plans

router = APIRouter(prefix="/calendars", tags=["work orders"])

Reading = Annotated[Access, require_basic(Permission.WORK_ORDERS_READ)]
MEDIA_TYPE = "text/calendar"
SHOWN_SINCE = timedelta(days=90)
EVENTS_LIMIT = 2000
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "An iCalendar object (RFC 5545), with an `ETag`",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    },
    304: {"description": "It is as `If-None-Match` has it"},
}


@router.get(
    "/work-orders.ics",
    summary="The planned work orders of the last 90 days and all to come, to subscribe to",
    response_class=Response,
    responses=_ANSWERS,
)
async def show(
    request: Request,
    access: Reading,
    crew: Annotated[UUID | None, Query(description="Of this crew only, by its id")] = None,
) -> Response:
    """For calendars that send a user name and a password: the password is an API key with `work-orders:read`.

    Each work order is one event with a stable UID; planning it anew raises its SEQUENCE, cancelling it shows it as
    cancelled.
    """
    desk, settings = access.services.desk, access.services.settings
    since = planning.local_day(desk.clock(), desk.terms.zone) - SHOWN_SINCE
    async with access.reading() as session:
        items = await plans.feed(session, access.viewer, crew_id=crew, since=since, limit=EVENTS_LIMIT)
        operator = await organisations.operator(session)
        own = await organisations.named(session, access.caller.organisation_id)
    publisher = Publisher(operator.name, settings.mail_from, settings.public_api_url)
    said = calendar_of(items, f"Work orders of {own.name}", publisher)
    etag = f'"{hashlib.sha256(said).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if _knows(request, etag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="work-orders.ics"'
    return Response(said, headers=headers, media_type=f"{MEDIA_TYPE}; charset=utf-8; method=PUBLISH")


def _knows(request: Request, etag: str) -> bool:
    """Whether the caller has it already (RFC 9110 §13.1.2, by weak comparison)."""
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    return etag in known or "*" in known
