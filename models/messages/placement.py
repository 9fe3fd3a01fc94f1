"""Messages of the placement process."""

from typing import Annotated
from uuid import UUID

from pydantic import EmailStr, Field, StringConstraints

from models.messages.base import Decision, Message, Progress
from models.rules.events import Language
from models.rules.grid import GridEvent
from models.rules.undoing import Undo

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
    language: Language | None = None
    """Of our letters; None: the operator's."""


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


class WithdrawPlacement(Decision):
    reason: Paragraph | None = None


class CancelPlacement(Decision):
    reason: Paragraph


class LeftToUndo(Message):
    """One thing that is still to be undone; ``reference`` is what people know it by."""

    what: Undo
    subject_id: UUID
    reference: str


class PlacementProgress(Progress):
    """``attempt_id`` is the location attempt in play; ``work_order`` once there is one.

    ``to_undo`` is what is still to be undone, in its order; empty but for a placement that is being undone.
    """

    attempt_id: UUID
    attempt_number: int
    grid_requested: bool = False
    work_order_id: UUID | None = None
    work_order_reference: str | None = None
    to_undo: tuple[LeftToUndo, ...] = ()
