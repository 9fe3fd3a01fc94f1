"""A customer's personal data: exported whole, and erased, on request (S8; GDPR Art. 15, 17, 20)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.customers import found
from api.v1.shapes import Shape, example, sample
from models.messages.base import Message
from models.rules.access import Permission
from models.rules.personal_data import Because, ObstacleKind, RequestKind, RequestState
from models.store import personal_data as store
from models.tables.customer import Customer
from models.usecases import customer, erasure
from models.usecases import personal_data as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/customers/{reference}", tags=["customers"])

Exporting = Annotated[Access, require(Permission.PERSONAL_EXPORT)]
Erasing = Annotated[Access, require(Permission.PERSONAL_ERASE)]
ZIP = "application/zip"


class ErasureWish(Message):
    because: Because = Field(description="`asked_for` by the customer, or `not_needed` any more")


class ExportShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d71",
        state="ready",
        asked_by_name="Carla Care",
        size_bytes=48211,
        created_at="2026-11-21T08:00:00Z",
        done_at="2026-11-21T08:00:04Z",
        expires_at="2026-11-28T08:00:04Z",
    )

    id: UUID
    state: RequestState = Field(description="`asked`: being made; `ready`: to be fetched; `expired`: gone")
    asked_by_name: str
    size_bytes: int | None
    created_at: datetime
    done_at: datetime | None
    expires_at: datetime | None


class ObstacleShape(Shape):
    kind: ObstacleKind
    reference: str = Field(description="Of the subscription or session")
    detail: str


class ErasureShape(Shape):
    model_config = example(
        reference="CU-2026-000017",
        erased_at=None,
        obstacles=[
            {"kind": "open_subscription", "reference": "SUB-2026-000017", "detail": "Close the subscription first"}
        ],
    )

    reference: str
    erased_at: datetime | None
    obstacles: list[ObstacleShape] = Field(description="What stands against it; none: it can be done")


@router.post("/exports", status_code=202, response_model=ExportShape, summary="Ask for all of a customer's data")
async def ask_for_export(reference: str, access: Exporting, once: Once) -> Response:
    """It is made within seconds, as a zip: of each kind of record the rows as JSON, and as CSV. It can be fetched for
    seven days. One that is being made is not made twice.
    """

    async def create(work: Work) -> ExportShape:
        return ExportShape.model_validate(await usecase.ask_for_export(work, await customer.lock_any(work, reference)))

    return await once.answer(access, create)


@router.get("/exports", summary="Exports of the customer's data, newest first")
async def show_exports(reference: str, access: Exporting, paging: Pages) -> Page[ExportShape]:
    async with access.reading() as session:
        known = await found(session, reference)
        rows = await store.requests(session, known.id, RequestKind.EXPORT, paging.window)
    return paging.page(rows, ExportShape.model_validate)


@router.get("/exports/{export_id}", summary="One export, and whether it is ready")
async def show_export(reference: str, export_id: UUID, access: Exporting) -> ExportShape:
    async with access.work() as work:
        known = await found(work.session, reference)
        return ExportShape.model_validate(await usecase.export_of(work, known, export_id))


@router.get(
    "/exports/{export_id}/file",
    summary="The export itself",
    response_class=Response,
    responses={200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def fetch_export(reference: str, export_id: UUID, access: Exporting) -> Response:
    """Who has fetched it is on record."""
    async with access.work() as work:
        key = await usecase.fetch(work, await found(work.session, reference), export_id)
    headers = {"Content-Disposition": f'attachment; filename="{reference}.zip"', "Cache-Control": "no-store"}
    return Response(await access.services.documents.get(key), headers=headers, media_type=ZIP)


@router.get("/erasure", summary="Whether the customer can be erased, or was")
async def show_erasure(reference: str, access: Erasing) -> ErasureShape:
    async with access.work() as work:
        return await _erasure(work, await found(work.session, reference))


@router.post("/erasure", response_model=ErasureShape, summary="Erase the customer")
async def erase(
    reference: str, body: Annotated[ErasureWish, sample(because="asked_for")], access: Erasing
) -> ErasureShape:
    """What the law makes us keep stays under pseudonyms: sessions, bill data records, the ledger, and who did what
    when. Names, addresses, contacts, notes, the uids of cards and what stands in the audit trail are gone at once,
    files within minutes. It can't be undone. Refused (409) while something is open, with what to do; sent again it
    gets the same answer.
    """
    async with access.work() as work:
        known = await customer.lock_any(work, reference)
        await erasure.erase(work, known, body.because)
        return await _erasure(work, known)


async def _erasure(work: Work, known: Customer) -> ErasureShape:
    stands = await erasure.against(work, known)
    return ErasureShape(
        reference=known.reference,
        erased_at=known.erased_at,
        obstacles=[ObstacleShape.model_validate(each) for each in stands],
    )
