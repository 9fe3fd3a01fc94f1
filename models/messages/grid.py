"""What goes to the grid operator (``docs/GRID_OPERATOR.md``)."""

from pydantic import BaseModel, ConfigDict, Field


class ConnectionAddress(BaseModel):
    """Where the connection is wanted; ``country`` is an ISO 3166-1 alpha-2 code."""

    model_config = ConfigDict(frozen=True)

    street: str
    house_number: str
    postal_code: str
    city: str
    country: str


class ConnectionRequest(BaseModel):
    """One request per location attempt; ``reference`` names the attempt (``PR-2026-000042/1``)."""

    model_config = ConfigDict(frozen=True)

    reference: str
    address: ConnectionAddress
    latitude: float = Field(description="WGS 84 degrees")
    longitude: float = Field(description="WGS 84 degrees")
    municipality: str
    charge_points: int
