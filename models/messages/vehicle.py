"""What is said of cars (S9)."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from models.messages.base import Message
from models.messages.placement import Line
from models.rules import vehicle_id
from models.rules.vehicle import RemovalReason
from models.rules.vehicle_id import VehicleId, VehicleIdKind

IDS_LIMIT = 8
"""Of one car at the same time."""
Plate = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[^\W_]([ -]?[^\W_]){0,14}$", max_length=20)
]
"""In capitals; letters and digits, with single spaces or hyphens between them."""
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
ByPerson = Literal[RemovalReason.SOLD, RemovalReason.LOST, RemovalReason.STOLEN, RemovalReason.MISTAKEN]


class NewVehicleId(Message):
    """``value`` however it is spelled: with or without separators, in small letters or capitals."""

    kind: VehicleIdKind
    value: Annotated[str, Field(max_length=80)]

    @field_validator("value")
    @classmethod
    def _check_value(cls, said: str, info: ValidationInfo) -> str:
        if "kind" in info.data:
            vehicle_id.read(info.data["kind"], said)
        return said

    @property
    def id(self) -> VehicleId:
        return vehicle_id.read(self.kind, self.value)


class VehicleChange(Message):
    """What is left out stays as it is; null empties it."""

    name: Short | None = None
    plate: Plate | None = None
    make: Short | None = None
    model: Short | None = None


class MemberVehicle(VehicleChange):
    """A car, with the ids by which stations know it."""

    ids: Annotated[tuple[NewVehicleId, ...], Field(max_length=IDS_LIMIT)]

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        if not self.ids:
            raise ValueError("ids: give at least one, by which stations know the car")
        if len({each.id for each in self.ids}) < len(self.ids):
            raise ValueError("ids: the same id stands here twice, in whatever spelling; give it once")
        return self


class NewVehicle(MemberVehicle):
    """``subscriber`` is the reference of the subscription that it charges for."""

    subscriber: Line


class RemoveVehicle(Message):
    reason: ByPerson
