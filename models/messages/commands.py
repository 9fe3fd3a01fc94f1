"""What we ask of stations, in no protocol's words. Each is the arguments of the command kind of its name."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, SecretStr, model_validator

from models.messages.base import Message

MESSAGE_KEYS_LIMIT = 100
INT32_MAX = 2**31 - 1

Connector = Annotated[int, Field(ge=1, le=1000)]
ConfigurationKey = Annotated[str, Field(min_length=1, max_length=50)]
Token = Annotated[str, Field(min_length=1, max_length=20)]
Number = Annotated[int, Field(ge=1, le=INT32_MAX)]
Address = Annotated[str, Field(pattern=r"^(https?|ftps?|sftp)://", max_length=512)]
Certificate = Annotated[str, Field(pattern=r"^-----BEGIN CERTIFICATE-----", max_length=5500)]
"""In PEM."""


class ReadConfiguration(Message):
    """Without ``keys``: everything that the station has."""

    keys: tuple[ConfigurationKey, ...] = Field(default=(), max_length=MESSAGE_KEYS_LIMIT)


class ChangeConfiguration(Message):
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


class TriggerMessage(Message):
    message: Trigger
    connector: Connector | None = None


class SchedulePeriod(Message):
    """From ``start_s`` after the schedule's start: at most ``limit``, in the schedule's unit."""

    start_s: int = Field(ge=0, le=INT32_MAX)
    limit: Decimal = Field(ge=0, le=1_000_000, decimal_places=1)
    phases: Literal[1, 2, 3] | None = None


class ChargingSchedule(Message):
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


class ChargingProfile(Message):
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


class StartCharging(Message):
    token: Token
    connector: Connector | None = None
    profile: ChargingProfile | None = None


class StopCharging(Message):
    transaction: Number


class SetChargingProfile(Message):
    """Without ``connector``: for the whole station."""

    profile: ChargingProfile
    connector: Connector | None = None


class ClearChargingProfile(Message):
    """All that fit; without anything named, every one."""

    profile: Number | None = None
    connector: Connector | None = None
    purpose: Purpose | None = None
    stack_level: int | None = Field(default=None, ge=0, le=1_000)


class ReadSchedule(Message):
    """What the station will allow in the time to come, of all its profiles together."""

    duration_s: int = Field(default=86_400, ge=1, le=INT32_MAX)
    connector: Connector | None = None
    unit: Literal["A", "W"] | None = None


class ChangeAvailability(Message):
    """Without ``connector``: the whole station. One that is charging goes out of service afterwards (scheduled)."""

    available: bool
    connector: Connector | None = None


class ReserveNow(Message):
    """For one token, or its ``group``, until ``until``. Without ``connector``: any one of the station's."""

    reservation: Number
    token: Token
    until: AwareDatetime
    connector: Connector | None = None
    group: Token | None = None


class CancelReservation(Message):
    reservation: Number


class ClearCache(Message):
    """The station forgets whom it let charge."""


class ReadLocalListVersion(Message):
    """0: the station has no list."""


class ListedToken(Message):
    """``verdict`` None takes the token off the list, in a differential update."""

    token: Token
    verdict: Literal["accepted", "blocked", "expired", "invalid"] | None = "accepted"
    until: AwareDatetime | None = None
    group: Token | None = None


class SendLocalList(Message):
    """A full list replaces the station's. OCPP 1.6 ed.2 §5.15: versions begin with 1; 0 and -1 stand for no list."""

    version: Number
    kind: Literal["full", "differential"]
    tokens: tuple[ListedToken, ...] = Field(default=(), max_length=10_000)

    @model_validator(mode="after")
    def _check_verdicts(self) -> Self:
        if self.kind == "full" and any(each.verdict is None for each in self.tokens):
            raise ValueError("tokens: in a full list each has a verdict; leave out what is to go")
        return self


class UpdateFirmware(Message):
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


class FetchLog(Message):
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


class ReadCertificates(Message):
    use: CertificateUse


class InstallCertificate(Message):
    use: CertificateUse
    certificate: Certificate


class CertificateHash(Message):
    """By these a station names a certificate (OCPP 1.6 security whitepaper ed.3 §5.2)."""

    algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: str = Field(min_length=1, max_length=128)
    issuer_key_hash: str = Field(min_length=1, max_length=128)
    serial: str = Field(min_length=1, max_length=40)


class DeleteCertificate(Message):
    certificate: CertificateHash


class GiveCertificate(Message):
    """The certificate, with its chain, that the station has asked for."""

    chain: str = Field(pattern=r"^-----BEGIN CERTIFICATE-----", max_length=10_000)


class TransferData(Message):
    vendor: str = Field(min_length=1, max_length=255)
    message: str | None = Field(default=None, max_length=50)
    data: str | None = Field(default=None, max_length=20_000)


class Reset(Message):
    kind: Literal["soft", "hard"] = "soft"


class Unlock(Message):
    connector: Connector


class SetKey(Message):
    """The station logs in with this key from its next connection on. Made by the front only, and never logged."""

    key: SecretStr


class RenewKey(Message):
    """A new key of ours replaces the one the station has. The key itself never leaves the front."""


class Disconnect(Message):
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

COMMANDS: dict[str, type[Command]] = {
    "read_configuration": ReadConfiguration,
    "change_configuration": ChangeConfiguration,
    "trigger_message": TriggerMessage,
    "start_charging": StartCharging,
    "stop_charging": StopCharging,
    "set_charging_profile": SetChargingProfile,
    "clear_charging_profile": ClearChargingProfile,
    "read_schedule": ReadSchedule,
    "change_availability": ChangeAvailability,
    "reserve_now": ReserveNow,
    "cancel_reservation": CancelReservation,
    "clear_cache": ClearCache,
    "read_local_list_version": ReadLocalListVersion,
    "send_local_list": SendLocalList,
    "update_firmware": UpdateFirmware,
    "fetch_log": FetchLog,
    "read_certificates": ReadCertificates,
    "install_certificate": InstallCertificate,
    "delete_certificate": DeleteCertificate,
    "give_certificate": GiveCertificate,
    "transfer_data": TransferData,
    "reset": Reset,
    "unlock": Unlock,
    "renew_key": RenewKey,
    "disconnect": Disconnect,
}
"""By the command's kind."""
