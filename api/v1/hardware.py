"""Units from the supplier's list to the installer's van (P11)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, require
from api.etags import IfMatch, Precondition
from api.idempotency import Once
from api.paging import Page, Paging, pages_by
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.unit import HandOver, NewUnit, NewUnits
from models.messages.work_order import HardwareId
from models.rules.access import Permission
from models.store import tenders, units
from models.store.units import UnitFilter
from models.tables.unit import Unit, UnitState
from models.usecases import unit as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/hardware/units", tags=["hardware"])

Managing = Annotated[Access, require(Permission.HARDWARE_MANAGE)]
Reading = Annotated[Access, require(Permission.HARDWARE_READ)]
Label = Annotated[HardwareId, Path(description="What stands on the box")]

_SAID = {
    "hardware_id": "VW-000123",
    "serial": "SN-000123",
    "product": "DUO-22",
    "firmware": "1.4.2",
    "ocpp_identity": "VW-000123",
}
_NEW = {**_SAID, "factory_key": "8F3A1C0D9E7B46521122"}


class UnitShape(Shape):
    """The factory key is never shown again."""

    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c51",
        **_SAID,
        state="in_stock",
        holder_id=None,
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    hardware_id: str
    serial: str
    product: str
    firmware: str
    ocpp_identity: str
    state: UnitState
    holder_id: UUID | None
    created_at: datetime


class UnitsShape(Shape):
    items: list[UnitShape]


@router.post("", status_code=201, response_model=UnitShape, summary="Book a unit in")
async def book_in(body: Annotated[NewUnit, sample(**_NEW)], access: Managing, once: Once) -> Response:
    hashes = await access.services.hashing.factory_keys([body.factory_key.get_secret_value()])

    async def create(work: Work) -> UnitShape:
        return (await _shapes(work.session, [await usecase.book_in(work, body, hashes[0])]))[0]

    return await once.answer(access, create)


@router.post("/batch", status_code=201, response_model=UnitsShape, summary="Book a supplier's list in")
async def book_in_all(body: Annotated[NewUnits, sample(units=[_NEW])], access: Managing, once: Once) -> Response:
    """All of it or nothing: where a line is faulty, each fault is named by its place in the list."""
    hashes = await access.services.hashing.factory_keys([unit.factory_key.get_secret_value() for unit in body.units])

    async def create(work: Work) -> UnitsShape:
        return UnitsShape(items=await _shapes(work.session, await usecase.book_in_all(work, body.units, hashes)))

    return await once.answer(access, create)


@router.get("", summary="Units, newest first; an installer sees those it holds")
async def show_all(
    access: Reading,
    paging: Annotated[Paging, pages_by(hardware_id=str, state=str)],
    wanted: Annotated[UnitFilter, Depends()],
) -> Page[UnitShape]:
    async with access.reading() as session:
        rows = await units.page(session, access.viewer, wanted, paging.window)
        shapes = {shape.id: shape for shape in await _shapes(session, rows)}
    return paging.page(rows, lambda row: shapes[row.id])


@router.get("/{hardware_id}", summary="One unit")
async def show(hardware_id: Label, access: Reading) -> UnitShape:
    async with access.reading() as session:
        unit = await units.find(session, hardware_id, access.viewer)
        if unit is None:
            raise NotFound(f"There is no unit '{hardware_id}' here")
        return (await _shapes(session, [unit]))[0]


@router.post("/{hardware_id}/hand-over", summary="Hand a unit over to an installer")
async def hand_over(
    hardware_id: Label,
    body: Annotated[HandOver, sample(installer_id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c22")],
    access: Managing,
    condition: IfMatch,
) -> UnitShape:
    """Only that installer can link it to a work order line. Sent twice, it changes nothing more."""
    async with access.work() as work:
        await _check(work, hardware_id, condition)
        shown = (await _shapes(work.session, [await usecase.hand_over(work, hardware_id, body)]))[0]
    return condition.answered(shown, f"/v1/hardware/units/{hardware_id}")


@router.post("/{hardware_id}/return", summary="Take a unit back into stock")
async def take_back(hardware_id: Label, access: Managing, condition: IfMatch) -> UnitShape:
    async with access.work() as work:
        await _check(work, hardware_id, condition)
        shown = (await _shapes(work.session, [await usecase.take_back(work, hardware_id)]))[0]
    return condition.answered(shown, f"/v1/hardware/units/{hardware_id}")


async def _check(work: Work, hardware_id: str, condition: Precondition) -> None:
    unit = await units.lock_by_hardware_id(work.session, hardware_id)
    if unit is not None:
        await condition.check(lambda: _shown(work.session, unit))


async def _shown(session: AsyncSession, unit: Unit) -> UnitShape:
    return (await _shapes(session, [unit]))[0]


async def _shapes(session: AsyncSession, rows: Sequence[Unit]) -> list[UnitShape]:
    codes = await tenders.codes(session, [row.product_id for row in rows])
    return [_shape(row, codes[row.product_id]) for row in rows]


def _shape(row: Unit, product: str) -> UnitShape:
    return UnitShape(product=product, **row.model_dump(include=set(UnitShape.model_fields) - {"product"}))
