"""Cars, as tests need them in the rows."""

from models.messages.vehicle import MemberVehicle, NewVehicleId
from models.rules.vehicle import RemovalReason
from models.rules.vehicle_id import VehicleIdKind
from models.tables.subscriber import Subscriber
from models.tables.vehicle import Vehicle
from models.usecases import vehicle
from models.usecases.work import Work
from tests.charging import Street

MAC, CONTRACT = "A1:B2:C3:D4:E5:F6", "NL-TNM-C00122045-K"
SHOWN, SHOWN_IN_2 = "VID:A1B2C3D4E5F6", "a1b2c3d4e5f6"
"""The MAC address, as stations of OCPP 1.6 and of OCPP 2 show it."""


def id_of(said: str) -> NewVehicleId:
    kind = VehicleIdKind.EMAID if said.startswith("NL") else VehicleIdKind.MAC_ADDRESS
    return NewVehicleId(kind=kind, value=said)


def a_car(*ids: str, name: str | None = None, plate: str | None = None) -> MemberVehicle:
    return MemberVehicle(ids=tuple(id_of(each) for each in ids or (MAC,)), name=name, plate=plate)


async def registered(street: Street, owner: Subscriber, *ids: str, name: str | None = None) -> Vehicle:
    return await street.do(lambda work: vehicle.register(work, owner.id, a_car(*ids, name=name)))


async def removed(street: Street, car: Vehicle, reason: RemovalReason = RemovalReason.SOLD) -> None:
    async def act(work: Work) -> None:
        await vehicle.remove(work, await vehicle.lock(work, car.reference), reason)

    await street.do(act)
