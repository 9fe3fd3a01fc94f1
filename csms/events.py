"""What stations tell us, in no protocol's words. Every protocol version translates to these.

Texts are free of NUL (PostgreSQL takes none) and cut to a bound; instants are zone-aware, in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from csms.frames import Payload
from models.rules.sequence import Phase


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
    """``connector`` 0 is the station itself. ``timestamp`` is None where the station gave none that can be read.

    For OCPP 2 ``connector`` is the EVSE and ``plug`` the connector of it, and the standard tells no error.
    """

    connector: int
    status: str
    error_code: str
    timestamp: datetime | None = None
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    plug: int | None = None
    irregularities: tuple[Irregularity, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorise:
    """``token`` is as the station read it; OCPP compares tokens without regard to case.

    ``kind`` is how it was read, in the word of OCPP 2. ``certified``: it came with a contract certificate to check.
    """

    token: str
    kind: str = ""
    certified: bool = False


class Sample(NamedTuple):
    """One measured value in its base unit (Wh, W, A, V, ...).

    ``signed`` holds a signed value, which in OCPP 1.6 has no number beside it; ``signing`` how it was signed and coded.
    """

    timestamp: datetime
    measurand: str
    unit: str
    value: Decimal | None
    context: str = "Sample.Periodic"
    phase: str | None = None
    location: str | None = None
    signed: str | None = None
    signing: Mapping[str, str] = MappingProxyType({})


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


class Metered(NamedTuple):
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


@dataclass(frozen=True, slots=True)
class Transacted:
    """One numbered event of a transaction (OCPP 2): they may come late, in any order, and again.

    ``transaction`` is the station's own id; None, like ``number``, where it gave none that can be read. ``offline``: it
    happened while the station had no connection. ``stops``: the token was shown to stop. ``content`` is a digest of
    the message, without what may differ when it is sent again.
    """

    transaction: str | None
    phase: Phase
    number: int | None
    timestamp: datetime
    evidence: str
    offline: bool = False
    evse: int | None = None
    plug: int | None = None
    token: str | None = None
    token_kind: str = ""
    stops: bool = False
    charging_state: str | None = None
    reason: str | None = None
    phases_used: int | None = None
    remote_start: int | None = None
    reservation: int | None = None
    samples: tuple[Sample, ...] = ()
    irregularities: tuple[Irregularity, ...] = ()
    content: int = 0


class Topic(StrEnum):
    """What a station tells of besides charging."""

    FIRMWARE = "firmware"
    FIRMWARE_SHARED = "firmware_shared"
    """With the stations behind a local controller."""
    LOG = "log"
    SECURITY = "security"
    RESERVATION = "reservation"
    CHARGING_LIMIT_CLEARED = "charging_limit_cleared"
    PRIORITY_CHARGING = "priority_charging"


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


class ReportKind(StrEnum):
    """What a station reports of itself in parts, or at a length."""

    DEVICE_MODEL = "device_model"
    MONITORS = "monitors"
    EVENTS = "events"
    DISPLAY_MESSAGES = "display_messages"
    CUSTOMER_INFORMATION = "customer_information"
    CHARGING_PROFILES = "charging_profiles"
    CHARGING_LIMIT = "charging_limit"
    CHARGING_NEEDS = "charging_needs"
    CHARGING_SCHEDULE = "charging_schedule"
    GRID_CONTROLS = "grid_controls"
    GRID_CONTROL_SWITCHED = "grid_control_switched"
    GRID_ALARM = "grid_alarm"
    BATTERY_SWAP = "battery_swap"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class Reported:
    """One part of a report (OCPP 2), in the standard's words; ``info`` is what it comes to, for who looks on.

    ``request`` is the number of our command, where one asked for it; ``part`` is counted from 0, where it is counted.
    """

    kind: ReportKind
    payload: Payload
    timestamp: datetime
    request: int | None = None
    part: int | None = None
    is_last: bool = True
    info: str | None = None
    irregularities: tuple[Irregularity, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateRequested:
    """The station wants a certificate for its own key, to show to us: ``csr`` is a signing request in PEM (RFC 2986).

    ``request`` is its number where it gives one (2.1), which goes back with the certificate.
    """

    csr: str
    request: int | None = None
