"""Endpoints and notices as they are shown."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.v1.shapes import Shape, example
from models.rules.delivery import EndpointState, PauseReason
from models.rules.events import Language
from models.tables.notice import Channel, Endpoint, NoticeState

ID = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c31"
NEW = {
    "channel": "webhook",
    "address": "https://voorbeeld.example/hooks/stationmaster",
    "events": ["placement.approved", "placement.rejected"],
    "language": "nl",
}
_KEPT = {
    **NEW,
    "id": ID,
    "organisation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c12",
    "state": "failing",
    "since": "2026-11-21T08:00:00Z",
    "last_error": "The endpoint answered 503",
    "failures": 3,
    "retry_at": "2026-11-21T08:00:14Z",
    "pause_reason": None,
    "waiting": 4,
    "previous_secret_until": None,
    "disabled_at": None,
    "created_at": "2026-11-20T08:00:00Z",
}
_SECRET = "whsec_2Yx..."  # noqa: S105
_NOTICE = {
    "id": ID,
    "event": "placement.approved",
    "data": {"reference": "PR-2026-000042", "stage": "grid_requested"},
    "state": "delivered",
    "attempts": 2,
    "last_error": None,
    "replays": 0,
    "replayed_at": None,
    "created_at": "2026-11-21T08:00:00Z",
    "delivered_at": "2026-11-21T08:00:03Z",
}
_ATTEMPT = {
    "at": "2026-11-21T08:00:03Z",
    "replay": False,
    "ended_at": "2026-11-21T08:00:03Z",
    "duration_ms": 84,
    "status": 204,
    "error": None,
}


class EndpointShape(Shape):
    """How an endpoint does: `ok`; `failing`, and tried again by itself; `down` after ten failures in a row; `paused`
    by hand or after three days, then notices wait until it is resumed; `disabled`, then nothing is kept for it."""

    model_config = example(**_KEPT)

    id: UUID
    organisation_id: UUID
    channel: Channel
    address: str
    events: list[str]
    language: Language | None = Field(description="Of the letters; null: the operator's")
    state: EndpointState
    since: datetime | None = Field(description="Since when it is in this state; null where it is ok")
    last_error: str | None = Field(description="Why the last try failed; null once something was taken")
    failures: int = Field(description="Failed tries in a row")
    retry_at: datetime | None = Field(description="About when it is tried next")
    pause_reason: PauseReason | None
    waiting: int = Field(description="How many notices wait for it")
    previous_secret_until: datetime | None = Field(description="Until then the secret before the last signs too")
    disabled_at: datetime | None
    created_at: datetime


class NewEndpointShape(EndpointShape):
    """``secret`` verifies our signatures (Standard Webhooks). It is shown this once; mail has none."""

    model_config = example(**_KEPT, secret=_SECRET)

    secret: str | None


class NoticeShape(Shape):
    """``id`` is the ``webhook-id`` that the notice is sent with, however often it is tried or replayed."""

    model_config = example(**_NOTICE)

    id: UUID
    event: str
    data: dict[str, Any]
    state: NoticeState
    attempts: int
    last_error: str | None
    replays: int = Field(description="How often it was sent again because somebody asked for it")
    replayed_at: datetime | None = Field(description="When that was asked for last")
    created_at: datetime
    delivered_at: datetime | None = Field(description="When it arrived last")


class AttemptShape(Shape):
    """One try. Where ``ended_at`` is null it is under way, or was cut off."""

    model_config = example(**_ATTEMPT)

    at: datetime
    replay: bool = Field(description="It was tried because somebody asked for the notice again")
    ended_at: datetime | None
    duration_ms: int | None
    status: int | None = Field(description="What was answered, by the code of HTTP or SMTP")
    error: str | None = Field(description="Why it was not taken; null where it was")


class NoticeInFull(NoticeShape):
    model_config = example(**_NOTICE, tries=[_ATTEMPT])

    tries: list[AttemptShape] = Field(description="The latest hundred, newest first")


class Replayed(Shape):
    model_config = example(replayed=17)

    replayed: int = Field(description="How many notices are sent again")


def endpoint_shape(endpoint: Endpoint, waiting: int) -> EndpointShape:
    fields = endpoint.model_dump(include=set(EndpointShape.model_fields))
    return EndpointShape(**fields, state=endpoint.state, since=endpoint.since, waiting=waiting)
