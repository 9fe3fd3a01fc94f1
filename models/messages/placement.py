"""Messages of the placement process."""

from typing import Annotated
from uuid import UUID

from pydantic import EmailStr, Field, StringConstraints

from models.messages.base import Decision, Message, Progress
from models.rules.grid import GridEvent

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Location(Message):
    """A place for stations; coordinates in degrees, WGS 84."""

    street: Line
    house_number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
    postal_code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=12)]
    city: Line
    municipality: Line
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "NL"
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)


class Contact(Message):
    name: Line
    email: EmailStr


class NewPlacement(Message):
    """A placement request as a requester sends it (P1)."""

    tender: Line
    """The tender's code."""
    location: Location
    stations: int = Field(ge=1, le=20)
    contact: Contact
    requester_reference: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] | None = None
    remarks: Paragraph | None = None


class GridCallReceived(Message):
    """A call of the grid operator's webhook, its signature checked."""

    webhook_id: str
    connection_request_id: str
    event: GridEvent
    reason: str | None = None
    scheduled_for: str | None = None
    occurred_at: str


class ApprovePlacement(Decision):
    pass


class RejectPlacement(Decision):
    reason: Paragraph


class ProposeLocation(Decision):
    location: Location


class PlacementProgress(Progress):
    """``attempt_id`` is the location attempt in play; ``work_order`` once there is one."""

    attempt_id: UUID
    attempt_number: int
    grid_requested: bool = False
    work_order_id: UUID | None = None
    work_order_reference: str | None = None
