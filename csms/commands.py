"""What we ask of stations, in no protocol's words, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, model_validator

MESSAGE_KEYS_LIMIT = 100
INT32_MAX = 2**31 - 1

Connector = Annotated[int, Field(ge=1, le=1000)]
ConfigurationKey = Annotated[str, Field(min_length=1, max_length=50)]
Token = Annotated[str, Field(min_length=1, max_length=20)]
Number = Annotated[int, Field(ge=1, le=INT32_MAX)]
Address = Annotated[str, Field(pattern=r"^(https?|ftps?|sftp)://", max_length=512)]
Certificate = Annotated[str, Field(pattern=r"^-----BEGIN CERTIFICATE-----", max_length=5500)]
"""In PEM."""


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadConfiguration(_Command):
    """Without ``keys``: everything that the station has."""

    keys: tuple[ConfigurationKey, ...] = Field(default=(), max_length=MESSAGE_KEYS_LIMIT)


class ChangeConfiguration(_Command):
    key: ConfigurationKey
    value: str = Field(max_length=500)


class Trigger(StrEnum):
    """OCPP 1.6 ed.2 §7.32 MessageTrigger."""

    BOOT = "boot"
    HEARTBEAT = "heartbeat"
    STATUS = "status"
    METER_VALUES = "meter_values"
    FIRMWARE_STATUS = "firmware_status"
    DIAGNOSTICS_STATUS = "diagnostics_status"
    LOG_STATUS = "log_status"
    """This and the next by the security extension."""
    CERTIFICATE_REQUEST = "certificate_request"


class TriggerMessage(_Command):
    message: Trigger
    connector: Connector | None = None


class SchedulePeriod(_Command):
    """From ``start_s`` after the schedule's start: at most ``limit``, in the schedule's unit."""

    start_s: int = Field(ge=0, le=INT32_MAX)
    limit: Decimal = Field(ge=0, le=1_000_000, decimal_places=1)
    phases: Literal[1, 2, 3] | None = None


class ChargingSchedule(_Command):
    unit: Literal["A", "W"]
    periods: tuple[SchedulePeriod, ...] = Field(min_length=1, max_length=1_000)
    duration_s: int | None = Field(default=None, ge=1, le=INT32_MAX)
    starts_at: AwareDatetime | None = None
    minimum: Decimal | None = Field(default=None, ge=0, le=1_000_000, decimal_places=1)
    """Below this a car would not charge at all."""


class Purpose(StrEnum):
    """OCPP 1.6 ed.2 §3.13.1: what a charging profile limits."""

    STATION = "station"
    DEFAULT = "default"
    TRANSACTION = "transaction"


class ChargingProfile(_Command):
    """OCPP 1.6 ed.2 §7.8. Of two with the same purpose the one with the higher ``stack_level`` holds."""

    profile: Number
    stack_level: int = Field(ge=0, le=1_000)
    purpose: Purpose
    kind: Literal["absolute", "recurring", "relative"]
    schedule: ChargingSchedule
    transaction: Number | None = None
    recurs: Literal["daily", "weekly"] | None = None
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None


class StartCharging(_Command):
    token: Token
    connector: Connector | None = None
    profile: ChargingProfile | None = None


class StopCharging(_Command):
    transaction: Number


class SetChargingProfile(_Command):
    """Without ``connector``: for the whole station."""

    profile: ChargingProfile
    connector: Connector | None = None


class ClearChargingProfile(_Command):
    """All that fit; without anything named, every one."""

    profile: Number | None = None
    connector: Connector | None = None
    purpose: Purpose | None = None
    stack_level: int | None = Field(default=None, ge=0, le=1_000)


class ReadSchedule(_Command):
    """What the station will allow in the time to come, of all its profiles together."""

    duration_s: int = Field(default=86_400, ge=1, le=INT32_MAX)
    connector: Connector | None = None
    unit: Literal["A", "W"] | None = None


class ChangeAvailability(_Command):
    """Without ``connector``: the whole station. One that is charging goes out of service afterwards (scheduled)."""

    available: bool
    connector: Connector | None = None


class ReserveNow(_Command):
    """For one token, or its ``group``, until ``until``. Without ``connector``: any one of the station's."""

    reservation: Number
    token: Token
    until: AwareDatetime
    connector: Connector | None = None
    group: Token | None = None


class CancelReservation(_Command):
    reservation: Number


class ClearCache(_Command):
    """The station forgets whom it let charge."""


class ReadLocalListVersion(_Command):
    """0: the station has no list."""


class ListedToken(_Command):
    """``verdict`` None takes the token off the list, in a differential update."""

    token: Token
    verdict: Literal["accepted", "blocked", "expired", "invalid"] | None = "accepted"
    until: AwareDatetime | None = None
    group: Token | None = None


class SendLocalList(_Command):
    """A full list replaces the station's. OCPP 1.6 ed.2 §5.15: versions begin with 1; 0 and -1 stand for no list."""

    version: Number
    kind: Literal["full", "differential"]
    tokens: tuple[ListedToken, ...] = Field(default=(), max_length=10_000)

    @model_validator(mode="after")
    def _check_verdicts(self) -> Self:
        if self.kind == "full" and any(each.verdict is None for each in self.tokens):
            raise ValueError("tokens: in a full list each has a verdict; leave out what is to go")
        return self


class UpdateFirmware(_Command):
    """With ``signing_certificate`` and ``signature`` by the security extension: the station checks what it installs."""

    location: Address
    retrieve_at: AwareDatetime
    install_at: AwareDatetime | None = None
    request: Number = 1
    signing_certificate: Certificate | None = None
    signature: str | None = Field(default=None, min_length=1, max_length=800)
    retries: int | None = Field(default=None, ge=0, le=100)
    retry_every_s: int | None = Field(default=None, ge=1, le=86_400)

    @model_validator(mode="after")
    def _check_signature(self) -> Self:
        """One without the other would go out as firmware that nobody checks."""
        if (self.signing_certificate is None) != (self.signature is None):
            raise ValueError("signature: goes with signing_certificate; give both, or neither")
        return self


class FetchLog(_Command):
    """The station uploads its log to ``location``; ``diagnostics`` is the one that every 1.6 station has."""

    location: Address
    log: Literal["diagnostics", "diagnostics_log", "security_log"] = "diagnostics"
    request: Number = 1
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    retries: int | None = Field(default=None, ge=0, le=100)
    retry_every_s: int | None = Field(default=None, ge=1, le=86_400)


class CertificateUse(StrEnum):
    """Whose root it is: of the central system, or of whoever makes the station."""

    CENTRAL_SYSTEM = "central_system"
    MANUFACTURER = "manufacturer"


class ReadCertificates(_Command):
    use: CertificateUse


class InstallCertificate(_Command):
    use: CertificateUse
    certificate: Certificate


class CertificateHash(_Command):
    """By these a station names a certificate (OCPP 1.6 security whitepaper ed.3 §5.2)."""

    algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: str = Field(min_length=1, max_length=128)
    issuer_key_hash: str = Field(min_length=1, max_length=128)
    serial: str = Field(min_length=1, max_length=40)


class DeleteCertificate(_Command):
    certificate: CertificateHash


class GiveCertificate(_Command):
    """The certificate, with its chain, that the station has asked for."""

    chain: str = Field(pattern=r"^-----BEGIN CERTIFICATE-----", max_length=10_000)


class TransferData(_Command):
    vendor: str = Field(min_length=1, max_length=255)
    message: str | None = Field(default=None, max_length=50)
    data: str | None = Field(default=None, max_length=20_000)


class Reset(_Command):
    kind: Literal["soft", "hard"] = "soft"


class Unlock(_Command):
    connector: Connector


class SetKey(_Command):
    """The station logs in with this key from its next connection on. Made by the front only, and never logged."""

    key: SecretStr


class RenewKey(_Command):
    """A new key of ours replaces the one the station has. The key itself never leaves the front."""


class Disconnect(_Command):
    """The socket is closed: the station was deregistered, or is to come again."""


StationCall = (
    ReadConfiguration
    | ChangeConfiguration
    | TriggerMessage
    | StartCharging
    | StopCharging
    | SetChargingProfile
    | ClearChargingProfile
    | ReadSchedule
    | ChangeAvailability
    | ReserveNow
    | CancelReservation
    | ClearCache
    | ReadLocalListVersion
    | SendLocalList
    | UpdateFirmware
    | FetchLog
    | ReadCertificates
    | InstallCertificate
    | DeleteCertificate
    | GiveCertificate
    | TransferData
    | Reset
    | Unlock
    | SetKey
)
Command = StationCall | RenewKey | Disconnect


class Result(StrEnum):
    """``failed``: answered with an error, or with what is no answer. ``no_answer``: sent; it may have been done.

    ``not_ready``: not sent, since the station's boot was not accepted. ``scheduled``: done as soon as nobody charges.
    """

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    REJECTED = "rejected"
    OCCUPIED = "occupied"
    FAULTED = "faulted"
    UNAVAILABLE = "unavailable"
    VERSION_MISMATCH = "version_mismatch"
    NOT_FOUND = "not_found"
    NOT_SUPPORTED = "not_supported"
    REBOOT_REQUIRED = "reboot_required"
    FAILED = "failed"
    NO_ANSWER = "no_answer"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class ConfigurationEntry:
    """``value`` is None where the station keeps it to itself."""

    key: str
    value: str | None
    readonly: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """``detail`` is the station's own word, where it adds one; ``data`` what it tells beyond, by our names."""

    result: Result
    detail: str = ""
    configuration: tuple[ConfigurationEntry, ...] = ()
    unknown_keys: tuple[str, ...] = field(default=())
    data: Mapping[str, Any] = field(default_factory=dict)
