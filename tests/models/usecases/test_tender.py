"""Tenders and products."""

import pytest

from models.errors import InvalidInput, UnknownProduct
from models.messages.tender import NewTender, TenderLine
from models.store import tenders
from models.store.viewer import EVERYTHING
from models.usecases import tender
from models.usecases.work import Desk
from tests.people import World


def _new(world: World, *lines: TenderLine) -> NewTender:
    return NewTender(
        code="T-2",
        name="Second",
        requester_id=world.municipality.id,
        installer_id=world.installer.id,
        service_partner_id=world.service_partner.id,
        products=lines,
    )


async def test_a_tender_keeps_its_quantities(desk: Desk, world: World) -> None:
    lines = (TenderLine(product="SOLO-11", quantity=3), TenderLine(product="DUO-22"))
    async with desk.work(world.operations.actor, "test") as work:
        made = await tender.add_tender(work, _new(world, *lines))
        kept = await tenders.products_of(work.session, made.id)
    assert [(product.code, quantity) for product, quantity in kept] == [("DUO-22", 1), ("SOLO-11", 3)]


async def test_a_refused_tender_leaves_nothing(desk: Desk, world: World) -> None:
    lines = (TenderLine(product="DUO-22"), TenderLine(product="NONE-1"))
    with pytest.raises(UnknownProduct) as refused:
        async with desk.work(world.operations.actor, "test") as work:
            await tender.add_tender(work, _new(world, *lines))
    assert refused.value.field == "/products/1/product"
    async with desk.database.transaction() as session:
        assert await tenders.tender_by_code(session, "T-2", EVERYTHING) is None


async def test_the_kind_of_each_partner_is_checked(desk: Desk, world: World) -> None:
    wrong = _new(world, TenderLine(product="DUO-22")).model_copy(update={"installer_id": world.municipality.id})
    with pytest.raises(InvalidInput, match="installer or operator"):
        async with desk.work(world.operations.actor, "test") as work:
            await tender.add_tender(work, wrong)
