"""Placement requests: sent in, listed, looked at (P1, P22)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Paging, pages_by
from api.v1 import actions, maps
from api.v1.documents import DocumentsShape, document_shape
from api.v1.shapes import Shape, example, sample
from api.v1.tenders import PartnerShape
from models.errors import NotFound
from models.messages.placement import NewPlacement
from models.rules.access import Permission, Reach
from models.rules.events import Language
from models.rules.grid import AttemptState
from models.rules.placement import PLACEMENT, PlacementStage
from models.rules.undoing import Ending, Undo, waits_for
from models.store import placements, tenders
from models.store.placements import Around, PlacementFilter
from models.tables.placement import PlacementRequest
from models.usecases import left_to_undo
from models.usecases import placement as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/placement-requests", tags=["placement requests"])

Creating = Annotated[Access, require(Permission.PLACEMENTS_CREATE)]
Reading = Annotated[Access, require(Permission.PLACEMENTS_READ)]

LOCATION = {
    "street": "Dam",
    "house_number": "1",
    "postal_code": "1012 JS",
    "city": "Amsterdam",
    "municipality": "Amsterdam",
    "country": "NL",
    "latitude": 52.3731,
    "longitude": 4.8926,
}
_CONTACT = {"name": "R. de Vries", "email": "laadpalen@voorbeeld.example"}
_SAID = {"stations": 2, "requester_reference": "LP-2026-118", "remarks": "Next to the car park's entrance"}
NEW = {"tender": "T-2026-1", "location": LOCATION, "contact": _CONTACT, **_SAID}
EXAMPLE = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c42",
    "reference": "PR-2026-000042",
    "stage": "submitted",
    "label": "Request submitted",
    "waits_for": "operations",
    "allowed_actions": ["approve", "reject"],
    "requester": {"id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c21", "name": "Gemeente Voorbeeld"},
    "tender": {"code": "T-2026-1", "name": "Street charging 2026"},
    "location": LOCATION,
    "attempt": 1,
    "contact": _CONTACT,
    **_SAID,
    "rejection_reason": None,
    "ending": None,
    "ending_reason": None,
    "work_order": None,
    "created_at": "2026-11-21T08:00:00Z",
    "ended_at": None,
}


class LocationShape(Shape):
    """Coordinates in degrees, WGS 84."""

    model_config = example(**LOCATION)

    street: str
    house_number: str
    postal_code: str
    city: str
    municipality: str
    country: str
    latitude: float
    longitude: float


class ContactShape(Shape):
    name: str
    email: str
    language: Language | None = Field(default=None, description="Of our letters; null: the operator's")


class TenderNameShape(Shape):
    code: str
    name: str


class PlacementShape(Shape):
    model_config = example(**EXAMPLE)

    id: UUID
    reference: str
    stage: PlacementStage
    label: str = Field(description="The stage in plain words")
    waits_for: str | None = Field(description="Who acts next")
    allowed_actions: list[str] = Field(description="What the caller can decide now")
    requester: PartnerShape
    tender: TenderNameShape
    location: LocationShape = Field(description="The location in play")
    attempt: int = Field(description="The number of that location attempt")
    contact: ContactShape
    stations: int
    requester_reference: str | None
    remarks: str | None
    rejection_reason: str | None
    ending: Ending | None = Field(description="As what it ends, once it was withdrawn or cancelled")
    ending_reason: str | None = Field(description="Why it was withdrawn or cancelled, where that was said")
    work_order: str | None = Field(description="The reference of the work order, once there is one")
    created_at: datetime
    ended_at: datetime | None


class AttemptShape(Shape):
    model_config = example(
        number=1,
        location=LOCATION,
        state="rejected",
        connection_request_id="GC-4F2A11",
        reason="No capacity in this street before 2029",
        scheduled_for=None,
        connected_at=None,
        unreachable_since=None,
        unreachable_reason=None,
        cancel_refusal=None,
        created_at="2026-11-21T08:00:00Z",
    )

    number: int
    location: LocationShape
    state: AttemptState
    connection_request_id: str | None = Field(description="The grid operator's own id")
    reason: str | None
    scheduled_for: str | None = Field(description="The day that the grid operator has named last")
    connected_at: datetime | None
    unreachable_since: datetime | None = Field(description="Since when the grid operator can't be asked; null: it can")
    unreachable_reason: str | None
    cancel_refusal: str | None = Field(description="Why the grid operator does not let our request be cancelled")
    created_at: datetime


class LeftShape(Shape):
    model_config = example(what="return_hardware", reference="VW-000117", waits_for="warehouse")

    what: Undo
    reference: str = Field(
        description="Of the work order, station, unit or connection request; of the location where no request is known"
    )
    waits_for: str = Field(description="Who acts next")


class UndoingShape(Shape):
    """``items`` in the order in which they are undone."""

    ending: Ending | None = Field(description="As what the request ends; null: nobody has called it off")
    reason: str | None
    items: list[LeftShape]


class AttemptsShape(Shape):
    items: list[AttemptShape]


@router.post("", status_code=201, response_model=PlacementShape, summary="Ask for stations at a location")
async def submit(body: Annotated[NewPlacement, sample(**NEW)], access: Creating, once: Once) -> Response:
    """The reference is given at once. Operations may send a request in for the tender's requester."""

    return await once.answer(access, lambda work: create(work, access, body))


async def create(work: Work, access: Access, new: NewPlacement) -> PlacementShape:
    requester_id = await _requester_id(work, access, new)
    made = await usecase.submit(work, new, requester_id, access.viewer)
    return _shape(access, made.placement, made.around)


@router.get("", summary="Placement requests, newest first; a requester sees its own")
async def show_all(
    access: Reading,
    paging: Annotated[Paging, pages_by(reference=str, stage=str)],
    wanted: Annotated[PlacementFilter, Depends()],
) -> Page[PlacementShape]:
    async with access.reading() as session:
        rows = await placements.page(session, access.viewer, wanted, paging.window)
        around = await placements.around(session, [row.id for row in rows])
    return paging.page(rows, lambda row: _shape(access, row, around[row.id]))


@router.get("/{reference}", summary="One placement request, and what can be decided about it now")
async def show(reference: str, access: Reading) -> PlacementShape:
    async with access.reading() as session:
        return await placement_shape(session, access, await found(session, access, reference))


@router.get("/{reference}/attempts", summary="Every location that was put to the grid operator")
async def show_attempts(reference: str, access: Reading) -> AttemptsShape:
    async with access.reading() as session:
        row = await found(session, access, reference)
        attempts = await placements.attempts(session, row.id)
    return AttemptsShape(
        items=[
            AttemptShape(
                location=LocationShape.model_validate(attempt),
                **attempt.model_dump(include=set(AttemptShape.model_fields) - {"location"}),
            )
            for attempt in attempts
        ]
    )


@router.get("/{reference}/undoing", summary="What is still to be undone of a request that was withdrawn or cancelled")
async def show_undoing(reference: str, access: Reading) -> UndoingShape:
    """Empty before anything was called off, and once all is undone."""
    async with access.reading() as session:
        row = await found(session, access, reference)
        left = await left_to_undo.of(session, row)
    items = [LeftShape(what=one.what, reference=one.reference, waits_for=waits_for(one.what)) for one in left]
    return UndoingShape(ending=row.ending, reason=row.ending_reason, items=items)


@router.get("/{reference}/documents", summary="The request's documents; a requester sees those meant for it")
async def show_documents(reference: str, access: Reading) -> DocumentsShape:
    async with access.reading() as session:
        row = await found(session, access, reference)
        rows = await placements.documents(session, row.id, access.viewer)
    return DocumentsShape(items=[document_shape(each) for each in rows])


@router.get(
    "/{reference}/map.svg",
    summary="Where the request stands on its process map",
    response_class=Response,
    responses=maps.RESPONSES,
)
async def show_map(reference: str, access: Reading) -> Response:
    async with access.reading() as session:
        row = await found(session, access, reference)
        entries = await placements.timeline(session, row.id)
    return maps.answer(PLACEMENT, row.stage, maps.visited(PLACEMENT, entries, "placement"))


async def found(session: AsyncSession, access: Access, reference: str) -> PlacementRequest:
    """Raises NotFound where there is none that the caller sees."""
    row = await placements.find(session, reference, access.viewer)
    if row is None:
        raise NotFound(f"There is no placement request '{reference}' for your organisation")
    return row


async def placement_shape(session: AsyncSession, access: Access, row: PlacementRequest) -> PlacementShape:
    return _shape(access, row, (await placements.around(session, [row.id]))[row.id])


def _shape(access: Access, row: PlacementRequest, around: Around) -> PlacementShape:
    stage = PLACEMENT.state(row.stage)
    return PlacementShape(
        **row.model_dump(include=set(PlacementShape.model_fields)),
        label=stage.label,
        waits_for=stage.waits_for,
        allowed_actions=actions.on_placement(access, row.stage),
        requester=PartnerShape.model_validate(around.requester),
        tender=TenderNameShape.model_validate(around.tender),
        location=LocationShape.model_validate(around.attempt),
        attempt=around.attempt.number,
        contact=ContactShape(name=row.contact_name, email=row.contact_email, language=row.contact_language),
        work_order=around.work_order,
    )


async def _requester_id(work: Work, access: Access, new: NewPlacement) -> UUID:
    if access.viewer.reach is Reach.ALL:
        tender = await tenders.tender_by_code(work.session, new.tender, access.viewer)
        if tender is not None:
            return tender.requester_id
    return access.caller.organisation_id
