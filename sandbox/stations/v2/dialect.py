"""What a station says in OCPP 2.0.1 and 2.1. EVSE n has one connector, number 1."""

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.stations.connector import Connector, Token, Transaction
from sandbox.stations.description import Fault
from sandbox.stations.dialect import Call, Dialect, Verdict
from sandbox.stations.link import Payload, UnknownActionError
from sandbox.stations.profiles import Profile
from sandbox.stations.v2 import charging_profiles, core, device, display, lists, network, transactions, upkeep
from sandbox.stations.v2.device_model import DeviceModel

if TYPE_CHECKING:
    from sandbox.stations.station import Station

ANSWERS = {
    **core.ANSWERS,
    **device.ANSWERS,
    **lists.ANSWERS,
    **charging_profiles.ANSWERS,
    **display.ANSWERS,
    **network.ANSWERS,
    **upkeep.ANSWERS,
}


class V2(Dialect):
    unreadable: ClassVar[str] = "FormatViolation"
    settings: DeviceModel

    def __init__(self, station: "Station", kept: dict[str, Any]) -> None:
        super().__init__(station, DeviceModel(station, kept.get("configuration")))
        self.messages: dict[int, Payload] = {message["id"]: message for message in kept.get("messages", [])}
        self.slots: dict[str, Payload] = kept.get("slots", {})
        self.priority = self.settings.value(network.PRIORITY)
        """The network profiles' order as it was at the last boot."""
        self.reset_when_idle: bool = False
        self.costs: dict[str, float] = {}
        self.event_numbers = itertools.count()

    def answer(self, action: str, payload: Payload) -> Payload:
        if action not in ANSWERS:
            raise UnknownActionError(action)
        return ANSWERS[action](self, payload)

    # -- what it says ------------------------------------------------------------------------------------------------

    def boot(self, reason: str) -> Payload:
        described = self.station.description
        serial = described.serial
        station = {
            "vendorName": described.vendor,
            "model": described.model,
            "serialNumber": f"X{serial}"[:25] if self.station.has(Fault.WRONG_SERIAL) else serial,
            "firmwareVersion": self.station.firmware_version,
        }
        return {"reason": reason, "chargingStation": station}

    def authorization(self, token: Token) -> Payload:
        return {"idToken": {"idToken": token.value, "type": token.kind}}

    def verdict(self, answer: Payload) -> Verdict:
        told = answer["idTokenInfo"]
        return Verdict(told["status"], told.get("cacheExpiryDateTime"), told.get("groupIdToken", {}).get("idToken"))

    def status_of(self, connector: Connector) -> str:
        """ConnectorStatusEnumType (OCPP 2.0.1 part 2 §3.27)."""
        if connector.plugged or connector.transaction is not None:
            return "Occupied"
        if not connector.operative:
            return "Unavailable"
        return "Reserved" if connector.reserved else "Available"

    def statuses(self) -> list[Call]:
        return []

    def status(self, connector: Connector) -> Call:
        now = self.station.clock.now()
        if not self.station.description.status_by_event:
            place = {"evseId": connector.number, "connectorId": 1}
            return "StatusNotification", {"timestamp": now, "connectorStatus": connector.status, **place}
        event = {
            "eventId": next(self.event_numbers),
            "timestamp": now,
            "trigger": "Delta",
            "actualValue": connector.status,
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": connector.number, "connectorId": 1}},
            "variable": {"name": "AvailabilityState"},
        }
        return "NotifyEvent", {"generatedAt": now, "seqNo": 0, "tbc": False, "eventData": [event]}

    # -- transactions ------------------------------------------------------------------------------------------------

    def starts(self, *, plugged: bool, authorized: bool) -> bool:
        """By TxStartPoint (OCPP 2.0.1 part 2 §2.6.4.1)."""
        points = self.settings.value("TxCtrlr.TxStartPoint").split(",")
        early = (plugged and "EVConnected" in points) or (authorized and "Authorized" in points)
        return early or (plugged and authorized)

    def ends_when_refused_or_stopped(self) -> bool:
        """By TxStopPoint: only with EVConnected alone it lasts until the cable is out."""
        points = set(self.settings.value("TxCtrlr.TxStopPoint").split(","))
        return bool(points & {"Authorized", "PowerPathClosed", "EnergyTransfer", "DataSigned"})

    def post_start(self, connector: Connector, running: Transaction, trigger: str) -> None:
        transactions.post_start(self, connector, running, trigger)

    def post_change(self, connector: Connector, running: Transaction, trigger: str, token: Token | None) -> None:
        transactions.post_change(self, connector, running, trigger, token)

    def post_meter(self, connector: Connector, context: str) -> None:
        transactions.post_meter(self, connector, context)

    def post_stop(self, connector: Connector, running: Transaction, reason: str, token: Token | None) -> None:
        transactions.post_stop(self, connector, running, reason, token)

    def ready_to_send(self, message: dict[str, Any]) -> Payload:
        payload: Payload = message["payload"]
        return payload

    def take_receipt(self, message: dict[str, Any], answer: Payload) -> None:
        transactions.take_receipt(self, message, answer)

    def transaction_ended(self) -> None:
        if self.reset_when_idle and not any(self.station.charging.running()):
            self.reset_when_idle = False
            self.station.spawn(self.station.reboot("Reboot", "ScheduledReset"))

    # -- upkeep ------------------------------------------------------------------------------------------------------

    def firmware_status(self, status: str, request_id: int | None, *, signed: bool) -> Call | None:  # noqa: ARG002
        named = {} if request_id is None else {"requestId": request_id}
        return "FirmwareStatusNotification", {"status": status, **named}

    def log_status(self, status: str, request_id: int | None) -> Call:
        named = {} if request_id is None else {"requestId": request_id}
        return "LogStatusNotification", {"status": status, **named}

    def reservation_ended(self, reservation_id: int, status: str) -> Call | None:
        return "ReservationStatusUpdate", {"reservationId": reservation_id, "reservationUpdateStatus": status}

    def profile(self, raw: Payload, connector: int) -> Profile:
        return charging_profiles.profile(raw, connector)

    def before_boot(self) -> None:
        self.priority = self.settings.value(network.PRIORITY)
        self.reset_when_idle = False

    def addresses(self) -> list[tuple[str, int]]:
        return network.addresses(self) or super().addresses()

    def shown(self) -> dict[str, Any]:
        return {"costs": self.costs, "messages": list(self.messages.values()), "network_profiles": self.slots}

    def kept(self) -> dict[str, Any]:
        return {"messages": list(self.messages.values()), "slots": self.slots}
