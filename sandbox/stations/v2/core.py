"""Starting, stopping, resetting, triggering in OCPP 2.x (2.0.1 part 2 §B, §E, §F, §G)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox.stations.availability import set_operative
from sandbox.stations.connector import Token
from sandbox.stations.description import Fault
from sandbox.stations.link import CallError, NoAnswerError, Payload
from sandbox.stations.v2 import charging_profiles

if TYPE_CHECKING:
    from sandbox.stations.v2.dialect import V2

Answer = Callable[["V2", Payload], Payload]

ACCEPTED: Payload = {"status": "Accepted"}
REJECTED: Payload = {"status": "Rejected"}
SCHEDULED: Payload = {"status": "Scheduled"}
TRIGGERS = {
    "BootNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SignChargingStationCertificate",
    "StatusNotification",
    "TransactionEvent",
}


def request_start(v2: "V2", payload: Payload) -> Payload:
    station, evse = v2.station, payload.get("evseId")
    token = read_token(payload["idToken"])
    if station.has(Fault.REFUSES_REMOTE_START) or not station.charging.may_start(evse, token):
        return REJECTED
    if "chargingProfile" in payload:
        profile = charging_profiles.profile(payload["chargingProfile"], evse or 1)
        if profile.purpose != "transaction":
            return REJECTED
        station.limits.profiles.add(profile)
    station.spawn(station.charging.start_remotely(token, evse, payload["remoteStartId"]))
    chosen = station.charging.connectors.get(evse or 1)
    begun = chosen.transaction if chosen else None
    return ACCEPTED if begun is None else {"status": "Accepted", "transactionId": begun.local_id}


def request_stop(v2: "V2", payload: Payload) -> Payload:
    return ACCEPTED if v2.station.charging.stop_where(local_id=payload["transactionId"]) else REJECTED


def reset(v2: "V2", payload: Payload) -> Payload:
    """OnIdle waits for the transactions; of one EVSE only what runs there is ended (OCPP 2.0.1 part 2 §B11, §B12)."""
    station, evse = v2.station, payload.get("evseId")
    if evse is not None:
        return _reset_evse(v2, evse, idle=payload["type"] == "OnIdle")
    if payload["type"] == "OnIdle" and any(station.charging.running()):
        v2.reset_when_idle = True
        return SCHEDULED
    station.spawn(station.reboot("ImmediateReset", "RemoteReset"))
    return ACCEPTED


def _reset_evse(v2: "V2", evse: int, *, idle: bool) -> Payload:
    connector = v2.station.charging.connectors.get(evse)
    if connector is None or (idle and connector.transaction is not None):
        return REJECTED
    v2.station.charging.stop(connector, "ImmediateReset")
    v2.station.spawn(v2.station.tell(*v2.status(connector)))
    return ACCEPTED


def unlock(v2: "V2", payload: Payload) -> Payload:
    connector = v2.station.charging.connectors.get(payload["evseId"])
    if connector is None or payload["connectorId"] != 1:
        return {"status": "UnknownConnector"}
    if connector.transaction is not None and connector.transaction.id_token is not None:
        return {"status": "OngoingAuthorizedTransaction"}
    v2.station.spawn(v2.station.charging.unlock(connector.number))
    return {"status": "Unlocked"}


def change_availability(v2: "V2", payload: Payload) -> Payload:
    evse = payload.get("evse", {}).get("id")
    if evse is not None and evse not in v2.station.charging.connectors:
        return REJECTED
    operative = payload["operationalStatus"] == "Operative"
    return {"status": set_operative(v2.station, evse, operative=operative)}


def clear_cache(v2: "V2", _payload: Payload) -> Payload:
    return ACCEPTED if v2.station.admission.clear_cache() else REJECTED


def transaction_status(v2: "V2", payload: Payload) -> Payload:
    """OCPP 2.0.1 part 2 §E14."""
    local_id = payload.get("transactionId")
    if local_id is None:
        return {"messagesInQueue": bool(v2.station.outbox.waiting)}
    ongoing = any(running.local_id == local_id for _, running in v2.station.charging.running())
    return {"ongoingIndicator": ongoing, "messagesInQueue": v2.station.outbox.holds(local_id)}


def data_transfer(_v2: "V2", payload: Payload) -> Payload:
    """It knows its own maker's messages, and of these one: an echo."""
    if payload["vendorId"] != "Sandbox":
        return {"status": "UnknownVendorId"}
    if payload.get("messageId") != "Echo":
        return {"status": "UnknownMessageId"}
    return {"status": "Accepted"} | ({"data": payload["data"]} if "data" in payload else {})


def trigger(v2: "V2", payload: Payload) -> Payload:
    wanted, evse = payload["requestedMessage"], payload.get("evse", {}).get("id")
    connectors = v2.station.charging.connectors
    if evse is not None and evse not in connectors:
        return REJECTED
    if wanted not in TRIGGERS:
        return {"status": "NotImplemented"}
    numbers = [evse] if evse else list(connectors)
    if wanted == "TransactionEvent" and not any(connectors[one].transaction for one in numbers):
        return REJECTED
    v2.station.spawn(_send_triggered(v2, wanted, numbers))
    return ACCEPTED


async def _send_triggered(v2: "V2", message: str, numbers: list[int]) -> None:
    station = v2.station
    chosen = [station.charging.connectors[number] for number in numbers]
    try:
        match message:
            case "BootNotification":
                station.life.take_boot_answer(await station.call(message, v2.boot("Triggered")))
            case "Heartbeat":
                await station.call(message, {})
            case "StatusNotification":
                for connector in chosen:
                    await station.call(*v2.status(connector))
            case "MeterValues" | "TransactionEvent":
                for connector in (one for one in chosen if message == "MeterValues" or one.transaction is not None):
                    station.charging.post_meter_values(connector, "Trigger")
            case "FirmwareStatusNotification":
                await station.firmware.tell()
            case "LogStatusNotification":
                await station.logs.tell()
            case _:
                await station.call("SignCertificate", _signing_request(v2))
    except (NoAnswerError, CallError) as error:
        station.note_frame("note", f"{message} was triggered and not answered: {error}")


def _signing_request(v2: "V2") -> Payload:
    organisation = v2.settings.value("SecurityCtrlr.OrganizationName")
    csr = v2.station.certificates.request(v2.station.description.serial, organisation)
    return {"csr": csr, "certificateType": "ChargingStationCertificate"}


def read_token(told: Payload) -> Token:
    return Token(told["idToken"], told["type"])


ANSWERS: dict[str, Answer] = {
    "ChangeAvailability": change_availability,
    "ClearCache": clear_cache,
    "DataTransfer": data_transfer,
    "GetTransactionStatus": transaction_status,
    "RequestStartTransaction": request_start,
    "RequestStopTransaction": request_stop,
    "Reset": reset,
    "TriggerMessage": trigger,
    "UnlockConnector": unlock,
}
