"""The firmware that the stations of a product, or one station, are to run (L5)."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from api.etags import IfMatch, Precondition
from api.v1.shapes import sample
from api.v1.stations import found
from api.v1.wanted import Configuring, Maintaining, Operating, lock_product, lock_station, owner_of, product_of
from api.v1.wanted_shapes import WantedFirmwareShape
from models.errors import NotFound
from models.messages.wanted import NewFirmware, Owner
from models.store import wanted as store
from models.usecases import wanting
from models.usecases.work import Work

router = APIRouter(tags=["wanted"])
_NEW = {
    "version": "2.1.0",
    "location": "https://files.example/duo-2.1.0.bin",
    "not_before": "2026-12-10T00:00:00Z",
    "from_hour": 1,
    "to_hour": 5,
}
Wanted = Annotated[NewFirmware, sample(**_NEW)]


@router.get("/products/{code}/wanted/firmware", summary="The firmware that the product's stations are to run")
async def show_of_product(code: str, access: Operating) -> WantedFirmwareShape:
    async with access.reading() as session:
        return await _shown(session, await product_of(session, code))


@router.put("/products/{code}/wanted/firmware", summary="Roll firmware out to every station of the product")
async def want_of_product(code: str, body: Wanted, access: Configuring, condition: IfMatch) -> WantedFirmwareShape:
    """In waves, within the window, and never while a station charges; it begins anew whenever this is called."""
    async with access.work() as work:
        owner = await lock_product(work, code)
        return await _want(work, owner, body, condition, f"/v1/products/{quote(code)}")


@router.delete("/products/{code}/wanted/firmware", status_code=204, summary="Stop the roll-out")
async def forget_of_product(code: str, access: Configuring, condition: IfMatch) -> None:
    """Stations that have begun go on."""
    async with access.work() as work:
        await _forget(work, await lock_product(work, code), condition)


@router.get("/stations/{name}/wanted/firmware", summary="The firmware that this station itself is to run")
async def show_of_station(name: str, access: Maintaining) -> WantedFirmwareShape:
    async with access.reading() as session:
        return await _shown(session, owner_of(await found(session, access, name)))


@router.put("/stations/{name}/wanted/firmware", summary="Want firmware of this station, whatever its product's is")
async def want_of_station(name: str, body: Wanted, access: Configuring, condition: IfMatch) -> WantedFirmwareShape:
    """Within the window, and never while it charges; the waves are of no account."""
    async with access.work() as work:
        owner = await lock_station(work, access, name)
        return await _want(work, owner, body, condition, f"/v1/stations/{quote(name)}")


@router.delete("/stations/{name}/wanted/firmware", status_code=204, summary="Want it as of the product's stations")
async def forget_of_station(name: str, access: Configuring, condition: IfMatch) -> None:
    async with access.work() as work:
        await _forget(work, await lock_station(work, access, name), condition)


async def _want(work: Work, owner: Owner, new: NewFirmware, condition: Precondition, place: str) -> WantedFirmwareShape:
    await _check(work, owner, condition)
    made = await wanting.set_firmware(work, owner, new)
    return condition.answered(WantedFirmwareShape.model_validate(made), f"{place}/wanted/firmware")


async def _forget(work: Work, owner: Owner, condition: Precondition) -> None:
    await _check(work, owner, condition)
    await wanting.remove_firmware(work, owner)


async def _check(work: Work, owner: Owner, condition: Precondition) -> None:
    async def shown() -> WantedFirmwareShape:
        return await _shown(work.session, owner)

    if await store.firmware_of(work.session, owner) is None:
        condition.check_new()
    else:
        await condition.check(shown)


async def _shown(session: AsyncSession, owner: Owner) -> WantedFirmwareShape:
    row = await store.firmware_of(session, owner)
    if row is None:
        raise NotFound(f"No firmware is wanted of {owner.reference}")
    return WantedFirmwareShape.model_validate(row)
