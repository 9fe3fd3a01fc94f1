"""Who asks, who installs, who keeps the stations, and what is placed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, require
from api.etags import IfMatch
from api.idempotency import Once
from api.paging import Page, Paging, Search, pages_by
from api.v1.products import ProductShape
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.tender import NewTender, TenderChange
from models.rules.access import Permission
from models.store import organisations, tenders
from models.tables.access import Organisation
from models.tables.tender import Product, Tender
from models.usecases import tender as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/tenders", tags=["tenders"])

Managing = Annotated[Access, require(Permission.TENDERS_MANAGE)]
Reading = Annotated[Access, require(Permission.TENDERS_READ)]
_IDS = {
    "requester_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c21",
    "installer_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c22",
    "service_partner_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c23",
}
_SAID = {"code": "T-2026-1", "name": "Street charging 2026"}
_NEW = {**_SAID, **_IDS, "products": [{"product": "DUO-22", "quantity": 1}]}


class PartnerShape(Shape):
    model_config = example(id=_IDS["requester_id"], name="Gemeente Voorbeeld")

    id: UUID
    name: str


class TenderProductShape(Shape):
    """``quantity`` is how many of the product each wanted station needs."""

    product: ProductShape
    quantity: int


class TenderShape(Shape):
    id: UUID
    code: str
    name: str
    requester: PartnerShape
    installer: PartnerShape
    service_partner: PartnerShape
    products: list[TenderProductShape]
    created_at: datetime


@router.post("", status_code=201, response_model=TenderShape, summary="Add a tender with its products")
async def add(body: Annotated[NewTender, sample(**_NEW)], access: Managing, once: Once) -> Response:
    """Each organisation must be of the kind that fits its part."""

    async def create(work: Work) -> TenderShape:
        return (await _shapes(work.session, [await usecase.add_tender(work, body)]))[0]

    return await once.answer(access, create)


@router.get("", summary="Tenders, newest first; partners see those they take part in")
async def show_all(
    access: Reading, paging: Annotated[Paging, pages_by(code=str)], q: Search = None
) -> Page[TenderShape]:
    async with access.reading() as session:
        rows = await tenders.page(session, access.viewer, q, paging.window)
        shapes = {shape.id: shape for shape in await _shapes(session, rows)}
    return paging.page(rows, lambda row: shapes[row.id])


@router.get("/{code}", summary="One tender")
async def show(code: str, access: Reading) -> TenderShape:
    async with access.reading() as session:
        tender = await tenders.tender_by_code(session, code, access.viewer)
        if tender is None:
            raise NotFound(f"There is no tender '{code}'")
        return (await _shapes(session, [tender]))[0]


@router.patch("/{code}", summary="Change a tender's name, partners or products")
async def change(
    code: str,
    body: Annotated[TenderChange, sample(name="Street charging 2026 and 2027")],
    access: Managing,
    condition: IfMatch,
) -> TenderShape:
    """Holds for work orders made from now on; those that are there keep what they were made with."""
    async with access.work() as work:
        tender = await tenders.lock_tender(work.session, code, access.viewer)
        if tender is None:
            raise NotFound(f"There is no tender '{code}'")

        async def shown() -> TenderShape:
            return (await _shapes(work.session, [tender]))[0]

        await condition.check(shown)
        await usecase.change_tender(work, tender, body)
        return condition.answered(await shown(), f"/v1/tenders/{code}")


async def _shapes(session: AsyncSession, rows: Sequence[Tender]) -> list[TenderShape]:
    partners = {each for row in rows for each in (row.requester_id, row.installer_id, row.service_partner_id)}
    names = await organisations.all_of(session, list(partners))
    products = await tenders.products_by_tender(session, [row.id for row in rows])
    return [_shape(row, names, products[row.id]) for row in rows]


def _shape(row: Tender, names: dict[UUID, Organisation], products: list[tuple[Product, int]]) -> TenderShape:
    return TenderShape(
        id=row.id,
        code=row.code,
        name=row.name,
        requester=PartnerShape.model_validate(names[row.requester_id]),
        installer=PartnerShape.model_validate(names[row.installer_id]),
        service_partner=PartnerShape.model_validate(names[row.service_partner_id]),
        products=[
            TenderProductShape(product=ProductShape.model_validate(product), quantity=quantity)
            for product, quantity in products
        ],
        created_at=row.created_at,
    )
