"""A request's whole timeline: who, what, when, why, its documents, and the messages sent about it (P22)."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from api.auth.access import Access
from api.v1.documents import DOCUMENT, DocumentShape, document_shape
from api.v1.placements import Reading, found
from api.v1.shapes import Shape, example
from models.rules.access import Reach
from models.store import notices, placements
from models.tables.document import Document
from models.tables.notice import Channel, Endpoint, Notice, NoticeState
from models.tables.timeline import TimelineEntry

router = APIRouter(prefix="/placement-requests", tags=["placement requests"])

_AMONG_US = frozenset({"task", "deadline"})
"""Who works on what, and who was late with it."""
_COMMANDED = frozenset({"command", "reservation"})
"""What entries tell of that are about what somebody asked a station to do."""


class MessageShape(Shape):
    """A message to a partner, and whether it arrived."""

    channel: Channel
    address: str
    state: NoticeState
    attempts: int
    last_error: str | None
    delivered_at: datetime | None


class TimelineItemShape(Shape):
    model_config = example(
        at="2026-11-21T09:12:00Z",
        kind="event",
        subject="placement",
        what="approve",
        who="Olga Operations",
        why=None,
        refused=False,
        detail={"before": "submitted", "after": "grid_requested"},
        message=None,
        document=None,
        correlation_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
    )

    at: datetime
    kind: Literal["event", "message", "document"]
    subject: str = Field(description="What it is about: placement, work order, station ...")
    what: str
    who: str | None = None
    why: str | None = None
    refused: bool = Field(default=False, description="It was tried and refused; `why` says with what")
    detail: dict[str, Any] = Field(default_factory=dict)
    message: MessageShape | None = None
    document: DocumentShape | None = None
    correlation_id: str | None = None


class TimelineShape(Shape):
    model_config = example(items=[{"at": DOCUMENT["created_at"], "kind": "document", "what": "document filed"}])

    items: list[TimelineItemShape]


@router.get("/{reference}/timeline", summary="Everything that happened to the request, oldest first")
async def show(reference: str, access: Reading) -> TimelineShape:
    """Requesters see no refused attempts, no tasks, no commands to stations, nothing behind a work order's entries, no
    messages to others.
    """
    async with access.reading() as session:
        row = await found(session, access, reference)
        entries = await placements.timeline(session, row.id)
        sent = await notices.of_placement(session, row.id)
        filed = await placements.documents(session, row.id, access.viewer)
    items = [event_item(access, entry) for entry in entries if _is_all(access) or is_for_partners(entry)]
    items += [
        message_item(notice, endpoint)
        for notice, endpoint in sent
        if _is_all(access) or endpoint.organisation_id == access.caller.organisation_id
    ]
    items += [document_item(each) for each in filed]
    return TimelineShape(items=sorted(items, key=lambda item: item.at))


def document_item(filed: Document) -> TimelineItemShape:
    document = document_shape(filed)
    return TimelineItemShape(
        at=filed.created_at, kind="document", subject=filed.kind, what="document filed", document=document
    )


def event_item(access: Access, entry: TimelineEntry) -> TimelineItemShape:
    return TimelineItemShape(
        at=entry.at,
        kind="event",
        subject=entry.subject,
        what=entry.what,
        who=entry.actor_name,
        why=entry.why,
        refused=entry.refused,
        detail=entry.detail if _is_all(access) or entry.subject == "placement" else {},
        correlation_id=entry.correlation_id,
    )


def message_item(notice: Notice, endpoint: Endpoint) -> TimelineItemShape:
    return TimelineItemShape(
        at=notice.created_at,
        kind="message",
        subject="message",
        what=notice.event,
        message=MessageShape(
            channel=endpoint.channel,
            address=endpoint.address,
            state=notice.state,
            attempts=notice.attempts,
            last_error=notice.last_error,
            delivered_at=notice.delivered_at,
        ),
        correlation_id=notice.correlation_id,
    )


def is_for_partners(entry: TimelineEntry) -> bool:
    return not entry.refused and entry.subject not in _AMONG_US and not _COMMANDED & entry.detail.keys()


def _is_all(access: Access) -> bool:
    return access.viewer.reach is Reach.ALL
