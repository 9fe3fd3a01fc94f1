"""What stations of OCPP 2 tell of themselves is kept, and what we can't do is said (OCPP.md 18)."""

from typing import Any

import pytest

from csms import masking
from csms.events import Reported, ReportKind, Told, Topic
from csms.listener import CsmsServer
from tests.csms.conftest import RECEIVED_AT
from tests.csms.memory import MemoryRecords
from tests.csms.station import NOW
from tests.csms.station_of_2 import SUBPROTOCOLS, booted
from tests.csms.test_transactions import fields, last

pytestmark = pytest.mark.step("P14")
both = pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)

SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
}
PROFILE = {
    "id": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": [SCHEDULE],
}
HEAT = {
    "eventId": 1,
    "timestamp": NOW,
    "trigger": "Alerting",
    "actualValue": "91",
    "eventNotificationType": "HardWiredNotification",
    "component": {"name": "Controller"},
    "variable": {"name": "Temperature"},
}
NAMED = {"component": {"name": "Controller"}, "variable": {"name": "Temperature"}}
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "c"}
SWAP = {
    "eventType": "BatteryIn",
    "requestId": 4,
    "idToken": {"idToken": "x", "type": "Local"},
    "batteryData": [{"evseId": 1, "serialNumber": "B1", "soC": 20, "soH": 90}],
}

TOLD: list[tuple[str, dict[str, Any], Topic, str, int | None, str | None]] = [
    ("FirmwareStatusNotification", {"status": "Installed", "requestId": 9}, Topic.FIRMWARE, "Installed", 9, None),
    ("PublishFirmwareStatusNotification", {"status": "Published"}, Topic.FIRMWARE_SHARED, "Published", None, None),
    ("LogStatusNotification", {"status": "AcceptedCanceled", "requestId": 5}, Topic.LOG, "AcceptedCanceled", 5, None),
    (
        "SecurityEventNotification",
        {"type": "FirmwareUpdated", "timestamp": NOW, "techInfo": "slot\0 2"},
        Topic.SECURITY,
        "FirmwareUpdated",
        None,
        "slot\N{REPLACEMENT CHARACTER} 2",
    ),
    (
        "ReservationStatusUpdate",
        {"reservationId": 8, "reservationUpdateStatus": "Expired"},
        Topic.RESERVATION,
        "Expired",
        8,
        None,
    ),
    (
        "ClearedChargingLimit",
        {"chargingLimitSource": "EMS", "evseId": 2},
        Topic.CHARGING_LIMIT_CLEARED,
        "EMS",
        None,
        "EVSE 2",
    ),
]

REPORTED: list[tuple[str, dict[str, Any], ReportKind]] = [
    (
        "NotifyReport",
        {
            "requestId": 1,
            "generatedAt": NOW,
            "seqNo": 0,
            "tbc": True,
            "reportData": [{**NAMED, "variableAttribute": [{"type": "Actual", "value": "41"}]}],
        },
        ReportKind.DEVICE_MODEL,
    ),
    ("NotifyEvent", {"generatedAt": NOW, "seqNo": 0, "eventData": [HEAT]}, ReportKind.EVENTS),
    (
        "NotifyDisplayMessages",
        {
            "requestId": 3,
            "messageInfo": [
                {"id": 1, "priority": "InFront", "message": {"format": "UTF8", "language": "en", "content": "Hi\0"}}
            ],
        },
        ReportKind.DISPLAY_MESSAGES,
    ),
    (
        "NotifyCustomerInformation",
        {"data": "a person's", "seqNo": 0, "generatedAt": NOW, "requestId": 4},
        ReportKind.CUSTOMER_INFORMATION,
    ),
    (
        "ReportChargingProfiles",
        {"requestId": 5, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [PROFILE]},
        ReportKind.CHARGING_PROFILES,
    ),
    (
        "NotifyChargingLimit",
        {"chargingLimit": {"chargingLimitSource": "EMS"}, "evseId": 1, "chargingSchedule": [SCHEDULE]},
        ReportKind.CHARGING_LIMIT,
    ),
]


@both
@pytest.mark.parametrize(
    ("action", "payload", "topic", "word", "request_id", "info"), TOLD, ids=[each[0] for each in TOLD]
)
async def test_news_in_a_word_is_kept_with_what_it_is_about(
    server: CsmsServer,
    records: MemoryRecords,
    subprotocol: str,
    action: str,
    payload: dict[str, Any],
    topic: Topic,
    word: str,
    request_id: int | None,
    info: str | None,
) -> None:
    async with booted(server, subprotocol) as station:
        assert await station.call(action, payload) == {}
    event = last(records, Told)
    assert (event.topic, event.word, event.request, event.info) == (topic, word, request_id, info)


@both
@pytest.mark.parametrize(("action", "payload", "kind"), REPORTED, ids=[each[0] for each in REPORTED])
async def test_a_report_is_kept_part_by_part_as_it_came(
    server: CsmsServer,
    records: MemoryRecords,
    subprotocol: str,
    action: str,
    payload: dict[str, Any],
    kind: ReportKind,
) -> None:
    async with booted(server, subprotocol) as station:
        assert await station.call(action, payload) == {}
    event = last(records, Reported)
    assert (event.kind, event.request, event.part) == (kind, payload.get("requestId"), payload.get("seqNo"))
    assert event.is_last is not payload.get("tbc", False)
    assert event.payload.keys() == payload.keys()
    assert "\0" not in str(event.payload)


@both
async def test_an_event_is_told_in_a_line(server: CsmsServer, records: MemoryRecords, subprotocol: str) -> None:
    async with booted(server, subprotocol) as station:
        events = {"generatedAt": "no time", "seqNo": 0, "eventData": [HEAT, {**HEAT, "cleared": True}]}
        assert await station.call("NotifyEvent", events) == {}
    event = last(records, Reported)
    assert event.info == "Controller.Temperature is 91; Controller.Temperature is 91 again"
    assert (event.timestamp, fields(event)) == (RECEIVED_AT, {"/generatedAt"})


@pytest.mark.parametrize(
    ("subprotocol", "more"), [("ocpp2.0.1", {}), ("ocpp2.1", {"eventNotificationType": "CustomMonitor"})]
)
async def test_the_monitors_of_a_station_are_kept(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, more: dict[str, Any]
) -> None:
    monitor = {"id": 1, "transaction": False, "value": 90, "type": "UpperThreshold", "severity": 3, **more}
    payload = {
        "requestId": 2,
        "generatedAt": NOW,
        "seqNo": 3,
        "tbc": True,
        "monitor": [{**NAMED, "variableMonitoring": [monitor]}],
    }
    async with booted(server, subprotocol) as station:
        assert await station.call("NotifyMonitoringReport", payload) == {}
    event = last(records, Reported)
    assert (event.kind, event.request, event.part, event.is_last) == (ReportKind.MONITORS, 2, 3, False)
    assert event.payload == payload


NEEDS = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase"}}
PLAN = {"timeBase": NOW, "evseId": 1, "chargingSchedule": SCHEDULE}


@pytest.mark.parametrize(("subprotocol", "status"), [("ocpp2.0.1", "Rejected"), ("ocpp2.1", "NoChargingProfile")])
async def test_a_cars_needs_and_its_plan_are_kept_and_no_profile_is_promised(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, status: str
) -> None:
    async with booted(server, subprotocol) as station:
        assert await station.call("NotifyEVChargingNeeds", NEEDS) == {"status": status}
        assert last(records, Reported).kind == ReportKind.CHARGING_NEEDS
        assert await station.call("NotifyEVChargingSchedule", PLAN) == {"status": "Accepted"}
    event = last(records, Reported)
    assert (event.kind, event.payload, event.info) == (ReportKind.CHARGING_SCHEDULE, PLAN, "EVSE 1")


OCSP = {**HASH, "responderURL": "http://ocsp.example"}
NOT_OFFERED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("DataTransfer", {"vendorId": "x", "data": {"any": ["thing"]}}, {"status": "UnknownVendorId"}),
    ("SignCertificate", {"csr": "x"}, {"status": "Rejected"}),
    (
        "Get15118EVCertificate",
        {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "x"},
        {"status": "Failed", "exiResponse": ""},
    ),
    ("GetCertificateStatus", {"ocspRequestData": OCSP}, {"status": "Failed"}),
]


@both
@pytest.mark.parametrize(("action", "payload", "answer"), NOT_OFFERED, ids=[each[0] for each in NOT_OFFERED])
async def test_what_we_do_not_offer_is_answered_so(
    server: CsmsServer, subprotocol: str, action: str, payload: dict[str, Any], answer: dict[str, Any]
) -> None:
    async with booted(server, subprotocol) as station:
        assert await station.call(action, payload) == answer


ONLY_2_1: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "OpenPeriodicEventStream",
        {"constantStreamData": {"id": 1, "variableMonitoringId": 2, "params": {}}},
        {"status": "Rejected"},
    ),
    ("ClosePeriodicEventStream", {"id": 1}, {}),
    ("PullDynamicScheduleUpdate", {"chargingProfileId": 1}, {"status": "Rejected"}),
    (
        "VatNumberValidation",
        {"vatNumber": "NL001", "evseId": 2},
        {"vatNumber": "NL001", "evseId": 2, "status": "Rejected"},
    ),
    (
        "GetCertificateChainStatus",
        {"certificateStatusRequests": [{"certificateHashData": HASH, "source": "OCSP", "urls": ["http://x.example"]}]},
        {
            "certificateStatus": [
                {
                    "certificateHashData": HASH,
                    "source": "OCSP",
                    "status": "Failed",
                    "nextUpdate": "2026-11-21T10:00:05.000Z",
                }
            ]
        },
    ),
]
REPORTED_2_1: list[tuple[str, dict[str, Any], ReportKind]] = [
    ("BatterySwap", SWAP, ReportKind.BATTERY_SWAP),
    ("NotifyDERAlarm", {"controlType": "FreqDroop", "timestamp": NOW}, ReportKind.GRID_ALARM),
    ("NotifyDERStartStop", {"controlId": "1", "started": True, "timestamp": NOW}, ReportKind.GRID_CONTROL_SWITCHED),
    ("ReportDERControl", {"requestId": 6, "tbc": False}, ReportKind.GRID_CONTROLS),
    (
        "NotifySettlement",
        {"pspRef": "p", "status": "Settled", "settlementAmount": 12.5, "settlementTime": NOW},
        ReportKind.SETTLEMENT,
    ),
]


@pytest.mark.parametrize(("action", "payload", "answer"), ONLY_2_1, ids=[each[0] for each in ONLY_2_1])
async def test_what_only_2_1_has_and_we_do_not_offer_is_answered_so(
    server: CsmsServer, action: str, payload: dict[str, Any], answer: dict[str, Any]
) -> None:
    async with booted(server, "ocpp2.1") as station:
        assert await station.call(action, payload) == answer
    async with booted(server, "ocpp2.0.1") as station:
        assert (await station.call(action, payload))[0] == "NotImplemented"


@pytest.mark.parametrize(("action", "payload", "kind"), REPORTED_2_1, ids=[each[0] for each in REPORTED_2_1])
async def test_what_only_2_1_reports_is_kept(
    server: CsmsServer, records: MemoryRecords, action: str, payload: dict[str, Any], kind: ReportKind
) -> None:
    async with booted(server, "ocpp2.1") as station:
        assert await station.call(action, payload) == {}
    event = last(records, Reported)
    assert (event.kind, event.payload, event.request) == (kind, masking.masked(payload), payload.get("requestId"))
    assert event.payload.keys() == payload.keys()


async def test_priority_charging_that_was_switched_at_the_station_is_kept(
    server: CsmsServer, records: MemoryRecords
) -> None:
    async with booted(server, "ocpp2.1") as station:
        assert await station.call("NotifyPriorityCharging", {"transactionId": "t-1", "activated": True}) == {}
    event = last(records, Told)
    assert (event.topic, event.word, event.info) == (Topic.PRIORITY_CHARGING, "activated", "t-1")


@both
@pytest.mark.step("O18")
async def test_a_report_that_is_not_as_the_standard_has_it_is_refused(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with booted(server, subprotocol) as station:
        answer = await station.call("NotifyEvent", {"generatedAt": NOW, "seqNo": 0, "eventData": [{"eventId": 1}]})
        assert answer[0] == "OccurrenceConstraintViolation"
        assert (await station.call("ReservationStatusUpdate", {}))[0] == "OccurrenceConstraintViolation"
    assert not [event for event in records.kept["CP-1"].events if isinstance(event, Reported | Told)]
