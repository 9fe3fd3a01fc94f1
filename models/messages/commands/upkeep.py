"""What keeps a station in order: news on demand, firmware, logs, certificates, resets, and a vendor's own messages."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from models.messages.base import Message
from models.messages.commands.fields import (
    INT32_MAX,
    SINCE_2,
    SINCE_2_1,
    Address,
    Certificate,
    Connector,
    Number,
    Plug,
    StationCall,
    Transaction,
)

StationsNumber = Annotated[int, Field(ge=-INT32_MAX, le=INT32_MAX)]
"""Given by a station, so it may be any."""
Tries = Annotated[int | None, Field(ge=0, le=100)]
Every = Annotated[int | None, Field(ge=1, le=86_400)]


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
    TRANSACTION = "transaction"
    """This and the next by OCPP 2."""
    PUBLISHED_FIRMWARE_STATUS = "published_firmware_status"
    V2G_CERTIFICATE_REQUEST = "v2g_certificate_request"
    V2G20_CERTIFICATE_REQUEST = "v2g20_certificate_request"
    COMBINED_CERTIFICATE_REQUEST = "combined_certificate_request"
    CUSTOM = "custom"
    """By OCPP 2.1: a vendor's own, named by ``custom``."""


class TriggerMessage(StationCall):
    message: Trigger
    connector: Connector | None = None
    plug: Annotated[Plug | None, SINCE_2] = None
    custom: Annotated[str | None, SINCE_2_1] = Field(default=None, min_length=1, max_length=50)

    @model_validator(mode="after")
    def _check_custom(self) -> Self:
        if (self.message is Trigger.CUSTOM) != (self.custom is not None):
            raise ValueError("custom: goes with the message custom; give both, or neither")
        return self


class UpdateFirmware(StationCall):
    """With ``signing_certificate`` and ``signature`` by the security extension: the station checks what it installs."""

    location: Address
    retrieve_at: AwareDatetime
    install_at: AwareDatetime | None = None
    request: Number = 1
    signing_certificate: Certificate | None = None
    signature: str | None = Field(default=None, min_length=1, max_length=800)
    retries: Tries = None
    retry_every_s: Every = None

    @model_validator(mode="after")
    def _check_signature(self) -> Self:
        """One without the other would go out as firmware that nobody checks."""
        if (self.signing_certificate is None) != (self.signature is None):
            raise ValueError("signature: goes with signing_certificate; give both, or neither")
        return self


class PublishFirmware(StationCall):
    """A local controller fetches it once, for all the stations behind it. ``checksum``: MD5, as 32 hex digits."""

    location: Address
    checksum: str = Field(pattern=r"^[0-9a-fA-F]{32}$")
    request: Number | None = None
    retries: Tries = None
    retry_every_s: Every = None


class UnpublishFirmware(StationCall):
    checksum: str = Field(pattern=r"^[0-9a-fA-F]{32}$")


class FetchLog(StationCall):
    """The station uploads its log to ``location``; ``diagnostics`` is the one that every 1.6 station has."""

    location: Address
    log: Literal["diagnostics", "diagnostics_log", "security_log", "data_collector_log"] = "diagnostics"
    request: Number = 1
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    retries: Tries = None
    retry_every_s: Every = None


class CertificateUse(StrEnum):
    """Whose root it is: of the central system, of whoever makes the station; in OCPP 2 also of those who make plug and
    charge work, and the station's own chain for that, which can only be read.
    """

    CENTRAL_SYSTEM = "central_system"
    MANUFACTURER = "manufacturer"
    V2G = "v2g"
    MOBILITY_OPERATOR = "mobility_operator"
    CAR_MAKER = "car_maker"
    V2G_CHAIN = "v2g_chain"


class ReadCertificates(StationCall):
    """In OCPP 2 without ``use``: all."""

    use: CertificateUse | None = None


class InstallCertificate(StationCall):
    use: CertificateUse
    certificate: Certificate

    @model_validator(mode="after")
    def _check_use(self) -> Self:
        if self.use is CertificateUse.V2G_CHAIN:
            raise ValueError("use: the station's own chain comes by give_certificate")
        return self


class CertificateHash(Message):
    """By these a station names a certificate (OCPP 1.6 security whitepaper ed.3 §5.2)."""

    algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: str = Field(min_length=1, max_length=128)
    issuer_key_hash: str = Field(min_length=1, max_length=128)
    serial: str = Field(min_length=1, max_length=40)


class DeleteCertificate(StationCall):
    certificate: CertificateHash


class GiveCertificate(StationCall):
    """The certificate, with its chain, that the station has asked for."""

    chain: str = Field(pattern=r"^-----BEGIN CERTIFICATE-----", max_length=10_000)
    use: Annotated[Literal["station", "v2g", "v2g20"], SINCE_2] = "station"
    request: Annotated[StationsNumber | None, SINCE_2_1] = None
    """The number of the station's own request."""


class TransferData(StationCall):
    vendor: str = Field(min_length=1, max_length=255)
    message: str | None = Field(default=None, max_length=50)
    data: str | None = Field(default=None, max_length=20_000)


class Reset(StationCall):
    """``soft``: when nobody charges any more (in OCPP 1.6: after an orderly end). ``resume`` (OCPP 2.1): at once, and
    charging goes on afterwards.
    """

    kind: Literal["soft", "hard", "resume"] = "soft"
    connector: Annotated[Connector | None, SINCE_2] = None


class ShowMessage(StationCall):
    """A text on the station's display. One with the number of an earlier one replaces it."""

    message: Number
    text: str = Field(min_length=1, max_length=1024)
    format: Literal["ascii", "html", "uri", "utf8", "qrcode"] = "utf8"
    language: str | None = Field(default=None, min_length=2, max_length=8)
    priority: Literal["always_front", "in_front", "normal_cycle"] = "normal_cycle"
    state: Literal["charging", "faulted", "idle", "unavailable", "suspended", "discharging"] | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    transaction: Transaction | None = None


class ReadMessages(StationCall):
    """The station tells what is to be seen on its display, in parts that carry the number."""

    messages: tuple[Number, ...] = Field(default=(), max_length=100)
    priority: Literal["always_front", "in_front", "normal_cycle"] | None = None
    state: Literal["charging", "faulted", "idle", "unavailable", "suspended", "discharging"] | None = None
    request: Number | None = None


class ClearMessage(StationCall):
    message: Number
