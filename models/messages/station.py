"""Commands to stations, as they travel to the node that holds the socket."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from models.messages.base import Message

CommandKind = Literal[
    "read_configuration",
    "change_configuration",
    "read_report",
    "set_monitoring",
    "clear_monitoring",
    "set_monitoring_base",
    "set_monitoring_level",
    "read_monitoring",
    "read_event_streams",
    "adjust_event_stream",
    "set_network_profile",
    "trigger_message",
    "start_charging",
    "stop_charging",
    "read_transaction_status",
    "tell_cost",
    "use_priority_charging",
    "allow_energy_transfer",
    "announce_web_payment",
    "swap_battery",
    "set_charging_profile",
    "clear_charging_profile",
    "read_charging_profiles",
    "update_schedule",
    "read_schedule",
    "change_availability",
    "reserve_now",
    "cancel_reservation",
    "clear_cache",
    "read_local_list_version",
    "send_local_list",
    "customer_information",
    "update_firmware",
    "publish_firmware",
    "unpublish_firmware",
    "fetch_log",
    "read_certificates",
    "install_certificate",
    "delete_certificate",
    "give_certificate",
    "show_message",
    "read_messages",
    "clear_message",
    "read_tariffs",
    "set_default_tariff",
    "clear_tariffs",
    "change_tariff",
    "send_grid_signal",
    "set_der_control",
    "read_der_control",
    "clear_der_control",
    "transfer_data",
    "send_message",
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

    ``kind`` is a CommandKind of whoever asks: a node of an earlier release reads it all the same, to say that it does
    not know it.
    """

    asset_id: UUID
    kind: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    correlation_id: str


class CommandOutcome(Message):
    outcome: OutcomeKind
    data: dict[str, Any] = Field(default_factory=dict)
    detail: str = ""
