"""Stations that come without a placement request, entered at their site (L6)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from api.auth.access import Access, require
from api.idempotency import Once
from api.v1.placements import LOCATION
from api.v1.shapes import sample
from api.v1.work_order_shapes import WorkOrderShape, work_order_shape
from models.messages.site import EnteredStation, NewStations
from models.rules.access import Permission
from models.usecases import site as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/stations", tags=["stations"])

Entering = Annotated[Access, require(Permission.STATIONS_ENTER)]

_UNIT = {
    "serial": "SN-700123",
    "hardware_id": "VW-700123",
    "firmware": "1.4.2",
    "ocpp_identity": "VW-700123",
    "factory_key": "8F3A1C0D9E7B46521122",
}
NEW = {
    "site": {
        "location": LOCATION,
        "owner_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c21",
        "reference": "Garage Noord",
        "contact": {"name": "R. de Vries", "email": "beheer@voorbeeld.example"},
    },
    "installer_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c22",
    "service_partner_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c23",
    "stations": [
        {"product": "DUO-22", "unit": _UNIT, "evse_ids": ["NL*ABC*E700123*1", "NL*ABC*E700123*2"]},
        {"product": "DUO-22"},
    ],
}


@router.post(
    "", status_code=201, response_model=WorkOrderShape, summary="Enter stations that come without a placement request"
)
async def enter(body: Annotated[NewStations, sample(**NEW)], access: Entering, once: Once) -> Response:
    """They become the lines of a work order of their own, on which they are tested, accepted and activated as others.

    A station that is there already brings its `unit`, with the key that it has now; one without gets hardware of our
    stock. EVSE ids that it does not bring are drawn. All of them are entered, or none.
    """
    hashes = await key_hashes(access, body.stations)

    async def create(work: Work) -> WorkOrderShape:
        return await work_order_shape(work.session, access, await usecase.enter(work, body, hashes))

    return await once.answer(access, create)


async def key_hashes(access: Access, stations: Sequence[EnteredStation]) -> list[str | None]:
    """Of each station's factory key, in its place; None where it brings no hardware."""
    keys = [each.unit.factory_key.get_secret_value() for each in stations if each.unit is not None]
    hashes = iter(await access.services.hashing.factory_keys(keys))
    return [next(hashes) if each.unit is not None else None for each in stations]
