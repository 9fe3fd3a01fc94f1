"""The cards that the stations of a product, or one station, are to let charge by themselves (L5)."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from api.etags import IfMatch, Precondition
from api.v1.shapes import sample
from api.v1.stations import found
from api.v1.wanted import Configuring, Operating, lock_product, lock_station, owner_of, product_of
from api.v1.wanted_shapes import WantedListShape
from models.errors import NotFound
from models.messages.wanted import NewList, Owner
from models.store import wanted as store
from models.usecases import wanting
from models.usecases.work import Work

router = APIRouter(tags=["wanted"])
Wanted = Annotated[NewList, sample(tokens=[], chosen=True)]


@router.get("/products/{code}/wanted/list", summary="The cards that the product's stations are to know")
async def show_of_product(code: str, access: Operating) -> WantedListShape:
    async with access.reading() as session:
        return await _shown(session, await product_of(session, code))


@router.put("/products/{code}/wanted/list", summary="Want a local list of every station of the product")
async def want_of_product(code: str, body: Wanted, access: Configuring, condition: IfMatch) -> WantedListShape:
    """Each gets the differences where it has our last version and they are shorter, else the whole list.

    Blocked cards are left out. What is `chosen` is chosen anew when cards change, and in every night.
    """
    async with access.work() as work:
        owner = await lock_product(work, code)
        return await _want(work, owner, body, condition, f"/v1/products/{quote(code)}")


@router.delete("/products/{code}/wanted/list", status_code=204, summary="Want a local list no more")
async def forget_of_product(code: str, access: Configuring, condition: IfMatch) -> None:
    """The stations keep the list that they have."""
    async with access.work() as work:
        await _forget(work, await lock_product(work, code), condition)


@router.get("/stations/{name}/wanted/list", summary="The cards that this station itself is to know")
async def show_of_station(name: str, access: Operating) -> WantedListShape:
    async with access.reading() as session:
        return await _shown(session, owner_of(await found(session, access, name)))


@router.put("/stations/{name}/wanted/list", summary="Want a local list of this station, whatever its product's is")
async def want_of_station(name: str, body: Wanted, access: Configuring, condition: IfMatch) -> WantedListShape:
    async with access.work() as work:
        owner = await lock_station(work, access, name)
        return await _want(work, owner, body, condition, f"/v1/stations/{quote(name)}")


@router.delete("/stations/{name}/wanted/list", status_code=204, summary="Want the list of the product's stations")
async def forget_of_station(name: str, access: Configuring, condition: IfMatch) -> None:
    async with access.work() as work:
        await _forget(work, await lock_station(work, access, name), condition)


async def _want(work: Work, owner: Owner, new: NewList, condition: Precondition, place: str) -> WantedListShape:
    await _check(work, owner, condition)
    made = await wanting.set_list(work, owner, new)
    return condition.answered(WantedListShape.model_validate(made), f"{place}/wanted/list")


async def _forget(work: Work, owner: Owner, condition: Precondition) -> None:
    await _check(work, owner, condition)
    await wanting.remove_list(work, owner)


async def _check(work: Work, owner: Owner, condition: Precondition) -> None:
    async def shown() -> WantedListShape:
        return await _shown(work.session, owner)

    if await store.list_of(work.session, owner) is None:
        condition.check_new()
    else:
        await condition.check(shown)


async def _shown(session: AsyncSession, owner: Owner) -> WantedListShape:
    row = await store.list_of(session, owner)
    if row is None:
        raise NotFound(f"No local list is wanted of {owner.reference}")
    return WantedListShape.model_validate(row)
