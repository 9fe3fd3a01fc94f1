"""The questions of each product's acceptance test, by version."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, SignedIn, require
from api.etags import IfMatch
from api.idempotency import Once
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.sat_template import NewSatTemplate
from models.rules.access import Permission
from models.rules.sat import Question
from models.store import sats, tenders
from models.tables.tender import Product
from models.usecases import sat_template as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/products/{code}/sat-templates", tags=["products"])

Managing = Annotated[Access, require(Permission.SAT_TEMPLATES_MANAGE)]
_QUESTIONS = [
    {"code": "site_clean", "part": "site", "kind": "yes_no", "text": "Is the site clean?", "expected": "yes"},
    {"code": "earth_resistance", "part": "station", "kind": "number", "text": "Earth resistance", "unit": "ohm",
     "maximum": "10"},
    {"code": "photo_front", "part": "station", "kind": "photo", "text": "The station from the street"},
]  # fmt: skip


class SatTemplateShape(Shape):
    model_config = example(version=1, questions=_QUESTIONS, created_at="2026-11-21T08:00:00Z")

    version: int
    questions: list[Question]
    created_at: datetime


class SatTemplatesShape(Shape):
    items: list[SatTemplateShape]


@router.post("", status_code=201, response_model=SatTemplateShape, summary="Add a version of the questions")
async def add(
    code: str,
    body: Annotated[NewSatTemplate, sample(questions=_QUESTIONS)],
    access: Managing,
    once: Once,
    condition: IfMatch,
) -> Response:
    """Work orders made from now on ask these; those under way go on with the version they began with.

    With the ETag of the list in `If-Match` nobody's version is passed over.
    """

    async def create(work: Work) -> SatTemplateShape:
        product = await tenders.lock_product(work.session, code) or await _product(work.session, code)
        await condition.check(lambda: _versions(work.session, product))
        return SatTemplateShape.model_validate(await usecase.add_version(work, product, body))

    return await once.answer(access, create)


@router.get("", summary="All versions, oldest first")
async def show_all(code: str, access: SignedIn) -> SatTemplatesShape:
    async with access.reading() as session:
        return await _versions(session, await _product(session, code))


async def _versions(session: AsyncSession, product: Product) -> SatTemplatesShape:
    rows = await sats.templates(session, product.id)
    return SatTemplatesShape(items=[SatTemplateShape.model_validate(row) for row in rows])


async def _product(session: AsyncSession, code: str) -> Product:
    product = await tenders.product_by_code(session, code)
    if product is None:
        raise NotFound(f"There is no product '{code}'")
    return product
