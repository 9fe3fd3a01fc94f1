"""A station's settings: by keys in OCPP 1.6, by variables of its device model in OCPP 2."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator

from models.messages.base import Message
from models.messages.commands.fields import MESSAGE_KEYS_LIMIT, SINCE_2, SINCE_2_1, Number, StationCall
from models.rules.secret_settings import is_secret_field, is_stations_key

ConfigurationKey = Annotated[str, Field(min_length=1, max_length=220)]
"""A key of OCPP 1.6, which is translated for OCPP 2 where it has such a setting; or a variable of OCPP 2:
``Component.Variable``, with instances ``Component[instance].Variable[instance]``, of an EVSE ``Component#2.Variable``,
of its connector ``Component#2/1.Variable``.
"""
Reported = Annotated[str, Field(min_length=1, max_length=220)]
"""A component with all it has, or one of its variables; written as a ``ConfigurationKey``."""
Attribute = Literal["actual", "target", "min", "max"]


class ReadConfiguration(StationCall):
    """Without ``keys``: everything that the station has; in OCPP 2 that comes as a report, with the number told."""

    keys: tuple[ConfigurationKey, ...] = Field(default=(), max_length=MESSAGE_KEYS_LIMIT)
    attribute: Annotated[Attribute, SINCE_2] = "actual"


class ChangeConfiguration(StationCall):
    key: ConfigurationKey
    value: str = Field(max_length=2500)
    attribute: Annotated[Attribute, SINCE_2] = "actual"

    @field_validator("key")
    @classmethod
    def _check_key(cls, key: str) -> str:
        if is_stations_key(key):
            raise ValueError("keys are made here and never travel in commands: ask for renew_key")
        return key


class ReadReport(StationCall):
    """The station tells what it is made of, in parts that carry the number. ``variables``: these only."""

    base: Literal["configuration", "full", "summary"] = "full"
    variables: tuple[Reported, ...] = Field(default=(), max_length=MESSAGE_KEYS_LIMIT)
    criteria: tuple[Literal["active", "available", "enabled", "problem"], ...] = Field(default=(), max_length=4)
    request: Number | None = None


class Monitor(Message):
    """The station tells when the variable passes ``value``, changes by so much, or every so many seconds."""

    variable: ConfigurationKey
    kind: Literal["upper", "lower", "delta", "periodic", "clock_aligned", "target_delta", "target_delta_relative"]
    value: float = Field(allow_inf_nan=False)
    severity: int = Field(ge=0, le=9)
    """0 is danger, 9 is of interest to who looks for a fault (OCPP 2.0.1 part 2 §N07)."""
    monitor: int | None = Field(default=None, ge=0)
    """The station's number of one that is to be replaced."""
    transaction: bool = False
    """Only while somebody charges."""


class SetMonitoring(StationCall):
    monitors: tuple[Monitor, ...] = Field(min_length=1, max_length=MESSAGE_KEYS_LIMIT)


class ClearMonitoring(StationCall):
    monitors: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1, max_length=MESSAGE_KEYS_LIMIT)


class SetMonitoringBase(StationCall):
    base: Literal["all", "factory_default", "hard_wired_only"]


class SetMonitoringLevel(StationCall):
    """Only what is this severe, or worse, is told."""

    severity: int = Field(ge=0, le=9)


class ReadMonitoring(StationCall):
    """The station tells its monitors, in parts that carry the number."""

    criteria: tuple[Literal["threshold", "delta", "periodic"], ...] = Field(default=(), max_length=3)
    variables: tuple[Reported, ...] = Field(default=(), max_length=MESSAGE_KEYS_LIMIT)
    request: Number | None = None


class ReadEventStreams(StationCall):
    """OCPP 2.1: what the station sends as periodic event streams."""


class AdjustEventStream(StationCall):
    """OCPP 2.1: one sends so many ``values`` at once, or every ``interval_s``."""

    stream: int = Field(ge=0)
    interval_s: int | None = Field(default=None, ge=0)
    values: int | None = Field(default=None, ge=0)


class SetNetworkProfile(StationCall):
    """How the station reaches us by one of its ways. Passwords of networks do not travel in commands."""

    slot: int = Field(ge=0, le=100)
    url: str = Field(pattern=r"^wss?://", max_length=2000)
    interface: Literal[
        "wired0", "wired1", "wired2", "wired3", "wireless0", "wireless1", "wireless2", "wireless3", "any"
    ]
    security_profile: int = Field(ge=0, le=3)
    answer_within_s: int = Field(default=30, ge=1, le=3600)
    identity: Annotated[str | None, SINCE_2_1] = Field(default=None, min_length=1, max_length=48)
    apn: str | None = Field(default=None, min_length=1, max_length=512)
    apn_user: str | None = Field(default=None, min_length=1, max_length=20)
    preferred_network: str | None = Field(default=None, pattern=r"^[0-9]{5,6}$")
    """MCC and MNC."""


class SetKey(StationCall):
    """The station logs in with this key from its next connection on. Made by the front only, and never logged."""

    key: SecretStr


class RenewKey(Message):
    """A new key of ours replaces the one the station has. The key itself never leaves the front."""


class Disconnect(Message):
    """The socket is closed: the station was deregistered, or is to come again."""


PAYLOAD_LIMIT = 100_000
_SETTINGS = frozenset({"GetConfiguration", "ChangeConfiguration", "GetVariables", "SetVariables"})


class SendMessage(StationCall):
    """Any message that the station's version has for stations, in the standard's own words and checked by its schema:
    for what the other commands do not say.
    """

    action: str = Field(pattern=r"^[A-Za-z0-9]{1,50}$")
    payload: dict[str, Any] = Field(default_factory=dict)

    @field_validator("action")
    @classmethod
    def _check_action(cls, action: str) -> str:
        if action in _SETTINGS:
            raise ValueError("for settings there are read_configuration and change_configuration")
        return action

    @field_validator("payload")
    @classmethod
    def _check_payload(cls, payload: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(payload)) > PAYLOAD_LIMIT:
            raise ValueError(f"it is longer than {PAYLOAD_LIMIT} characters")
        if found := _secret_in(payload):
            raise ValueError(f"{found[:50]} is a secret, and commands are kept in the clear: leave it out")
        return payload


def _secret_in(value: Any) -> str | None:
    """The name of the first field that holds a secret."""
    if isinstance(value, dict):
        named = next((str(name) for name in value if is_secret_field(str(name))), None)
        return named or _secret_in(list(value.values()))
    if isinstance(value, list):
        return next((found for each in value if (found := _secret_in(each))), None)
    return None
