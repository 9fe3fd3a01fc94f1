"""What stations tell us, in no protocol's words. Every protocol version translates to these.

Texts are free of NUL (PostgreSQL takes none) and cut to a bound; instants are zone-aware, in UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Irregularity:
    """Something in a message that is not as the standard has it: the field as a JSON pointer, the fact in a word."""

    field: str
    fact: str


@dataclass(frozen=True, slots=True)
class Booted:
    """``serial`` is the charge point's own, ``box_serial`` the older name that some stations send instead."""

    vendor: str
    model: str
    serial: str | None = None
    box_serial: str | None = None
    firmware: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial: str | None = None

    @property
    def serials(self) -> tuple[str, ...]:
        """The serial numbers that the station gave, the better one first."""
        return tuple(serial for serial in (self.serial, self.box_serial) if serial)


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    """``connector`` 0 is the station itself. ``timestamp`` is None where the station gave none that can be read."""

    connector: int
    status: str
    error_code: str
    timestamp: datetime | None = None
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    irregularities: tuple[Irregularity, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorise:
    """``token`` is as the station read it; OCPP 1.6 compares id tags without regard to case."""

    token: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured value in its base unit (Wh, W, A, V, ...). ``signed`` holds a signed value, which has no number."""

    timestamp: datetime
    measurand: str
    unit: str
    value: Decimal | None
    context: str = "Sample.Periodic"
    phase: str | None = None
    location: str | None = None
    signed: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A transaction began. What the station left out or wrote unreadably is None and named in ``irregularities``.

    ``evidence`` is the frame as it came.
    """

    connector: int | None
    token: str
    meter_start_wh: int | None
    timestamp: datetime
    evidence: str
    reservation_id: int | None = None
    irregularities: tuple[Irregularity, ...] = ()


@dataclass(frozen=True, slots=True)
class Metered:
    """Samples of one connector; ``transaction_id`` is None where the station named none."""

    connector: int | None
    transaction_id: int | None
    samples: tuple[Sample, ...]
    evidence: str
    irregularities: tuple[Irregularity, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """A transaction ended. ``reason`` may be a vendor's own word; ``token`` is None where none was shown to stop."""

    transaction_id: int | None
    meter_stop_wh: int | None
    timestamp: datetime
    evidence: str
    reason: str = "Local"
    token: str | None = None
    samples: tuple[Sample, ...] = ()
    irregularities: tuple[Irregularity, ...] = ()


class Topic(StrEnum):
    """What a station tells of besides charging."""

    FIRMWARE = "firmware"
    LOG = "log"
    SECURITY = "security"


@dataclass(frozen=True, slots=True)
class Told:
    """News of a firmware update or a log's upload (``word`` is where it stands), or of the station's security.

    ``request`` is the number of our command where the station names it.
    """

    topic: Topic
    word: str
    timestamp: datetime
    request: int | None = None
    info: str | None = None
    irregularities: tuple[Irregularity, ...] = ()
