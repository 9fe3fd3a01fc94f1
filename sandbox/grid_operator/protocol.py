"""What a grid operator and its customer say to each other, and how this one can be told to behave."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Event(StrEnum):
    """What can happen to a connection request at the grid operator's."""

    APPROVED = "approved"
    REJECTED = "rejected"
    PREPARATION_SCHEDULED = "preparation_scheduled"
    CONNECTION_SCHEDULED = "connection_scheduled"
    INSTALLATION_SCHEDULED = "installation_scheduled"
    CONNECTED = "connected"
    CANCELLED = "cancelled"


ROAD = (
    Event.APPROVED,
    Event.PREPARATION_SCHEDULED,
    Event.CONNECTION_SCHEDULED,
    Event.INSTALLATION_SCHEDULED,
    Event.CONNECTED,
)
"""What happens, in this order, where nothing goes wrong."""


class Address(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    street: Text
    house_number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
    postal_code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=12)]
    city: Text
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]


class ConnectionRequest(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    reference: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{1,64}$")]
    address: Address
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    municipality: Text
    charge_points: int = Field(ge=1, le=100)
    callback_url: HttpUrl


class Policy(BaseModel):
    """What becomes of new requests. ``manual``: nothing, until a person says so."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    mode: Literal["manual", "automatic"] = "manual"
    delay_s: float = Field(default=0.1, ge=0, le=86_400)
    last_event: Event = Event.CONNECTED
    reject_municipalities: list[Text] = Field(default=[], max_length=100)
    reject_when_street_contains: str = Field(default="", max_length=100)
    rejection_reason: Text = "There is no capacity left in this street."


class Fault(BaseModel):
    """How the API misbehaves. ``slow`` and ``lose_answer`` do the work, then answer late or 504."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    mode: Literal["ok", "down", "slow", "lose_answer"] = "ok"
    for_s: float | None = Field(default=None, gt=0, le=86_400)
    delay_s: float = Field(default=2, ge=0, le=120)
    retry_after_s: int = Field(default=1, ge=0, le=86_400)


class ToldEvent(BaseModel):
    """One event that a person or a test makes happen."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    event: Event
    reason: str | None = Field(default=None, max_length=500)
    scheduled_for: date | None = None
    timestamp: AwareDatetime | None = None
    delay_s: float = Field(default=0, ge=0, le=86_400)
    times: int = Field(default=1, ge=1, le=10)
    signature: Literal["good", "bad"] = "good"


class StrayEvent(ToldEvent):
    """An event about a connection request that nobody knows; sent once, never repeated."""

    connection_request_id: Text = "GC-UNKNOWN"
    reference: Text = "PR-0000-000000/1"
    callback_url: HttpUrl


def as_text(instant: datetime) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
