"""Commands to stations, as they travel to the node that holds the socket."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from models.messages.base import Message

CommandKind = Literal[
    "read_configuration",
    "change_configuration",
    "trigger_message",
    "start_charging",
    "stop_charging",
    "reset",
    "unlock",
    "renew_key",
    "disconnect",
]
OutcomeKind = Literal["accepted", "rejected", "not_supported", "reboot_required", "timed_out"]


class StationCommand(Message):
    """One command, free of any protocol; ``arguments`` by kind:

    read_configuration: keys; change_configuration: key, value; trigger_message: message, connector;
    start_charging: token, connector; stop_charging: transaction; reset: kind ("soft" or "hard"); unlock: connector.
    """

    asset_id: UUID
    kind: CommandKind
    arguments: dict[str, Any] = Field(default_factory=dict)
    correlation_id: str


class CommandOutcome(Message):
    outcome: OutcomeKind
    data: dict[str, Any] = Field(default_factory=dict)
    detail: str = ""
