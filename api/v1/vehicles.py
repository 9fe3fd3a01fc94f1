"""Cars: registered for subscriptions by their electronic ids, changed, removed (S9)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api.auth.access import Access, require
from api.auth.attempts import personal
from api.etags import IfMatch
from api.idempotency import Once
from api.paging import Page, Paging, pages_by
from api.v1.shapes import Shape, example, sample
from models.errors import InvalidInput, NotFound
from models.messages.vehicle import NewVehicle, NewVehicleId, RemoveVehicle, VehicleChange
from models.rules.access import Permission
from models.rules.vehicle import RemovalReason, VehicleState
from models.rules.vehicle_id import VehicleIdKind
from models.store import subscribers, vehicles
from models.store.vehicles import Shown, ShownId, VehicleFilter
from models.usecases import vehicle as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/vehicles", tags=["vehicles"])

Reading = Annotated[Access, require(Permission.CARDS_READ)]
Managing = Annotated[Access, require(Permission.CARDS_MANAGE)]

_LOOKS = {"name": "Van 3", "plate": "V-123-BB", "make": "Volkswagen", "model": "ID. Buzz Cargo"}
CAR = {**_LOOKS, "ids": [{"kind": "mac_address", "value": "A1:B2:C3:D4:E5:F6"}]}
NEW = {**CAR, "subscriber": "SUB-2026-000017"}
_ID = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d62",
    "kind": "mac_address",
    "value": "A1B2C3D4E5F6",
    "token": "VID:A1B2C3D4E5F6",
    "registered_at": "2026-11-21T08:00:00Z",
}


class VehicleIdShape(Shape):
    model_config = example(**_ID)

    id: UUID
    kind: VehicleIdKind
    value: str = Field(description="Without separators, in capitals; a contract id without its check digit")
    token: str = Field(description="What stands for it in a wanted local list")
    registered_at: datetime


class VehicleShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2d61",
        reference="VEH-2026-000017",
        subscriber="SUB-2026-000017",
        state="registered",
        **_LOOKS,
        ids=[_ID],
        removal_reason=None,
        removed_at=None,
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    reference: str
    subscriber: str = Field(description="For which it charges, or did when it was removed")
    state: VehicleState
    name: str | None
    plate: str | None
    make: str | None
    model: str | None
    ids: list[VehicleIdShape] = Field(description="By which stations know it now")
    removal_reason: RemovalReason | None
    removed_at: datetime | None
    created_at: datetime


@router.post("", status_code=201, response_model=VehicleShape, summary="Register a car for a subscription")
@personal
async def register(body: Annotated[NewVehicle, sample(**NEW)], access: Managing, once: Once) -> Response:
    """From now on it charges by its ids alone, as a card of the subscription would. An id is one car's at a time: 409
    where it is registered already. `mac_address` is the car's EVCCID, `emaid` its contract's id (ISO 15118, eMI3 or
    DIN SPEC 91286); both in any spelling, and a check digit has to fit where there is one.
    """

    async def create(work: Work) -> VehicleShape:
        owner = await subscribers.find(work.session, body.subscriber)
        if owner is None:
            raise InvalidInput("There is no such subscription", field="/subscriber")
        made = await usecase.register(work, owner.id, body)
        return await found(work.session, made.reference)

    return await once.answer(access, create)


@router.get("", summary="Cars, newest first")
async def show_all(
    access: Reading, paging: Annotated[Paging, pages_by(reference=str)], wanted: Annotated[VehicleFilter, Depends()]
) -> Page[VehicleShape]:
    async with access.reading() as session:
        rows = await vehicles.page(session, wanted, paging.window)
    return paging.page(rows, vehicle_shape)


@router.get("/{reference}", summary="One car, with the ids that it has now")
async def show(reference: str, access: Reading) -> VehicleShape:
    async with access.reading() as session:
        return await found(session, reference)


@router.patch("/{reference}", summary="Change what a car is called, or looks like")
@personal
async def change(
    reference: str, body: Annotated[VehicleChange, sample(plate="V-456-BB")], access: Managing, condition: IfMatch
) -> VehicleShape:
    async with access.work() as work:
        car = await usecase.lock(work, reference)

        async def shown() -> VehicleShape:
            return await found(work.session, reference)

        await condition.check(shown)
        await usecase.change(work, car, body)
        return condition.answered(await shown(), f"/v1/vehicles/{reference}")


@router.post("/{reference}/ids", status_code=201, response_model=VehicleShape, summary="Register one more id of a car")
@personal
async def add_id(
    reference: str,
    body: Annotated[NewVehicleId, sample(kind="emaid", value="NL-TNM-C00122045-K")],
    access: Managing,
    once: Once,
) -> Response:
    async def add(work: Work) -> VehicleShape:
        await usecase.add_id(work, await usecase.lock(work, reference), body)
        return await found(work.session, reference)

    return await once.answer(access, add)


@router.delete("/{reference}/ids/{vehicle_id}", status_code=204, summary="Take an id off a car")
async def remove_id(reference: str, vehicle_id: UUID, access: Managing) -> None:
    """It is refused from now on; stations' local lists are told to drop it."""
    async with access.work() as work:
        await usecase.remove_id(work, await usecase.lock(work, reference), vehicle_id)


@router.post("/{reference}/remove", summary="Remove a car for good: it is sold, lost, stolen, or was never theirs")
async def remove(
    reference: str, body: Annotated[RemoveVehicle, sample(reason="sold")], access: Managing
) -> VehicleShape:
    """Its ids are refused from now on, and can be registered anew; what it has charged stays."""
    async with access.work() as work:
        await usecase.remove(work, await usecase.lock(work, reference), RemovalReason(body.reason))
        return await found(work.session, reference)


async def found(session: AsyncSession, reference: str) -> VehicleShape:
    """Raises NotFound."""
    row = await vehicles.shown(session, reference)
    if row is None:
        raise NotFound("There is no such car")
    return vehicle_shape(row)


def vehicle_shape(row: Shown) -> VehicleShape:
    said = row.vehicle.model_dump(include=set(VehicleShape.model_fields))
    return VehicleShape(**said, subscriber=row.subscriber, ids=[_id(each) for each in row.ids])


def _id(each: ShownId) -> VehicleIdShape:
    known = each.known
    return VehicleIdShape(
        id=each.id, kind=known.kind, value=known.uid, token=known.token, registered_at=each.registered_at
    )
