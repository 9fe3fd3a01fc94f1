"""What a station is set to: one table for all stations, and each one's differences from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Literal

Kind = Literal["integer", "boolean", "text"]
Access = Literal["ReadWrite", "ReadOnly", "WriteOnly"]


class Knob(StrEnum):
    """What the station itself reads of its settings, by one name for all versions."""

    KEY = auto()
    HEARTBEAT_S = auto()
    SAMPLE_S = auto()
    CONNECT_WITHIN_S = auto()
    RETRY_S = auto()
    ATTEMPTS = auto()
    PING_S = auto()
    AUTHORIZE_REMOTE = auto()
    LIST_ENABLED = auto()
    CACHE_ENABLED = auto()
    LOCAL_BEFORE_ASKING = auto()
    LOCAL_OFF_LINE = auto()
    UNKNOWN_OFF_LINE = auto()
    STOP_REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Setting:
    default: str
    kind: Kind = "text"
    access: Access = "ReadWrite"
    at_least: int = 0
    at_most: int | None = None
    choices: tuple[str, ...] = ()
    needs_reboot: bool = False

    def takes(self, value: str) -> bool:
        """Whether the value is of the setting's kind and within its bounds (a text's bounds are its length)."""
        if self.kind == "boolean":
            return value.lower() in {"true", "false"}
        if self.kind == "integer" and not (value.isascii() and value.isdecimal()):
            return False
        if self.choices:
            return all(part in self.choices for part in value.split(","))
        size = int(value) if self.kind == "integer" else len(value)
        return self.at_least <= size <= (self.at_most or size)


class Settings:
    """``own`` holds what differs from the table; ``facts`` what the station alone knows, read-only."""

    table: Mapping[str, Setting]
    knobs: Mapping[Knob, str]

    def __init__(self, own: dict[str, str], facts: dict[str, str]) -> None:
        self.own = own
        self.facts = facts

    @property
    def key(self) -> str:
        return self.value(self.knobs[Knob.KEY])

    @property
    def kept(self) -> dict[str, str]:
        """What survives a power cut."""
        return dict(self.own)

    @property
    def shown(self) -> dict[str, str]:
        """Everything but what is only written."""
        names = [name for name, setting in self.table.items() if setting.access != "WriteOnly"]
        return {name: self.value(name) for name in names} | self.facts

    def value(self, name: str) -> str:
        """Raises KeyError for a name that it has not."""
        if name in self.facts:
            return self.facts[name]
        return self.own[name] if name in self.own else self.table[name].default

    def set(self, knob: Knob, value: str) -> None:
        self.own[self.knobs[knob]] = value

    def set_at_site(self, name: str, value: str) -> None:
        """As somebody does at the station itself, who may change what the central system may.

        Raises LookupError for a name that it has not, ValueError for a value that it does not take.
        """
        setting = self.table.get(name)
        if setting is None or setting.access == "ReadOnly":
            raise LookupError(f"{name} is not there to be set")
        if not setting.takes(value):
            raise ValueError(f"{name} does not take this value")
        self.own[name] = value

    def seconds(self, knob: Knob) -> int:
        return int(self.value(self.knobs[knob]))

    def is_on(self, knob: Knob) -> bool:
        return self.value(self.knobs[knob]).lower() == "true"
