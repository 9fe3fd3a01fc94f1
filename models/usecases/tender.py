"""Tenders and products: what is placed, for whom and by whom."""

from collections.abc import Sequence
from uuid import UUID

from models.errors import AlreadyExists, InvalidInput, UnknownProduct
from models.messages.tender import NewProduct, NewTender, ProductChange, TenderChange, TenderLine
from models.rules.access import OrganisationKind
from models.store import access, tenders
from models.store.viewer import EVERYTHING
from models.tables.tender import Product, Tender, TenderProduct
from models.usecases import timeline
from models.usecases.work import Work

_PARTS = {
    "requester_id": frozenset({OrganisationKind.REQUESTER}),
    "installer_id": frozenset({OrganisationKind.INSTALLER, OrganisationKind.OPERATOR}),
    "service_partner_id": frozenset({OrganisationKind.SERVICE_PARTNER, OrganisationKind.OPERATOR}),
}
"""Who can take which part in a tender; the operator may install and keep stations with its own crew."""


async def add_product(work: Work, new: NewProduct) -> Product:
    """Raises AlreadyExists."""
    if await tenders.product_by_code(work.session, new.code) is not None:
        raise AlreadyExists(f"There is a product '{new.code}' already", field="/code")
    if await tenders.product_by_model(work.session, new.brand, new.model) is not None:
        raise AlreadyExists(f"There is a product '{new.brand} {new.model}' already", field="/model")
    product = Product(**new.model_dump())
    work.session.add(product)
    await work.session.flush()
    timeline.record(work, "product", product.id, "product added", code=product.code)
    return product


async def add_tender(work: Work, new: NewTender) -> Tender:
    """Raises AlreadyExists, InvalidInput (an organisation that can't take its part), UnknownProduct."""
    if await tenders.tender_by_code(work.session, new.code, EVERYTHING) is not None:
        raise AlreadyExists(f"There is a tender '{new.code}' already", field="/code")
    for part, kinds in _PARTS.items():
        await _check_part(work, part, getattr(new, part), kinds)
    products = [await _product(work, index, line, new.products) for index, line in enumerate(new.products)]
    tender = Tender(**new.model_dump(exclude={"products"}))
    work.session.add(tender)
    await work.session.flush()
    for product, line in zip(products, new.products, strict=True):
        work.session.add(TenderProduct(tender_id=tender.id, product_id=product.id, quantity=line.quantity))
    await work.session.flush()
    await work.session.refresh(tender)
    timeline.record(work, "tender", tender.id, "tender added", code=tender.code)
    return tender


async def change_product(work: Work, product: Product, change: ProductChange) -> None:
    """Raises AlreadyExists."""
    wanted = change.model_dump(exclude_none=True)
    brand, model = wanted.get("brand", product.brand), wanted.get("model", product.model)
    same_name = await tenders.product_by_model(work.session, brand, model)
    if same_name is not None and same_name.id != product.id:
        raise AlreadyExists(f"There is a product '{brand} {model}' already", field="/model")
    product.sqlmodel_update(wanted)
    timeline.record(work, "product", product.id, "product changed", code=product.code)


async def change_tender(work: Work, tender: Tender, change: TenderChange) -> None:
    """Raises InvalidInput (an organisation that can't take its part), UnknownProduct."""
    wanted = change.model_dump(exclude_none=True, exclude={"products"})
    for part in _PARTS.keys() & wanted.keys():
        await _check_part(work, part, wanted[part], _PARTS[part])
    tender.sqlmodel_update(wanted)
    if change.products is not None:
        await _change_products(work, tender, change.products)
    timeline.record(work, "tender", tender.id, "tender changed", code=tender.code)


async def _change_products(work: Work, tender: Tender, lines: Sequence[TenderLine]) -> None:
    wanted = {(await _product(work, index, line, lines)).id: line.quantity for index, line in enumerate(lines)}
    for kept in await tenders.lines_of(work.session, tender.id):
        if kept.product_id in wanted:
            kept.quantity = wanted.pop(kept.product_id)
        else:
            await work.session.delete(kept)
    for product_id, quantity in wanted.items():
        work.session.add(TenderProduct(tender_id=tender.id, product_id=product_id, quantity=quantity))
    await work.session.flush()


async def _check_part(work: Work, part: str, organisation_id: UUID, kinds: frozenset[OrganisationKind]) -> None:
    organisation = await access.organisation(work.session, organisation_id, EVERYTHING)
    if organisation is None:
        raise InvalidInput("There is no such organisation", field=f"/{part}")
    if organisation.kind not in kinds:
        wanted = " or ".join(sorted(kinds))
        raise InvalidInput(
            f"'{organisation.name}' is of the kind {organisation.kind}, but this takes: {wanted}", field=f"/{part}"
        )


async def _product(work: Work, index: int, line: TenderLine, lines: Sequence[TenderLine]) -> Product:
    field = f"/products/{index}/product"
    if line.product in {earlier.product for earlier in lines[:index]}:
        raise InvalidInput(f"'{line.product}' stands here twice; add the quantities up", field=field)
    product = await tenders.product_by_code(work.session, line.product)
    if product is None:
        raise UnknownProduct(f"There is no product '{line.product}'", field=field)
    return product
