"""Transactions as OCPP 2.x tells them: one TransactionEvent per change, numbered, kept until answered (part 2 §E)."""

from typing import TYPE_CHECKING, Any

from sandbox.stations.connector import Connector, Token, Transaction
from sandbox.stations.description import Fault
from sandbox.stations.link import Payload
from sandbox.stations.settings import Knob

if TYPE_CHECKING:
    from sandbox.stations.v2.dialect import V2

EVENT = "TransactionEvent"
PHASES = 3
TRIGGERS = {
    "DeAuthorized": "Deauthorized",
    "EVDisconnected": "EVCommunicationLost",
    "HardReset": "ResetCommand",
    "ImmediateReset": "ResetCommand",
    "Local": "StopAuthorized",
    "PowerLoss": "AbnormalCondition",
    "Reboot": "ResetCommand",
    "Remote": "RemoteStop",
    "SoftReset": "ResetCommand",
    "Timeout": "EVConnectTimeout",
    "UnlockCommand": "UnlockCommand",
}
REASONS = {"HardReset": "ImmediateReset", "SoftReset": "ImmediateReset", "UnlockCommand": "Other"}
MEASURANDS = {
    "Transaction.Begin": "SampledDataCtrlr.TxStartedMeasurands",
    "Transaction.End": "SampledDataCtrlr.TxEndedMeasurands",
}


def post_start(v2: "V2", connector: Connector, running: Transaction, trigger: str) -> None:
    event = _event(v2, connector, running, "Started", trigger)
    event["timestamp"] = running.started_at
    event["meterValue"] = [_meter_value(v2, connector, "Transaction.Begin", running.started_at)]
    if running.token is not None:
        event["idToken"] = _written(running.token)
    if running.reservation is not None:
        event["reservationId"] = running.reservation
    _post(v2, event, running)


def post_change(v2: "V2", connector: Connector, running: Transaction, trigger: str, token: Token | None) -> None:
    event = _event(v2, connector, running, "Updated", trigger)
    if token is not None:
        event["idToken"] = _written(token)
    _post(v2, event, running)


def post_meter(v2: "V2", connector: Connector, context: str) -> None:
    """Within a transaction an event of it, else MeterValues (OCPP 2.0.1 part 2 §J)."""
    running = connector.transaction
    value = _meter_value(v2, connector, context, v2.station.clock.now())
    if running is None:
        v2.station.spawn(v2.station.tell("MeterValues", {"evseId": connector.number, "meterValue": [value]}))
        return
    trigger = "Trigger" if context == "Trigger" else "MeterValuePeriodic"
    event = _event(v2, connector, running, "Updated", trigger)
    _post(v2, {**event, "meterValue": [value]}, running)


def post_stop(v2: "V2", connector: Connector, running: Transaction, reason: str, token: Token | None) -> None:
    trigger = "EVCommunicationLost" if running.stopped else TRIGGERS[reason]
    event = _event(v2, connector, running, "Ended", trigger)
    event["transactionInfo"]["stoppedReason"] = REASONS.get(reason, reason)
    event["transactionInfo"]["chargingState"] = "EVConnected" if connector.plugged else "Idle"
    event["meterValue"] = [_meter_value(v2, connector, "Transaction.End", event["timestamp"])]
    if token is not None:
        event["idToken"] = _written(token)
    v2.costs.pop(running.local_id, None)
    _post(v2, event, running)


def take_receipt(v2: "V2", message: dict[str, Any], answer: Payload) -> None:
    """A token that the central system refuses is charged with no longer (OCPP 2.0.1 part 2 §E05)."""
    told, shown = answer.get("idTokenInfo"), message["payload"].get("idToken")
    if told is None or shown is None:
        return
    v2.station.admission.remember(shown["idToken"], v2.verdict(answer))
    if told["status"] == "Accepted" or not v2.settings.is_on(Knob.STOP_REFUSED):
        return
    v2.station.charging.stop_where(local_id=message["local_id"], reason="DeAuthorized")


def _event(v2: "V2", connector: Connector, running: Transaction, kind: str, trigger: str) -> Payload:
    info: Payload = {"transactionId": running.local_id, "chargingState": connector.charging_state}
    if running.remote_start_id is not None and trigger == "RemoteStart":
        info["remoteStartId"] = running.remote_start_id
    event: Payload = {
        "eventType": kind,
        "timestamp": v2.station.clock.now(),
        "triggerReason": trigger,
        "seqNo": running.events,
        "transactionInfo": info,
        "evse": {"id": connector.number, "connectorId": 1},
    }
    if not v2.station.connected:
        event["offline"] = True
    if connector.delivers:
        event["numberOfPhasesUsed"] = PHASES
    running.events += 1
    return event


def _post(v2: "V2", event: Payload, running: Transaction) -> None:
    v2.station.outbox.post(EVENT, event, running.local_id)


def _meter_value(v2: "V2", connector: Connector, context: str, at: str) -> Payload:
    flow_w = 0 if v2.station.has(Fault.NO_ENERGY) else connector.flow_w
    readings = {
        "Energy.Active.Import.Register": (float(int(connector.meter_wh)), "Wh"),
        "Power.Active.Import": (float(int(flow_w)), "W"),
    }
    wanted = v2.settings.value(MEASURANDS.get(context, "SampledDataCtrlr.TxUpdatedMeasurands")).split(",")
    known = [name for name in wanted if name in readings] or ["Energy.Active.Import.Register"]
    samples = [
        {
            "value": readings[name][0],
            "measurand": name,
            "context": context,
            "location": "Outlet",
            "unitOfMeasure": {"unit": readings[name][1]},
        }
        for name in known
    ]
    return {"timestamp": at, "sampledValue": samples}


def _written(token: Token) -> Payload:
    return {"idToken": token.value, "type": token.kind}
