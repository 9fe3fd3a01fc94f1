"""Stations that can be placed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.auth.access import Access, SignedIn, require
from api.etags import IfMatch
from api.idempotency import Once
from api.paging import Page, Paging, Search, pages_by
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.tender import NewProduct, ProductChange
from models.rules.access import Permission
from models.store import tenders
from models.usecases import tender as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/products", tags=["products"])

Managing = Annotated[Access, require(Permission.TENDERS_MANAGE)]
_NEW = {
    "code": "DUO-22",
    "brand": "Voltwerk",
    "model": "Duo",
    "product_type": "street post",
    "connectors": 2,
    "max_power_w": 22000,
}


class ProductShape(Shape):
    """``max_power_w`` is what the station can deliver over all connectors."""

    model_config = example(id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c14", **_NEW)

    id: UUID
    code: str
    brand: str
    model: str
    product_type: str
    connectors: int
    max_power_w: int


@router.post("", status_code=201, response_model=ProductShape, summary="Add a product")
async def add(body: Annotated[NewProduct, sample(**_NEW)], access: Managing, once: Once) -> Response:
    async def create(work: Work) -> ProductShape:
        return ProductShape.model_validate(await usecase.add_product(work, body))

    return await once.answer(access, create)


@router.get("", summary="All products, newest first")
async def show_all(
    access: SignedIn, paging: Annotated[Paging, pages_by(code=str)], q: Search = None
) -> Page[ProductShape]:
    """The catalogue is the same for everybody."""
    async with access.reading() as session:
        rows = await tenders.products(session, q, paging.window)
    return paging.page(rows, ProductShape.model_validate)


@router.get("/{code}", summary="One product")
async def show(code: str, access: SignedIn) -> ProductShape:
    async with access.reading() as session:
        product = await tenders.product_by_code(session, code)
    if product is None:
        raise NotFound(f"There is no product '{code}'")
    return ProductShape.model_validate(product)


@router.patch("/{code}", summary="Change what is said of a product")
async def change(
    code: str,
    body: Annotated[ProductChange, sample(product_type="street post, two sockets")],
    access: Managing,
    condition: IfMatch,
) -> ProductShape:
    async with access.work() as work:
        product = await tenders.lock_product(work.session, code)
        if product is None:
            raise NotFound(f"There is no product '{code}'")

        async def shown() -> ProductShape:
            return ProductShape.model_validate(product)

        await condition.check(shown)
        await usecase.change_product(work, product, body)
        return condition.answered(await shown(), f"/v1/products/{code}")
