"""What is said of stations that come without a placement request (L6)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from models.messages.base import Message
from models.messages.placement import Contact, Line, Location
from models.messages.tender import Code
from models.messages.unit import FactoryKey, Identity
from models.messages.work_order import HardwareId

STATIONS_LIMIT = 100
"""At one place at once."""
CONNECTORS_LIMIT = 64

EvseId = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_upper=True,
        pattern=r"^[A-Z]{2}\*[A-Z0-9]{3}\*E[A-Z0-9][A-Z0-9*]{0,29}$",
    ),
]
"""An eMI3 id with its separators: country, operator, ``E`` and what the operator has added (``NL*ABC*E000042*1``)."""

SiteName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class EnteredUnit(Message):
    """Hardware that stands at the place already and never was in our stock.

    ``factory_key`` is the key that it has now; it opens its first connection, and is kept as a hash.
    """

    serial: Line
    hardware_id: HardwareId | None = None
    """What stands on the box; None: the serial."""
    firmware: Line = "unknown"
    ocpp_identity: Identity
    factory_key: FactoryKey


class EnteredStation(Message):
    """A station to come. Without a ``unit`` the installer links one of our stock, as on every work order."""

    product: Code
    """The product's code."""
    unit: EnteredUnit | None = None
    evse_ids: Annotated[tuple[EvseId, ...], Field(max_length=CONNECTORS_LIMIT)] = ()
    """By connector, the first one's first; none: they are drawn when the station is made."""


class NewSite(Message):
    """Where the stations stand, and whose they are; without an owner, the operator's own."""

    location: Location
    owner_id: UUID | None = None
    reference: SiteName | None = None
    """The owner's own name of the place; what is entered under it again stands at the same place."""
    contact: Contact | None = None


class NewStations(Message):
    """Stations at one place (L6). Without an installer, the operator's own crew brings them to operation."""

    site: NewSite
    service_partner_id: UUID
    installer_id: UUID | None = None
    stations: Annotated[tuple[EnteredStation, ...], Field(min_length=1, max_length=STATIONS_LIMIT)]
