"""What is asked for tenders and products."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from models.messages.base import Message
from models.messages.placement import Line

Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,39}$")]
"""Names a product or a tender for people, in addresses too."""


class NewProduct(Message):
    """``max_power_w`` is what the station can deliver over all connectors."""

    code: Code
    brand: Line
    model: Line
    product_type: Line
    connectors: int = Field(ge=1, le=8)
    max_power_w: int = Field(ge=1_000, le=2_000_000)


class ProductChange(Message):
    """What is left out stays as it is. Code and connectors stay: stations stand in the street with them."""

    brand: Line | None = None
    model: Line | None = None
    product_type: Line | None = None
    max_power_w: int | None = Field(default=None, ge=1_000, le=2_000_000)


class TenderLine(Message):
    """``quantity`` is how many of the product each wanted station needs."""

    product: Code
    quantity: int = Field(default=1, ge=1, le=20)


class NewTender(Message):
    code: Code
    name: Line
    requester_id: UUID
    installer_id: UUID
    service_partner_id: UUID
    products: Annotated[tuple[TenderLine, ...], Field(min_length=1, max_length=20)]


class TenderChange(Message):
    """What is left out stays as it is. Holds for work orders made from now on; the requester stays."""

    name: Line | None = None
    installer_id: UUID | None = None
    service_partner_id: UUID | None = None
    products: Annotated[tuple[TenderLine, ...], Field(min_length=1, max_length=20)] | None = None
