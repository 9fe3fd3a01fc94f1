"""What the central system asks of the station (OCPP 1.6 ed.2 §5), and how the station answers."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from sandbox.stations.configuration import AUTHORIZATION_KEY
from sandbox.stations.description import Fault
from sandbox.stations.link import CallError, NoAnswerError, Payload, UnknownActionError

if TYPE_CHECKING:
    from sandbox.stations.station import Station

ACCEPTED: Payload = {"status": "Accepted"}
REJECTED: Payload = {"status": "Rejected"}


class Requests:
    def __init__(self, station: "Station") -> None:
        self._station = station
        self._known: dict[str, Callable[[Payload], Awaitable[Payload]]] = {
            "GetConfiguration": self._get_configuration,
            "ChangeConfiguration": self._change_configuration,
            "TriggerMessage": self._trigger,
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "Reset": self._reset,
            "UnlockConnector": self._unlock,
        }

    async def answer(self, action: str, payload: Payload) -> Payload | None:
        """The answer; None where a silent station gives none. Raises UnknownActionError."""
        if self._station.has(Fault.SILENT):
            return None
        if action not in self._known:
            raise UnknownActionError(action)
        return await self._known[action](payload)

    async def _get_configuration(self, payload: Payload) -> Payload:
        return self._station.configuration.read(payload.get("key", []))

    async def _change_configuration(self, payload: Payload) -> Payload:
        station, name = self._station, payload["key"]
        if name == AUTHORIZATION_KEY and station.has(Fault.REFUSES_AUTHORIZATION_KEY):
            return {"status": "NotSupported"}
        if name != AUTHORIZATION_KEY and station.has(Fault.REFUSES_CONFIGURATION):
            return REJECTED
        status = station.configuration.change(name, payload["value"])
        station.keep()
        return {"status": status}

    async def _trigger(self, payload: Payload) -> Payload:
        number = payload.get("connectorId")
        connectors = self._station.charging.connectors
        if number is not None and number not in connectors:
            return REJECTED
        if payload["requestedMessage"] not in {"BootNotification", "Heartbeat", "StatusNotification", "MeterValues"}:
            return {"status": "NotImplemented"}
        self._station.spawn(self._send_triggered(payload["requestedMessage"], number))
        return ACCEPTED

    async def _send_triggered(self, message: str, number: int | None) -> None:
        station, numbers = self._station, [number] if number else list(self._station.charging.connectors)
        try:
            match message:
                case "BootNotification":
                    station.take_boot_answer(await station.call(message, station.boot_payload()))
                case "Heartbeat":
                    await station.call(message, {})
                case "StatusNotification":
                    for one in numbers:
                        await station.call(message, station.charging.state_payload(one))
                case _:
                    for one in numbers:
                        station.charging.post_meter_values(station.charging.connectors[one], "Trigger")
        except (NoAnswerError, CallError) as error:
            station.note_frame("note", f"{message} was triggered and not answered: {error}")

    async def _remote_start(self, payload: Payload) -> Payload:
        station, number = self._station, payload.get("connectorId")
        if station.has(Fault.REFUSES_REMOTE_START) or not station.charging.may_start(number):
            return REJECTED
        station.spawn(station.charging.start_remotely(payload["idTag"], number))
        return ACCEPTED

    async def _remote_stop(self, payload: Payload) -> Payload:
        return ACCEPTED if self._station.charging.stop_number(payload["transactionId"]) else REJECTED

    async def _reset(self, payload: Payload) -> Payload:
        reason = "HardReset" if payload["type"] == "Hard" else "SoftReset"
        self._station.spawn(self._station.reboot(reason))
        return ACCEPTED

    async def _unlock(self, payload: Payload) -> Payload:
        if payload["connectorId"] not in self._station.charging.connectors:
            return {"status": "NotSupported"}
        self._station.spawn(self._station.charging.unlock(payload["connectorId"]))
        return {"status": "Unlocked"}
