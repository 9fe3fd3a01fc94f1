"""Lists, reservations, availability and messages, in every version; each frame checked by the schemas."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.stations.connector import Token
from sandbox.stations.station import Station
from tests.csms.station import until
from tests.sandbox.stations.plain import Payload, PlainCsms

PowerUp = Callable[..., Awaitable[Station]]

every = pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
newer = pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
OFF_LINE = {
    "ocpp1.6": {"LocalAuthorizeOffline": "true"},
    "ocpp2.0.1": {"AuthCtrlr.LocalAuthorizeOffline": "true"},
    "ocpp2.1": {"AuthCtrlr.LocalAuthorizeOffline": "true"},
}


def in_future(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def local_list(protocol: str, version: int, update: str, entries: dict[str, str | None]) -> Payload:
    if protocol == "ocpp1.6":
        old = [{"idTag": t} | ({"idTagInfo": {"status": s}} if s else {}) for t, s in entries.items()]
        return {"listVersion": version, "updateType": update, "localAuthorizationList": old}
    new = [
        {"idToken": {"idToken": t, "type": "ISO14443"}} | ({"idTokenInfo": {"status": s}} if s else {})
        for t, s in entries.items()
    ]
    return {"versionNumber": version, "updateType": update, "localAuthorizationList": new}


@every
async def test_off_line_the_local_list_says_who_may_charge(csms: PlainCsms, station: PowerUp, protocol: str) -> None:
    one = await station(protocol, settings=OFF_LINE[protocol])

    async def send(version: int, update: str, entries: dict[str, str | None]) -> Any:
        return (await csms.call("CP-1", "SendLocalList", local_list(protocol, version, update, entries)))["status"]

    assert await send(0, "Full", {"A": "Accepted"}) == "Failed"
    assert await send(3, "Full", {"A": "Accepted", "B": "Blocked", "C": "Accepted"}) == "Accepted"
    assert await send(3, "Differential", {"A": None}) == "VersionMismatch"
    assert await send(4, "Differential", {"C": None}) == "Accepted"
    version = await csms.call("CP-1", "GetLocalListVersion", {})
    assert list(version.values()) == [4]
    one.life.go_off_line()
    await until(lambda: not one.connected)
    await one.charging.plug_in(1)
    assert await one.charging.swipe("B", None) == "not authorised: Blocked, off-line"
    assert (await one.charging.swipe("C", None)).startswith("not authorised")
    assert await one.charging.swipe("a", None) == "started"


@every
async def test_the_cache_is_used_off_line_until_it_is_cleared(csms: PlainCsms, station: PowerUp, protocol: str) -> None:
    cache = "AuthorizationCacheEnabled" if protocol == "ocpp1.6" else "AuthCacheCtrlr.Enabled"
    one = await station(protocol, settings={**OFF_LINE[protocol], cache: "true"})
    await one.charging.plug_in(1)
    for _start_and_stop in range(2):
        await one.charging.swipe("A", None)
    await until(lambda: not one.outbox.waiting)
    one.life.go_off_line()
    await until(lambda: not one.connected)
    assert [await one.charging.swipe("A", None), await one.charging.swipe("A", None)] == ["started", "stopped"]
    one.life.come_back()
    await until(lambda: not one.outbox.waiting)  # the answer to a late start would put its card into the cache again
    assert (await csms.call("CP-1", "ClearCache", {}))["status"] == "Accepted"
    one.life.go_off_line()
    await until(lambda: not one.connected)
    assert (await one.charging.swipe("A", None)).startswith("not authorised")


def reservation(protocol: str, number: int, place: int, token: str, expires: str) -> Payload:
    if protocol == "ocpp1.6":
        return {"reservationId": number, "connectorId": place, "idTag": token, "expiryDate": expires}
    evse = {"evseId": place} if place else {}
    return {"id": number, "idToken": {"idToken": token, "type": "ISO14443"}, "expiryDateTime": expires, **evse}


@every
async def test_a_reserved_connector_is_for_its_token_and_used_up_by_the_start(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    one = await station(protocol)
    peer = csms.peer("CP-1")
    order = reservation(protocol, 5, 1, "MINE", in_future(60))
    assert (await csms.call("CP-1", "ReserveNow", order))["status"] == "Accepted"
    name = "status" if protocol == "ocpp1.6" else "connectorStatus"
    await until(lambda: peer.of("StatusNotification")[-1][name] == "Reserved")
    other = reservation(protocol, 6, 1, "OTHER", in_future(60))
    assert (await csms.call("CP-1", "ReserveNow", other))["status"] == "Occupied"
    await one.charging.plug_in(1)
    assert await one.charging.swipe("OTHER", None) == "no free connector"
    assert await one.charging.swipe("MINE", None) == "started"
    await until(lambda: peer.of("StartTransaction") or peer.events("Started"))
    starts = peer.of("StartTransaction") or peer.events("Started")
    assert starts[0]["reservationId"] == 5
    assert (await csms.call("CP-1", "CancelReservation", {"reservationId": 5}))["status"] == "Rejected"


@newer
async def test_a_reservation_expires_and_says_so(csms: PlainCsms, station: PowerUp, protocol: str) -> None:
    one = await station(protocol)
    late = reservation(protocol, 4, 1, "MINE", "2026-01-01T00:00:00Z")
    assert (await csms.call("CP-1", "ReserveNow", late))["status"] == "Rejected"
    order = reservation(protocol, 5, 0, "MINE", in_future(0.3))
    assert (await csms.call("CP-1", "ReserveNow", order))["status"] == "Accepted"
    assert not one.charging.may_start(1, Token("OTHER"))
    ended = await until(lambda: csms.peer("CP-1").of("ReservationStatusUpdate"))
    assert ended == [{"reservationId": 5, "reservationUpdateStatus": "Expired"}]
    assert one.charging.may_start(1, Token("OTHER"))


@every
async def test_a_connector_is_taken_out_of_use_after_its_transaction_and_stays_so(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    one = await station(protocol)

    def order(operative: bool) -> Payload:
        word = "Operative" if operative else "Inoperative"
        if protocol == "ocpp1.6":
            return {"connectorId": 1, "type": word}
        return {"operationalStatus": word, "evse": {"id": 1}}

    await one.charging.plug_in(1)
    await one.charging.swipe("A", None)
    assert (await csms.call("CP-1", "ChangeAvailability", order(operative=False)))["status"] == "Scheduled"
    await one.charging.unplug(1)
    name = "status" if protocol == "ocpp1.6" else "connectorStatus"
    await until(lambda: csms.peer("CP-1").of("StatusNotification")[-1][name] == "Unavailable")
    await one.power_off()
    one.power_on()
    await until(one.life.accepted.is_set)
    await one.charging.plug_in(1)
    assert await one.charging.swipe("A", None) == "no free connector"
    assert (await csms.call("CP-1", "ChangeAvailability", order(operative=True)))["status"] == "Accepted"
    assert await one.charging.swipe("A", None) == "started"


@newer
async def test_messages_are_shown_read_and_taken_down(csms: PlainCsms, station: PowerUp, protocol: str) -> None:
    one = await station(protocol)
    message = {"id": 3, "priority": "InFront", "message": {"format": "UTF8", "content": "Mind the step"}}
    assert (await csms.call("CP-1", "SetDisplayMessage", {"message": message}))["status"] == "Accepted"
    assert one.shown(whole=True)["messages"] == [message]
    ask = {"requestId": 1, "priority": "InFront"}
    assert (await csms.call("CP-1", "GetDisplayMessages", ask))["status"] == "Accepted"
    told = (await until(lambda: csms.peer("CP-1").of("NotifyDisplayMessages")))[0]
    assert told["messageInfo"] == [message]
    unknown = {"message": {**message, "transactionId": "none"}}
    assert (await csms.call("CP-1", "SetDisplayMessage", unknown))["status"] == "UnknownTransaction"
    assert (await csms.call("CP-1", "ClearDisplayMessage", {"id": 3}))["status"] == "Accepted"
    assert (await csms.call("CP-1", "ClearDisplayMessage", {"id": 3}))["status"] == "Unknown"
    assert await csms.call("CP-1", "CostUpdated", {"transactionId": "T", "totalCost": 4.5}) == {}
    assert one.shown(whole=True)["costs"] == {"T": 4.5}


@newer
async def test_what_is_known_of_a_customer_is_told_and_forgotten(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    one = await station(protocol, settings={"AuthCacheCtrlr.Enabled": "true"})
    await one.charging.plug_in(1)
    await one.charging.swipe("A", None)
    await one.charging.swipe("A", None)
    token = {"idToken": "A", "type": "ISO14443"}
    ask = {"requestId": 1, "report": True, "clear": True, "idToken": token}
    assert (await csms.call("CP-1", "CustomerInformation", ask))["status"] == "Accepted"
    told = (await until(lambda: csms.peer("CP-1").of("NotifyCustomerInformation")))[0]
    assert one.charging.history[0]["id"] in told["data"]
    assert one.charging.history[0]["id_token"] is None
    await csms.call("CP-1", "CustomerInformation", {**ask, "requestId": 2})
    told = (await until(lambda: csms.peer("CP-1").of("NotifyCustomerInformation")[1:]))[0]
    assert told["data"] == "no data"
    nobody = {"requestId": 3, "report": True, "clear": False}
    assert (await csms.call("CP-1", "CustomerInformation", nobody))["status"] == "Invalid"


@newer
async def test_a_station_moves_to_another_address_by_network_profile_after_a_reset(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    await station(protocol)
    data = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": f"ws://127.0.0.1:{csms.port}/elsewhere/moved",
        "messageTimeout": 30,
        "securityProfile": 1,
        "ocppInterface": "Wired0",
    }
    order = {"configurationSlot": 2, "connectionData": data}
    assert await _prefer(csms, "2") == "Rejected", "the slot is empty"
    assert (await csms.call("CP-1", "SetNetworkProfile", order))["status"] == "Accepted"
    lower = {"configurationSlot": 3, "connectionData": {**data, "securityProfile": 0}}
    assert (await csms.call("CP-1", "SetNetworkProfile", lower))["status"] == "Rejected"
    assert await _prefer(csms, "2,1") == "RebootRequired"
    assert len(csms.paths) == 1
    await csms.call("CP-1", "Reset", {"type": "Immediate"})
    await until(lambda: csms.paths[-1] == "/elsewhere/moved/CP-1")


async def _prefer(csms: PlainCsms, order: str) -> Any:
    named = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "NetworkConfigurationPriority"}}
    wanted = {"setVariableData": [{**named, "attributeValue": order}]}
    return (await csms.call("CP-1", "SetVariables", wanted))["setVariableResult"][0]["attributeStatus"]


@every
async def test_messages_of_its_own_maker_are_echoed(csms: PlainCsms, station: PowerUp, protocol: str) -> None:
    await station(protocol)
    echo = {"vendorId": "Sandbox", "messageId": "Echo", "data": "hello"}
    assert await csms.call("CP-1", "DataTransfer", echo) == {"status": "Accepted", "data": "hello"}
    assert (await csms.call("CP-1", "DataTransfer", {"vendorId": "Other"}))["status"] == "UnknownVendorId"
