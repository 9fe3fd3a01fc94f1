"""What is said of stations that come without a placement request (L6)."""

from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    EmailStr,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

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
        pattern=r"^[A-Za-z]{2}\*[A-Za-z0-9]{3}\*[Ee][A-Za-z0-9][A-Za-z0-9*]{0,29}$",
    ),
]
"""An eMI3 id with its separators: country, operator, ``E`` and what the operator has added (``NL*ABC*E000042*1``)."""

SiteName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


Serial = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class EnteredUnit(Message):
    """Hardware that stands at the place already and never was in our stock.

    ``factory_key`` is the key that it has now; it opens its first connection, and is kept as a hash.
    """

    serial: Serial
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


def _not_empty(stations: tuple[EnteredStation, ...]) -> tuple[EnteredStation, ...]:
    # A minimum of pydantic's own would count those that are faulty as missing.
    if not stations:
        raise ValueError("Name one station at least")
    return stations


def _apart(said: object) -> object:
    return tuple(said.split()) if isinstance(said, str) else said


class ImportedStation(Location):
    """A line of a list of stations that stand somewhere already: one station, with its place.

    ``owner``, ``installer`` and ``service_partner`` are names or ids of organisations; without the first two it is the
    operator. Lines with the same ``site`` of one owner stand on one work order.
    """

    site: SiteName | None = None
    owner: Line | None = None
    installer: Line | None = None
    service_partner: Line
    contact_name: Line | None = None
    contact_email: Annotated[EmailStr | None, Field(validate_default=True)] = None
    product: Code
    serial: Serial
    hardware_id: HardwareId | None = None
    firmware: Line = "unknown"
    ocpp_identity: Identity
    factory_key: FactoryKey
    evse_ids: Annotated[tuple[EvseId, ...], Field(max_length=CONNECTORS_LIMIT), BeforeValidator(_apart)] = ()
    """Separated by spaces."""

    @field_validator("contact_email")
    @classmethod
    def _with_the_name(cls, email: str | None, said: ValidationInfo) -> str | None:
        if (email is None) != (said.data.get("contact_name") is None):
            raise ValueError("Give contact_name and contact_email, or neither")
        return email

    @property
    def location(self) -> Location:
        return Location(**self.model_dump(include=set(Location.model_fields)))

    @property
    def unit(self) -> EnteredUnit:
        return EnteredUnit(**{name: getattr(self, name) for name in EnteredUnit.model_fields})

    @property
    def station(self) -> EnteredStation:
        return EnteredStation(product=self.product, unit=self.unit, evse_ids=self.evse_ids)

    @property
    def contact(self) -> Contact | None:
        name, email = self.contact_name, self.contact_email
        return None if name is None or email is None else Contact(name=name, email=email)


class NewStations(Message):
    """Stations at one place (L6). Without an installer, the operator's own crew brings them to operation."""

    site: NewSite
    service_partner_id: UUID
    installer_id: UUID | None = None
    stations: Annotated[
        tuple[EnteredStation, ...],
        Field(max_length=STATIONS_LIMIT, json_schema_extra={"minItems": 1}),
        AfterValidator(_not_empty),
    ]
