"""Tenders and products."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.viewer import Viewer
from models.store.window import Window, cut, like
from models.tables.tender import Product, Tender, TenderProduct


async def tender_by_code(session: AsyncSession, code: str, viewer: Viewer) -> Tender | None:
    found = await session.execute(
        select(Tender).where(col(Tender.code) == code, viewer.sees(col(Tender.requester_id), col(Tender.installer_id)))
    )
    return found.scalar_one_or_none()


async def lock_tender(session: AsyncSession, code: str, viewer: Viewer) -> Tender | None:
    found = await session.execute(
        select(Tender)
        .where(col(Tender.code) == code, viewer.sees(col(Tender.requester_id), col(Tender.installer_id)))
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def lock_product(session: AsyncSession, code: str) -> Product | None:
    found = await session.execute(select(Product).where(col(Product.code) == code).with_for_update())
    return found.scalar_one_or_none()


async def lines_of(session: AsyncSession, tender_id: UUID) -> Sequence[TenderProduct]:
    found = await session.execute(select(TenderProduct).where(col(TenderProduct.tender_id) == tender_id))
    return found.scalars().all()


async def product_by_code(session: AsyncSession, code: str) -> Product | None:
    found = await session.execute(select(Product).where(col(Product.code) == code))
    return found.scalar_one_or_none()


async def products_of(session: AsyncSession, tender_id: UUID) -> Sequence[tuple[Product, int]]:
    """The tender's products with how many of each a station needs."""
    found = await session.execute(
        select(Product, TenderProduct.quantity)
        .join(TenderProduct, col(TenderProduct.product_id) == col(Product.id))
        .where(col(TenderProduct.tender_id) == tender_id)
        .order_by(col(Product.code))
    )
    return [(product, quantity) for product, quantity in found.all()]


async def product(session: AsyncSession, product_id: UUID) -> Product:
    return await session.get_one(Product, product_id)


async def product_by_model(session: AsyncSession, brand: str, model: str) -> Product | None:
    found = await session.execute(select(Product).where(col(Product.brand) == brand, col(Product.model) == model))
    return found.scalar_one_or_none()


async def products(session: AsyncSession, q: str | None, window: Window) -> Sequence[Product]:
    """``q`` is part of a code, a brand or a model."""
    query = select(Product)
    if q is not None:
        named = (Product.code, Product.brand, Product.model)
        query = query.where(sa.or_(*(col(name).ilike(like(q)) for name in named)))
    cutting = cut(query, col(Product.id), window, {"code": col(Product.code)})
    return list((await session.execute(cutting)).scalars())


async def page(session: AsyncSession, viewer: Viewer, q: str | None, window: Window) -> Sequence[Tender]:
    """A partner sees the tenders it takes part in. ``q`` is part of a code or a name."""
    query = select(Tender).where(viewer.sees(col(Tender.requester_id), col(Tender.installer_id)))
    if q is not None:
        query = query.where(sa.or_(col(Tender.code).ilike(like(q)), col(Tender.name).ilike(like(q))))
    return list((await session.execute(cut(query, col(Tender.id), window, {"code": col(Tender.code)}))).scalars())


async def products_by_tender(
    session: AsyncSession, tender_ids: Sequence[UUID]
) -> dict[UUID, list[tuple[Product, int]]]:
    """The products of several tenders, with how many of each a station needs."""
    found = await session.execute(
        select(TenderProduct, Product)
        .join(Product, col(Product.id) == col(TenderProduct.product_id))
        .where(col(TenderProduct.tender_id).in_(tender_ids))
        .order_by(col(Product.code))
    )
    by_tender: dict[UUID, list[tuple[Product, int]]] = {tender_id: [] for tender_id in tender_ids}
    for line, product in found.all():
        by_tender[line.tender_id].append((product, line.quantity))
    return by_tender


async def codes(session: AsyncSession, product_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The codes of products by id."""
    found = await session.execute(select(Product.id, Product.code).where(col(Product.id).in_(product_ids)))
    return {row.id: row.code for row in found}


async def products_by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, Product]:
    found = await session.execute(select(Product).where(col(Product.code).in_(codes)))
    return {product.code: product for product in found.scalars()}
