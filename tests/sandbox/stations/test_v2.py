"""Stations of OCPP 2.0.1 and 2.1 over real sockets; every frame they send is checked against the standard's schemas."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sandbox.stations.station import Station
from tests.csms.station import until
from tests.sandbox.stations.plain import Payload, PlainCsms

PowerUp = Callable[..., Awaitable[Station]]

both = pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
CARD = {"idToken": "CARD-1", "type": "ISO14443"}


def variable(component: str, name: str, value: str | None = None, **evse: Any) -> Payload:
    named = {"component": {"name": component, **evse}, "variable": {"name": name}}
    return named if value is None else {**named, "attributeValue": value}


async def set_variable(csms: PlainCsms, component: str, name: str, value: str) -> str:
    answer = await csms.call("CP-1", "SetVariables", {"setVariableData": [variable(component, name, value)]})
    status: str = answer["setVariableResult"][0]["attributeStatus"]
    return status


async def get_variable(csms: PlainCsms, component: str, name: str, **evse: Any) -> Payload:
    answer = await csms.call("CP-1", "GetVariables", {"getVariableData": [variable(component, name, **evse)]})
    result: Payload = answer["getVariableResult"][0]
    return result


@both
async def test_a_transaction_is_told_in_numbered_events_from_cable_to_end(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    one = await station(protocol, connectors=2)
    peer = csms.peer("CP-1")
    assert peer.of("BootNotification")[0]["reason"] == "PowerUp"
    assert [(s["evseId"], s["connectorStatus"]) for s in peer.of("StatusNotification")] == [
        (1, "Available"),
        (2, "Available"),
    ]
    await one.charging.plug_in(1)
    assert await one.charging.swipe("CARD-1", None) == "started"
    await until(lambda: len(peer.events("Updated")) > 2)
    assert await one.charging.swipe("card-1", None) == "stopped"
    await until(lambda: peer.events("Ended"))
    await one.charging.unplug(1)
    events = peer.events()
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert {event["transactionInfo"]["transactionId"] for event in events} == {one.charging.history[0]["id"]}
    started, ended = events[0], events[-1]
    assert (started["triggerReason"], started["idToken"]) == ("Authorized", CARD)
    assert started["transactionInfo"]["chargingState"] == "Charging"
    assert (ended["triggerReason"], ended["transactionInfo"]["stoppedReason"]) == ("StopAuthorized", "Local")
    contexts = [event["meterValue"][0]["sampledValue"][0]["context"] for event in events]
    assert (contexts[0], contexts[1], contexts[-1]) == ("Transaction.Begin", "Sample.Periodic", "Transaction.End")
    assert _energy(ended) > _energy(started)
    await until(lambda: peer.of("StatusNotification")[-1]["connectorStatus"] == "Available")
    assert [s["connectorStatus"] for s in peer.of("StatusNotification")[2:]] == ["Occupied", "Available"]


def _energy(event: Payload) -> float:
    return float(event["meterValue"][0]["sampledValue"][0]["value"])


@both
async def test_what_happens_off_line_is_marked_so_and_sent_later_in_order(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    one = await station(protocol, settings={"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"})
    peer = csms.peer("CP-1")
    one.life.go_off_line()
    await until(lambda: not one.connected)
    await one.charging.plug_in(1)
    assert await one.charging.swipe("CARD-1", None) == "started"
    await one.charging.unplug(1)
    assert not peer.events()
    one.life.come_back()
    await until(lambda: peer.events("Ended"))
    assert [event["seqNo"] for event in peer.events()] == list(range(len(peer.events())))
    assert all(event["offline"] for event in peer.events())
    assert peer.events("Ended")[0]["transactionInfo"]["stoppedReason"] == "EVDisconnected"
    assert len(peer.of("BootNotification")) == 1, "a reconnect is no boot"


async def test_with_the_cable_as_start_and_stop_point_the_transaction_outlives_the_card(
    csms: PlainCsms, station: PowerUp
) -> None:
    points = {"TxCtrlr.TxStartPoint": "EVConnected", "TxCtrlr.TxStopPoint": "EVConnected"}
    one = await station("ocpp2.0.1", settings={**points, "SampledDataCtrlr.TxUpdatedInterval": "100000"})
    peer = csms.peer("CP-1")
    await one.charging.plug_in(1)
    await one.charging.swipe("CARD-1", None)
    await one.charging.swipe("CARD-1", None)
    await one.charging.unplug(1)
    await until(lambda: peer.events("Ended"))
    assert [(e["eventType"], e["triggerReason"], e["transactionInfo"]["chargingState"]) for e in peer.events()] == [
        ("Started", "CablePluggedIn", "EVConnected"),
        ("Updated", "Authorized", "Charging"),
        ("Updated", "StopAuthorized", "EVConnected"),
        ("Ended", "EVCommunicationLost", "EVConnected"),
    ]
    assert "idToken" not in peer.events()[0]
    assert peer.events("Ended")[0]["transactionInfo"]["stoppedReason"] == "Local"


async def test_a_refused_token_stops_what_was_begun_with_it(csms: PlainCsms, station: PowerUp) -> None:
    csms.answers["TransactionEvent"] = lambda event: (
        {"idTokenInfo": {"status": "Blocked"}} if "idToken" in event else {}
    )
    one = await station("ocpp2.1")
    await one.charging.plug_in(1)
    await one.charging.swipe("CARD-1", None)
    ended = (await until(lambda: csms.peer("CP-1").events("Ended")))[0]
    assert (ended["triggerReason"], ended["transactionInfo"]["stoppedReason"]) == ("Deauthorized", "DeAuthorized")


@both
async def test_it_starts_and_stops_from_afar_and_tells_the_transactions_state(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    one = await station(protocol)
    peer = csms.peer("CP-1")
    await one.charging.plug_in(1)
    order = {"idToken": CARD, "remoteStartId": 42, "evseId": 1}
    assert (await csms.call("CP-1", "RequestStartTransaction", order))["status"] == "Accepted"
    started = (await until(lambda: peer.events("Started")))[0]
    assert (started["triggerReason"], started["transactionInfo"]["remoteStartId"]) == ("RemoteStart", 42)
    local_id = started["transactionInfo"]["transactionId"]
    assert (await csms.call("CP-1", "RequestStartTransaction", order))["status"] == "Rejected"
    assert (await csms.call("CP-1", "RequestStopTransaction", {"transactionId": "no"}))["status"] == "Rejected"
    status = await csms.call("CP-1", "GetTransactionStatus", {"transactionId": local_id})
    assert status["ongoingIndicator"] is True
    unlocked = await csms.call("CP-1", "UnlockConnector", {"evseId": 1, "connectorId": 1})
    assert unlocked["status"] == "OngoingAuthorizedTransaction"
    assert (await csms.call("CP-1", "RequestStopTransaction", {"transactionId": local_id}))["status"] == "Accepted"
    ended = (await until(lambda: peer.events("Ended")))[0]
    assert (ended["triggerReason"], ended["transactionInfo"]["stoppedReason"]) == ("RemoteStop", "Remote")
    await until(lambda: not one.outbox.waiting)
    status = await csms.call("CP-1", "GetTransactionStatus", {"transactionId": local_id})
    assert status == {"ongoingIndicator": False, "messagesInQueue": False}


@both
async def test_a_new_password_is_never_read_back_and_used_from_the_next_connect(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    one = await station(protocol)
    peer = csms.peer("CP-1")
    assert await set_variable(csms, "SecurityCtrlr", "BasicAuthPassword", "short") == "Rejected"
    assert await set_variable(csms, "SecurityCtrlr", "BasicAuthPassword", "a-much-longer-password") == "Accepted"
    read = await get_variable(csms, "SecurityCtrlr", "BasicAuthPassword")
    assert (read["attributeStatus"], "attributeValue" in read) == ("Rejected", False)
    assert "a-much-longer-password" not in str(one.shown(whole=True))
    await one.power_off()
    one.power_on()
    await until(lambda: len(peer.authorizations) == 2)
    assert peer.authorizations[0] != peer.authorizations[1]
    await until(one.life.accepted.is_set)


@both
async def test_variables_are_known_whatever_the_case_and_bounded(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    await station(protocol)
    assert await set_variable(csms, "sampleddatactrlr", "TXUPDATEDINTERVAL", "30") == "Accepted"
    assert (await get_variable(csms, "SampledDataCtrlr", "TxUpdatedInterval"))["attributeValue"] == "30"
    assert await set_variable(csms, "SampledDataCtrlr", "TxUpdatedInterval", "often") == "Rejected"
    assert await set_variable(csms, "TxCtrlr", "TxStartPoint", "EVConnected,Authorized") == "Accepted"
    assert await set_variable(csms, "TxCtrlr", "TxStartPoint", "Sunrise") == "Rejected"
    assert await set_variable(csms, "NoCtrlr", "X", "1") == "UnknownComponent"
    assert await set_variable(csms, "TxCtrlr", "X", "1") == "UnknownVariable"
    state = await get_variable(csms, "Connector", "AvailabilityState", evse={"id": 1, "connectorId": 1})
    assert state["attributeValue"] == "Available"


@both
async def test_the_device_model_is_reported_in_parts(csms: PlainCsms, station: PowerUp, protocol: str) -> None:
    await station(protocol, connectors=2)
    peer = csms.peer("CP-1")
    order = {"requestId": 5, "reportBase": "FullInventory"}
    assert (await csms.call("CP-1", "GetBaseReport", order))["status"] == "Accepted"
    await until(lambda: peer.of("NotifyReport") and not peer.of("NotifyReport")[-1]["tbc"])
    parts = peer.of("NotifyReport")
    assert len(parts) > 2
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts] == [True] * (len(parts) - 1) + [False]
    named = {(d["component"]["name"], d["variable"]["name"]) for part in parts for d in part["reportData"]}
    assert {("OCPPCommCtrlr", "HeartbeatInterval"), ("EVSE", "Power"), ("ChargingStation", "Model")} <= named
    evses = {d["component"].get("evse", {}).get("id") for part in parts for d in part["reportData"]}
    assert evses == {None, 1, 2}
    some = {"requestId": 6, "componentVariable": [{"component": {"name": "TxCtrlr"}}]}
    assert (await csms.call("CP-1", "GetReport", some))["status"] == "Accepted"
    report = await until(lambda: [part for part in peer.of("NotifyReport") if part["requestId"] == 6])
    assert {d["component"]["name"] for d in report[0]["reportData"]} == {"TxCtrlr"}
    nothing = {"requestId": 7, "componentVariable": [{"component": {"name": "Toaster"}}]}
    assert (await csms.call("CP-1", "GetReport", nothing))["status"] == "EmptyResultSet"


async def test_a_reset_on_idle_waits_for_the_transaction_and_tells_its_reason(
    csms: PlainCsms, station: PowerUp
) -> None:
    one = await station("ocpp2.0.1")
    peer = csms.peer("CP-1")
    await one.charging.plug_in(1)
    await one.charging.swipe("CARD-1", None)
    assert (await csms.call("CP-1", "Reset", {"type": "OnIdle"}))["status"] == "Scheduled"
    assert not peer.events("Ended")
    await one.charging.unplug(1)
    await until(lambda: peer.of("BootNotification")[1:])
    assert peer.of("BootNotification")[1]["reason"] == "ScheduledReset"
    await until(one.life.accepted.is_set)
    assert (await csms.call("CP-1", "Reset", {"type": "Immediate", "evseId": 1}))["status"] == "Accepted"
    assert (await csms.call("CP-1", "Reset", {"type": "Immediate"}))["status"] == "Accepted"
    await until(lambda: peer.of("BootNotification")[2:])
    assert peer.of("BootNotification")[2]["reason"] == "RemoteReset"


async def test_status_may_be_told_by_events(csms: PlainCsms, station: PowerUp) -> None:
    one = await station("ocpp2.1", status_by_event=True)
    await one.charging.plug_in(1)
    events = await until(lambda: csms.peer("CP-1").of("NotifyEvent")[1:])
    assert events[0]["eventData"][0]["actualValue"] == "Occupied"
    assert events[0]["eventData"][0]["component"]["evse"] == {"id": 1, "connectorId": 1}
    assert not csms.peer("CP-1").of("StatusNotification")


@both
@pytest.mark.parametrize(
    ("wanted", "action"),
    [
        ("BootNotification", "BootNotification"),
        ("Heartbeat", "Heartbeat"),
        ("StatusNotification", "StatusNotification"),
        ("MeterValues", "MeterValues"),
        ("FirmwareStatusNotification", "FirmwareStatusNotification"),
        ("LogStatusNotification", "LogStatusNotification"),
        ("SignChargingStationCertificate", "SignCertificate"),
    ],
)
async def test_it_sends_what_is_triggered(
    csms: PlainCsms, station: PowerUp, protocol: str, wanted: str, action: str
) -> None:
    await station(protocol)
    before = len(csms.peer("CP-1").of(action))
    assert (await csms.call("CP-1", "TriggerMessage", {"requestedMessage": wanted}))["status"] == "Accepted"
    await until(lambda: len(csms.peer("CP-1").of(action)) == before + 1)


@both
async def test_what_it_does_not_know_is_not_implemented_and_what_it_cannot_read_a_format_violation(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    await station(protocol)
    order = {"requestId": 1, "location": "http://x.example/f", "checksum": "0" * 32}
    assert (await csms.call("CP-1", "PublishFirmware", order))["error"] == "NotImplemented"
    peer = csms.peer("CP-1")
    assert peer.socket is not None
    future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
    peer.pending["x"] = ("Reset", future)
    await peer.socket.send('[2,"x","Reset",{}]')
    async with asyncio.timeout(10):
        assert (await future)[:3] == [4, "x", "FormatViolation"]
