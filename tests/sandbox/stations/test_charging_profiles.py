"""Charging profiles in every version: they are kept, limit the power and are read back."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.stations.station import Station
from tests.csms.station import until
from tests.sandbox.stations.plain import Payload, PlainCsms

PowerUp = Callable[..., Awaitable[Station]]

every = pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
newer = pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])


def profile(protocol: str, number: int, purpose: str, limit: float, **more: Any) -> Payload:
    schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    common = {"stackLevel": more.pop("stack", 0), "chargingProfilePurpose": purpose, "chargingProfileKind": "Relative"}
    if protocol == "ocpp1.6":
        return {"chargingProfileId": number, **common, "chargingSchedule": schedule, **more}
    return {"id": number, **common, "chargingSchedule": [{"id": 1, **schedule}], **more}


def for_connector(protocol: str, place: int, raw: Payload) -> Payload:
    if protocol == "ocpp1.6":
        return {"connectorId": place, "csChargingProfiles": raw}
    return {"evseId": place, "chargingProfile": raw}


@every
async def test_profiles_limit_the_power_and_suspend_it_at_zero(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    one = await station(protocol, power_w=11_000)
    connector = one.charging.connectors[1]

    async def put(place: int, raw: Payload) -> Any:
        return (await csms.call("CP-1", "SetChargingProfile", for_connector(protocol, place, raw)))["status"]

    assert await put(1, profile(protocol, 1, "TxDefaultProfile", 6_000)) == "Accepted"
    assert await put(1, profile(protocol, 2, "TxProfile", 3_000)) == "Rejected", "there is no transaction yet"
    await one.charging.plug_in(1)
    await one.charging.swipe("A", None)
    assert connector.flow_w == 6_000
    await until(lambda: not one.outbox.waiting)
    running = connector.transaction
    assert running is not None
    named = {"transactionId": running.number if protocol == "ocpp1.6" else running.local_id}
    assert await put(1, profile(protocol, 2, "TxProfile", 3_000, **named)) == "Accepted"
    assert connector.flow_w == 3_000
    bound = "ChargePointMaxProfile" if protocol == "ocpp1.6" else "ChargingStationMaxProfile"
    assert await put(0, profile(protocol, 3, bound, 0)) == "Accepted"
    assert connector.flow_w == 0
    peer = csms.peer("CP-1")
    if protocol == "ocpp1.6":
        await until(lambda: peer.of("StatusNotification")[-1]["status"] == "SuspendedEVSE")
    else:
        change = (await until(lambda: [e for e in peer.events() if e["triggerReason"] == "ChargingStateChanged"]))[0]
        assert change["transactionInfo"]["chargingState"] == "SuspendedEVSE"
    wanted = {"id": 3} if protocol == "ocpp1.6" else {"chargingProfileId": 3}
    assert (await csms.call("CP-1", "ClearChargingProfile", wanted))["status"] == "Accepted"
    assert (await csms.call("CP-1", "ClearChargingProfile", wanted))["status"] == "Unknown"
    assert connector.flow_w == 3_000
    await one.charging.swipe("A", None)
    assert [kept.id for kept in one.limits.profiles.all] == [1], "a transaction's profile goes with it"


@every
async def test_the_composite_schedule_is_the_least_of_what_holds(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    await station(protocol, power_w=11_000)
    start = datetime.now(UTC) - timedelta(seconds=100)
    raw = profile(protocol, 1, "TxDefaultProfile", 0)
    schedule = raw["chargingSchedule"] if protocol == "ocpp1.6" else raw["chargingSchedule"][0]
    schedule |= {"startSchedule": start.isoformat(), "duration": 3_600}
    schedule["chargingSchedulePeriod"] = [
        {"startPeriod": 0, "limit": 8_000},
        {"startPeriod": 400, "limit": 4_000},
    ]
    raw["chargingProfileKind"] = "Absolute"
    await csms.call("CP-1", "SetChargingProfile", for_connector(protocol, 1, raw))
    place = {"connectorId": 1} if protocol == "ocpp1.6" else {"evseId": 1}
    answer = await csms.call("CP-1", "GetCompositeSchedule", {**place, "duration": 7_200, "chargingRateUnit": "W"})
    told = answer["chargingSchedule"] if protocol == "ocpp1.6" else answer["schedule"]
    periods = [(one["startPeriod"], one["limit"]) for one in told["chargingSchedulePeriod"]]
    assert [limit for _, limit in periods] == [8_000, 4_000, 11_000]
    assert [round(at, -1) for at, _ in periods] == [0, 300, 3_500]
    other = {"connectorId": 9} if protocol == "ocpp1.6" else {"evseId": 9}
    assert (await csms.call("CP-1", "GetCompositeSchedule", {**other, "duration": 60}))["status"] == "Rejected"


@newer
async def test_profiles_are_read_back(csms: PlainCsms, station: PowerUp, protocol: str) -> None:
    await station(protocol)
    raw = profile(protocol, 8, "TxDefaultProfile", 6_000)
    await csms.call("CP-1", "SetChargingProfile", for_connector(protocol, 1, raw))
    wanted = {"requestId": 1, "chargingProfile": {"chargingProfileId": [8]}}
    assert (await csms.call("CP-1", "GetChargingProfiles", wanted))["status"] == "Accepted"
    told = (await until(lambda: csms.peer("CP-1").of("ReportChargingProfiles")))[0]
    assert (told["evseId"], told["chargingProfile"], told["tbc"]) == (1, [raw], False)
    none = {"requestId": 2, "chargingProfile": {"stackLevel": 5}}
    assert (await csms.call("CP-1", "GetChargingProfiles", none))["status"] == "NoProfiles"
