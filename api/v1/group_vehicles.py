"""The cars of a group's people, for whoever manages the group (S6, S9)."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from api.auth.attempts import personal
from api.idempotency import Once
from api.paging import Page, Paging, pages_by
from api.v1.group_access import Managing, Reading, in_group
from api.v1.shapes import sample
from api.v1.vehicles import CAR, VehicleShape, found, vehicle_shape
from models.messages.vehicle import MemberVehicle, RemoveVehicle
from models.rules.vehicle import RemovalReason
from models.store import vehicles
from models.usecases import group as usecase
from models.usecases import vehicle as cars
from models.usecases.work import Work

router = APIRouter(prefix="/groups/{reference}", tags=["groups"])


@router.get("/vehicles", summary="The cars of the group's people, newest first")
async def show_all(
    reference: str, access: Reading, paging: Annotated[Paging, pages_by(reference=str)]
) -> Page[VehicleShape]:
    async with in_group(access, reference) as (work, row):
        rows = await vehicles.of_group(work.session, row.id, paging.window)
    return paging.page(rows, vehicle_shape)


@router.post(
    "/people/{subscriber}/vehicles",
    status_code=201,
    response_model=VehicleShape,
    summary="Register a car for somebody of the group",
)
@personal
async def register(
    reference: str, subscriber: str, body: Annotated[MemberVehicle, sample(**CAR)], access: Managing, once: Once
) -> Response:
    """409 where one of its ids is registered already; whose it is then is not told."""

    async def create(work: Work) -> VehicleShape:
        row = await usecase.find(work, reference, access.viewer)
        person = await usecase.person_of(work, row, subscriber)
        made = await cars.register(work, person.id, body)
        return await found(work.session, made.reference)

    return await once.answer(access, create)


@router.post("/vehicles/{vehicle}/remove", summary="Remove a car of the group for good")
async def remove(
    reference: str, vehicle: str, body: Annotated[RemoveVehicle, sample(reason="sold")], access: Managing
) -> VehicleShape:
    async with in_group(access, reference) as (work, row):
        held = await usecase.vehicle_of(work, row, vehicle)
        await cars.remove(work, held, RemovalReason(body.reason))
        return await found(work.session, vehicle)
