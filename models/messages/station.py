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
    "set_charging_profile",
    "clear_charging_profile",
    "read_schedule",
    "change_availability",
    "reserve_now",
    "cancel_reservation",
    "clear_cache",
    "read_local_list_version",
    "send_local_list",
    "update_firmware",
    "fetch_log",
    "read_certificates",
    "install_certificate",
    "delete_certificate",
    "give_certificate",
    "transfer_data",
    "reset",
    "unlock",
    "renew_key",
    "disconnect",
]
OutcomeKind = Literal[
    "accepted",
    "scheduled",
    "rejected",
    "occupied",
    "faulted",
    "unavailable",
    "version_mismatch",
    "not_found",
    "not_supported",
    "reboot_required",
    "timed_out",
]


class StationCommand(Message):
    """One command, free of any protocol. ``arguments`` by kind: the fields of the class of its name in
    ``models.messages.commands``, such as key and value of change_configuration.
    """

    asset_id: UUID
    kind: CommandKind
    arguments: dict[str, Any] = Field(default_factory=dict)
    correlation_id: str


class CommandOutcome(Message):
    outcome: OutcomeKind
    data: dict[str, Any] = Field(default_factory=dict)
    detail: str = ""
