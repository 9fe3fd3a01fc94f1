"""What the central system asks of a station in OCPP 1.6 (ed.2 §5), profile Core and Remote Trigger."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.stations.availability import set_operative
from sandbox.stations.connector import Token
from sandbox.stations.description import Fault
from sandbox.stations.link import CallError, NoAnswerError, Payload
from sandbox.stations.settings import Knob
from sandbox.stations.v16 import charging_profiles
from sandbox.stations.v16.configuration import AUTHORIZATION_KEY

if TYPE_CHECKING:
    from sandbox.stations.v16.dialect import V16

Answer = Callable[["V16", Payload], Payload]

ACCEPTED: Payload = {"status": "Accepted"}
REJECTED: Payload = {"status": "Rejected"}
TRIGGERS = {
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
}


def get_configuration(v16: "V16", payload: Payload) -> Payload:
    return v16.settings.read(payload.get("key", []))


def change_configuration(v16: "V16", payload: Payload) -> Payload:
    station, name = v16.station, payload["key"]
    if name == AUTHORIZATION_KEY and station.has(Fault.REFUSES_AUTHORIZATION_KEY):
        return {"status": "NotSupported"}
    if name != AUTHORIZATION_KEY and station.has(Fault.REFUSES_CONFIGURATION):
        return REJECTED
    status = v16.settings.change(name, payload["value"])
    if name == v16.settings.knobs[Knob.HEARTBEAT_S] and station.life.accepted.is_set():
        station.life.beat_anew()
    station.keep()
    return {"status": status}


def remote_start(v16: "V16", payload: Payload) -> Payload:
    station, number, token = v16.station, payload.get("connectorId"), Token(payload["idTag"])
    if station.has(Fault.REFUSES_REMOTE_START) or not station.charging.may_start(number, token):
        return REJECTED
    if "chargingProfile" in payload:
        profile = charging_profiles.profile(payload["chargingProfile"], number or 1)
        if profile.purpose != "transaction":
            return REJECTED
        station.limits.profiles.add(profile)
    station.spawn(station.charging.start_remotely(token, number))
    return ACCEPTED


def remote_stop(v16: "V16", payload: Payload) -> Payload:
    return ACCEPTED if v16.station.charging.stop_where(number=payload["transactionId"]) else REJECTED


def reset(v16: "V16", payload: Payload) -> Payload:
    reason = "HardReset" if payload["type"] == "Hard" else "SoftReset"
    v16.station.spawn(v16.station.reboot(reason, "RemoteReset"))
    return ACCEPTED


def unlock(v16: "V16", payload: Payload) -> Payload:
    if payload["connectorId"] not in v16.station.charging.connectors:
        return {"status": "NotSupported"}
    v16.station.spawn(v16.station.charging.unlock(payload["connectorId"]))
    return {"status": "Unlocked"}


def change_availability(v16: "V16", payload: Payload) -> Payload:
    """Scheduled where a transaction has to end first (OCPP 1.6 ed.2 §5.2)."""
    number, operative = payload["connectorId"], payload["type"] == "Operative"
    if number and number not in v16.station.charging.connectors:
        return REJECTED
    return {"status": set_operative(v16.station, number or None, operative=operative)}


def clear_cache(v16: "V16", _payload: Payload) -> Payload:
    return ACCEPTED if v16.station.admission.clear_cache() else REJECTED


def data_transfer(_v16: "V16", payload: Payload) -> Payload:
    """It knows its own maker's messages, and of these one: an echo."""
    if payload["vendorId"] != "Sandbox":
        return {"status": "UnknownVendorId"}
    if payload.get("messageId") != "Echo":
        return {"status": "UnknownMessageId"}
    return {"status": "Accepted"} | ({"data": payload["data"]} if "data" in payload else {})


def trigger(v16: "V16", payload: Payload) -> Payload:
    number, wanted = payload.get("connectorId"), payload["requestedMessage"]
    if number is not None and number not in {0, *v16.station.charging.connectors}:
        return REJECTED
    if wanted not in TRIGGERS:
        return {"status": "NotImplemented"}
    v16.station.spawn(send_triggered(v16, wanted, number))
    return ACCEPTED


async def send_triggered(v16: "V16", message: str, number: int | None) -> None:
    station, numbers = v16.station, [number] if number else list(v16.station.charging.connectors)
    try:
        match message:
            case "BootNotification":
                station.life.take_boot_answer(await station.call(message, v16.boot("Triggered")))
            case "Heartbeat":
                await station.call(message, {})
            case "StatusNotification":
                for one in [0] if number == 0 else numbers:
                    await station.call(*v16.status_now(one))
            case "MeterValues":
                for one in numbers:
                    station.charging.post_meter_values(station.charging.connectors[one], "Trigger")
            case "FirmwareStatusNotification":
                await station.firmware.tell()
            case _:
                v16.diagnostics = message == "DiagnosticsStatusNotification"
                await station.logs.tell()
    except (NoAnswerError, CallError) as error:
        station.note_frame("note", f"{message} was triggered and not answered: {error}")


ANSWERS: dict[str, Answer] = {
    "ChangeAvailability": change_availability,
    "ChangeConfiguration": change_configuration,
    "ClearCache": clear_cache,
    "DataTransfer": data_transfer,
    "GetConfiguration": get_configuration,
    "RemoteStartTransaction": remote_start,
    "RemoteStopTransaction": remote_stop,
    "Reset": reset,
    "TriggerMessage": trigger,
    "UnlockConnector": unlock,
}
