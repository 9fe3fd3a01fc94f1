"""What a station says in OCPP 1.6-J, and how its transactions are told."""

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.stations.connector import Connector, Token, Transaction
from sandbox.stations.description import Fault
from sandbox.stations.dialect import Call, Dialect, Verdict
from sandbox.stations.link import Payload, UnknownActionError
from sandbox.stations.profiles import Profile
from sandbox.stations.settings import Knob
from sandbox.stations.v16 import charging_profiles, core, lists, upkeep
from sandbox.stations.v16.configuration import Configuration

if TYPE_CHECKING:
    from sandbox.stations.station import Station

START = "StartTransaction"
ANSWERS = {**core.ANSWERS, **lists.ANSWERS, **charging_profiles.ANSWERS, **upkeep.ANSWERS}
FIRMWARE_STATUSES = {
    "Downloaded",
    "DownloadFailed",
    "Downloading",
    "Idle",
    "InstallationFailed",
    "Installing",
    "Installed",
}
LOG_STATUSES = {
    "UploadFailure": "UploadFailed",
    "PermissionDenied": "UploadFailed",
    "NotSupportedOperation": "UploadFailed",
}


class V16(Dialect):
    unreadable: ClassVar[str] = "FormationViolation"
    settings: Configuration

    def __init__(self, station: "Station", kept: dict[str, Any]) -> None:
        super().__init__(station, Configuration(station.description, kept.get("configuration")))
        self.diagnostics = False
        """Whether the log under way was asked for by GetDiagnostics."""

    def answer(self, action: str, payload: Payload) -> Payload:
        if action not in ANSWERS:
            raise UnknownActionError(action)
        return ANSWERS[action](self, payload)

    # -- what it says ------------------------------------------------------------------------------------------------

    def boot(self, reason: str) -> Payload:  # noqa: ARG002 -- 1.6 gives none
        described = self.station.description
        wrong = self.station.has(Fault.WRONG_SERIAL)
        return {
            "chargePointVendor": described.vendor,
            "chargePointModel": described.model,
            "chargePointSerialNumber": f"X{described.serial}"[:25] if wrong else described.serial,
            "firmwareVersion": self.station.firmware_version,
        }

    def authorization(self, token: Token) -> Payload:
        return {"idTag": token.value}

    def verdict(self, answer: Payload) -> Verdict:
        told = answer["idTagInfo"]
        return Verdict(told["status"], told.get("expiryDate"), told.get("parentIdTag"))

    def status_of(self, connector: Connector) -> str:
        """ChargePointStatus (OCPP 1.6 ed.2 §7.7) by what is going on."""
        if connector.transaction is not None:
            return "SuspendedEVSE" if connector.suspended else "Charging"
        if not connector.operative:
            return "Unavailable"
        if connector.plugged:
            was_charging = connector.status in {"Charging", "SuspendedEVSE", "Finishing"}
            return "Finishing" if was_charging else "Preparing"
        if connector.awaited is not None:
            return "Preparing"
        return "Reserved" if connector.reserved else "Available"

    def statuses(self) -> list[Call]:
        return [self._status(0, self.station_status())]

    def status(self, connector: Connector) -> Call:
        return self._status(connector.number, connector.status)

    def station_status(self) -> str:
        operative = any(one.operative for one in self.station.charging.connectors.values())
        return "Available" if operative else "Unavailable"

    def status_now(self, number: int) -> Call:
        if number == 0:
            return self._status(0, self.station_status())
        return self.status(self.station.charging.connectors[number])

    def _status(self, number: int, status: str) -> Call:
        now = self.station.clock.now()
        return "StatusNotification", {"connectorId": number, "errorCode": "NoError", "status": status, "timestamp": now}

    # -- transactions ------------------------------------------------------------------------------------------------

    def starts(self, *, plugged: bool, authorized: bool) -> bool:
        return plugged and authorized

    def ends_when_refused_or_stopped(self) -> bool:
        return True

    def post_start(self, connector: Connector, running: Transaction, trigger: str) -> None:  # noqa: ARG002
        payload: Payload = {
            "connectorId": connector.number,
            "idTag": running.id_token,
            "meterStart": running.meter_start_wh,
            "timestamp": running.started_at,
        }
        if running.reservation is not None:
            payload["reservationId"] = running.reservation
        self.station.outbox.post(START, payload, running.local_id)

    def post_change(self, connector: Connector, running: Transaction, trigger: str, token: Token | None) -> None:
        """1.6 tells no change but by its statuses and meter values."""

    def post_meter(self, connector: Connector, context: str) -> None:
        values = [self._meter_value(connector, context)]
        running = connector.transaction
        named = (running.local_id, running.number) if running else (None, None)
        payload = {"connectorId": connector.number, "meterValue": values}
        self.station.outbox.post("MeterValues", payload, *named)

    def post_stop(self, connector: Connector, running: Transaction, reason: str, token: Token | None) -> None:
        payload: Payload = {
            "meterStop": int(connector.meter_wh),
            "timestamp": self.station.clock.now(),
            "reason": "Other" if reason == "Timeout" else reason,
        }
        if token is not None:
            payload["idTag"] = token.value
        self.station.outbox.post("StopTransaction", payload, running.local_id, running.number)

    def _meter_value(self, connector: Connector, context: str) -> Payload:
        """MeterValue (OCPP 1.6 ed.2 §7.33): the energy register and the power."""
        flow_w = 0 if self.station.has(Fault.NO_ENERGY) else int(connector.flow_w)
        energy = {"measurand": "Energy.Active.Import.Register", "unit": "Wh", "value": str(int(connector.meter_wh))}
        power = {"measurand": "Power.Active.Import", "unit": "W", "value": str(flow_w)}
        samples = [{**sample, "context": context} for sample in (energy, power)]
        return {"timestamp": self.station.clock.now(), "sampledValue": samples}

    def ready_to_send(self, message: dict[str, Any]) -> Payload:
        """A stop or meter values before the start's answer carry -1 (OCPP 1.6 ed.2 §4.10)."""
        payload: Payload = message["payload"]
        if message["action"] == START or message["local_id"] is None:
            return payload
        return {**payload, "transactionId": -1 if message["number"] is None else message["number"]}

    def take_receipt(self, message: dict[str, Any], answer: Payload) -> None:
        if message["action"] != START:
            return
        number, verdict = int(answer["transactionId"]), self.verdict(answer)
        for waiting in self.station.outbox.waiting:
            if waiting["local_id"] == message["local_id"]:
                waiting["number"] = number
        self.station.admission.remember(message["payload"]["idTag"], verdict)
        for connector, running in list(self.station.charging.running()):
            if running.local_id == message["local_id"]:
                running.number = number
                if verdict.status != "Accepted" and self.settings.is_on(Knob.STOP_REFUSED):
                    self.station.charging.stop(connector, "DeAuthorized")
                    self.station.spawn(self.station.tell_status(connector))

    # -- upkeep ------------------------------------------------------------------------------------------------------

    def firmware_status(self, status: str, request_id: int | None, *, signed: bool) -> Call | None:
        if signed:
            named = {} if request_id is None else {"requestId": request_id}
            return "SignedFirmwareStatusNotification", {"status": status, **named}
        return ("FirmwareStatusNotification", {"status": status}) if status in FIRMWARE_STATUSES else None

    def log_status(self, status: str, request_id: int | None) -> Call:
        if self.diagnostics:
            return "DiagnosticsStatusNotification", {"status": LOG_STATUSES.get(status, status)}
        named = {} if request_id is None else {"requestId": request_id}
        return "LogStatusNotification", {"status": status, **named}

    def reservation_ended(self, reservation_id: int, status: str) -> Call | None:  # noqa: ARG002 -- 1.6 tells none
        return None

    def profile(self, raw: Payload, connector: int) -> Profile:
        return charging_profiles.profile(raw, connector)
