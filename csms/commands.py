"""What we ask of stations, in no protocol's words, and what came of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

MESSAGE_KEYS_LIMIT = 100

Connector = Annotated[int, Field(ge=1, le=1000)]
ConfigurationKey = Annotated[str, Field(min_length=1, max_length=50)]


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


class TriggerMessage(_Command):
    message: Trigger
    connector: Connector | None = None


class StartCharging(_Command):
    token: str = Field(min_length=1, max_length=20)
    connector: Connector | None = None


class StopCharging(_Command):
    transaction: int = Field(ge=1, le=2**31 - 1)


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
    ReadConfiguration | ChangeConfiguration | TriggerMessage | StartCharging | StopCharging | Reset | Unlock | SetKey
)
Command = StationCall | RenewKey | Disconnect


class Result(StrEnum):
    """``failed``: answered with an error, or with what is no answer. ``no_answer``: sent; it may have been done.

    ``not_ready``: not sent, since the station's boot was not accepted.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
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
    """``detail`` is the station's own word, where it adds one."""

    result: Result
    detail: str = ""
    configuration: tuple[ConfigurationEntry, ...] = ()
    unknown_keys: tuple[str, ...] = field(default=())
