"""Messages that move money: read tolerantly, always answered, never lost (OCPP.md 1-5, 7, 8, 10, 15, 16, 18)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from csms.events import Authorise, ConnectorStatus, Irregularity, Metered, Started, Stopped, Told, Topic
from csms.listener import CsmsServer
from tests.csms.conftest import RECEIVED_AT
from tests.csms.memory import MemoryRecords
from tests.csms.station import NOW, station_at

pytestmark = pytest.mark.step("P15")

START = {"connectorId": 1, "idTag": "test-card", "meterStart": 1000, "timestamp": NOW}


def last(records: MemoryRecords, kind: type[Any]) -> Any:
    found = [event for event in records.kept["CP-1"].events if isinstance(event, kind)]
    assert found, f"no {kind.__name__} was recorded"
    return found[-1]


def fields(event: Any) -> set[str]:
    return {irregularity.field for irregularity in event.irregularities}


async def test_a_start_is_recorded_with_its_frame_and_answered_with_a_transaction_id(
    server: CsmsServer, records: MemoryRecords
) -> None:
    async with station_at(server) as station:
        answer = await station.call("StartTransaction", {**START, "reservationId": 7})
    assert answer == {
        "transactionId": 1,
        "idTagInfo": {"status": "Accepted", "expiryDate": "2030-01-01T00:00:00.000Z"},
    }
    event = last(records, Started)
    assert (event.connector, event.token, event.meter_start_wh, event.reservation_id) == (1, "test-card", 1000, 7)
    assert event.timestamp == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert json.loads(event.evidence)[2:] == ["StartTransaction", {**START, "reservationId": 7}]
    assert event.irregularities == ()


async def test_a_start_retried_with_a_new_message_id_gets_the_same_transaction(server: CsmsServer) -> None:
    async with station_at(server) as station:
        first = await station.call("StartTransaction", START)
    async with station_at(server) as station:
        assert await station.call("StartTransaction", START) == first
        other = await station.call("StartTransaction", {**START, "meterStart": 2000})
        assert other["transactionId"] != first["transactionId"]


@pytest.mark.parametrize(("tag", "status"), [("BAD", "Blocked"), ("NOBODY", "Invalid"), ("", "Invalid")])
async def test_a_start_with_a_refused_tag_still_gets_a_transaction_of_its_own(
    server: CsmsServer, tag: str, status: str
) -> None:
    async with station_at(server) as station:
        answer = await station.call("StartTransaction", {**START, "idTag": tag})
    assert answer["transactionId"] > 0
    assert answer["idTagInfo"]["status"] == status


@pytest.mark.parametrize(
    ("changes", "odd"),
    [
        ({"meterStart": None}, "/meterStart"),
        ({"meterStart": "1000"}, "/meterStart"),
        ({"meterStart": 1000.4}, "/meterStart"),
        ({"meterStart": 2**40}, "/meterStart"),
        ({"meterStart": {"x": []}}, "/meterStart"),
        ({"connectorId": 2**31}, "/connectorId"),
        ({"connectorId": "one"}, "/connectorId"),
        ({"idTag": 12345}, "/idTag"),
        ({"idTag": "x" * 30}, "/idTag"),
        ({"idTag": ["x"]}, "/idTag"),
        ({"idTag": "a\0b"}, None),
        ({"timestamp": "yesterday"}, "/timestamp"),
        ({"timestamp": 1700000000}, "/timestamp"),
        ({"vendorField": {"deep": [1, 2]}}, ""),
    ],
)
async def test_a_start_that_is_not_as_it_should_be_is_answered_as_valid_kept_and_marked(
    server: CsmsServer, records: MemoryRecords, changes: dict[str, Any], odd: str | None
) -> None:
    payload = {**START, **changes}
    async with station_at(server) as station:
        assert (await station.call("StartTransaction", payload))["transactionId"] > 0
    event = last(records, Started)
    assert json.loads(event.evidence)[3] == payload
    assert "\0" not in event.token
    assert odd is None or odd in fields(event)


async def test_a_start_without_any_field_is_kept_too(server: CsmsServer, records: MemoryRecords) -> None:
    async with station_at(server) as station:
        assert (await station.call("StartTransaction", {}))["idTagInfo"]["status"] == "Invalid"
    event = last(records, Started)
    assert (event.connector, event.token, event.meter_start_wh) == (None, "", None)
    assert {"/connectorId", "/idTag", "/meterStart", "/timestamp"} <= fields(event)


@pytest.mark.parametrize(
    ("written", "read", "odd"),
    [
        ("2026-11-21T12:00:00+02:00", datetime(2026, 11, 21, 10, tzinfo=UTC), False),
        ("2026-11-21T10:00:00.123456789Z", datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC), False),
        ("2026-11-21T10:00:00", datetime(2026, 11, 21, 10, tzinfo=UTC), True),
        ("1970-01-01T00:00:07Z", datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC), True),
        ("2099-01-01T00:00:00Z", datetime(2099, 1, 1, tzinfo=UTC), True),
    ],
)
async def test_timestamps_are_read_as_stations_write_them(
    server: CsmsServer, records: MemoryRecords, written: str, read: datetime, odd: bool
) -> None:
    async with station_at(server) as station:
        await station.call("StartTransaction", {**START, "timestamp": written})
    event = last(records, Started)
    assert event.timestamp == read
    assert ("/timestamp" in fields(event)) is odd


@pytest.mark.parametrize("written", ["", "soon", None, 5, "0001-01-01T00:00:00+23:59"])
async def test_an_unreadable_time_is_replaced_by_the_time_of_receipt_and_marked(
    server: CsmsServer, records: MemoryRecords, written: Any
) -> None:
    async with station_at(server) as station:
        await station.call("StartTransaction", {**START, "timestamp": written})
    event = last(records, Started)
    assert event.timestamp == RECEIVED_AT
    assert "/timestamp" in fields(event)


async def test_a_stop_with_a_vendors_own_reason_and_an_empty_sample_is_kept(
    server: CsmsServer, records: MemoryRecords
) -> None:
    values = [{"timestamp": NOW, "sampledValue": [{"value": ""}, {"value": "5.25", "unit": "kWh"}]}]
    stop = {"transactionId": 1, "meterStop": 5250, "timestamp": NOW, "reason": "VendorX", "transactionData": values}
    async with station_at(server) as station:
        assert await station.call("StopTransaction", stop) == {}
    event = last(records, Stopped)
    assert (event.transaction_id, event.meter_stop_wh, event.reason, event.token) == (1, 5250, "VendorX", None)
    assert [sample.value for sample in event.samples] == [Decimal(5250)]
    assert {"/reason", "/transactionData/0/sampledValue/0"} <= fields(event)


async def test_a_stop_with_a_tag_is_told_what_the_tag_is_worth(server: CsmsServer) -> None:
    stop = {"transactionId": 1, "meterStop": 5250, "timestamp": NOW, "idTag": "BAD"}
    async with station_at(server) as station:
        assert await station.call("StopTransaction", stop) == {"idTagInfo": {"status": "Blocked"}}


@pytest.mark.parametrize("number", [-1, 0, 999, None, "7", 2**40])
async def test_a_stop_of_an_unknown_transaction_is_answered_as_valid_and_kept(
    server: CsmsServer, records: MemoryRecords, number: Any
) -> None:
    stop = {"transactionId": number, "meterStop": 10, "timestamp": NOW}
    async with station_at(server) as station:
        assert await station.call("StopTransaction", stop) == {}
        assert await station.call("StopTransaction", stop) == {}
    assert json.loads(last(records, Stopped).evidence)[3] == stop


async def test_meter_values_are_read_in_base_units_and_what_is_no_value_is_marked(
    server: CsmsServer, records: MemoryRecords
) -> None:
    sampled = [
        {"value": "1.5", "unit": "kWh", "context": "Sample.Periodic"},
        {"value": "1234"},
        {"value": 16.5, "measurand": "Current.Import", "phase": "L1"},
        {"value": "7,4", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "NaN"},
        {"value": "1e99"},
        {"value": None},
        "rubbish",
        {"value": "AbCd==", "format": "SignedData"},
    ]
    payload = {"connectorId": 1, "meterValue": [{"timestamp": NOW, "sampledValue": sampled}, {"timestamp": NOW}, 5]}
    async with station_at(server) as station:
        assert await station.call("MeterValues", payload) == {}
    event = last(records, Metered)
    assert event.transaction_id is None
    assert [(sample.value, sample.unit) for sample in event.samples] == [
        (Decimal(1500), "Wh"),
        (Decimal(1234), "Wh"),
        (Decimal("16.5"), "A"),
        (Decimal(7400), "W"),
        (None, "Wh"),
    ]
    assert event.samples[-1].signed == "AbCd=="
    odd = {f"/meterValue/0/sampledValue/{number}" for number in (4, 5, 6, 7)} | {"/meterValue/1", "/meterValue/2"}
    assert odd <= fields(event)
    assert json.loads(event.evidence)[3] == payload


@pytest.mark.parametrize(
    "payload", [{}, {"connectorId": 0, "meterValue": []}, {"meterValue": "x", "transactionId": -1}]
)
async def test_meter_values_without_values_are_answered_as_valid(
    server: CsmsServer, records: MemoryRecords, payload: dict[str, Any]
) -> None:
    async with station_at(server) as station:
        assert await station.call("MeterValues", payload) == {}
    assert last(records, Metered).samples == ()


async def test_what_the_station_is_told_is_committed_before(server: CsmsServer, records: MemoryRecords) -> None:
    async with station_at(server) as station:
        records.broken = True
        answer = await station.call("MeterValues", {"connectorId": 1, "meterValue": []})
        assert answer[0] == "InternalError"


async def test_authorize_may_overtake_a_transaction_and_is_answered_by_the_tag(
    server: CsmsServer, records: MemoryRecords
) -> None:
    async with station_at(server) as station:
        answer = await station.call("Authorize", {"idTag": "Test-Card"})
        assert answer["idTagInfo"]["status"] == "Accepted"
    assert last(records, Authorise).token == "Test-Card"


async def test_a_status_before_the_boot_is_answered_and_a_connector_beyond_reason_is_bounded(
    server: CsmsServer, records: MemoryRecords
) -> None:
    status = {"connectorId": 2**40, "errorCode": "NoError", "status": "Available", "timestamp": "1970-01-01T00:00:00"}
    async with station_at(server) as station:
        assert await station.call("StatusNotification", status) == {}
    event = last(records, ConnectorStatus)
    assert event.connector == 2**31 - 1
    assert Irregularity("/timestamp", "before any station: clock not set") in event.irregularities


TOLD: list[tuple[str, dict[str, Any], Topic, str, int | None]] = [
    ("FirmwareStatusNotification", {"status": "Installed"}, Topic.FIRMWARE, "Installed", None),
    (
        "SignedFirmwareStatusNotification",
        {"status": "InvalidSignature", "requestId": 9},
        Topic.FIRMWARE,
        "InvalidSignature",
        9,
    ),
    ("DiagnosticsStatusNotification", {"status": "Uploading"}, Topic.LOG, "Uploading", None),
    ("LogStatusNotification", {"status": "UploadFailure", "requestId": 5}, Topic.LOG, "UploadFailure", 5),
    (
        "SecurityEventNotification",
        {"type": "InvalidFirmwareSignature", "timestamp": NOW, "techInfo": "slot 2"},
        Topic.SECURITY,
        "InvalidFirmwareSignature",
        None,
    ),
]


@pytest.mark.parametrize(("action", "payload", "topic", "word", "request_id"), TOLD, ids=[each[0] for each in TOLD])
async def test_what_a_station_tells_of_firmware_logs_and_security_is_kept(
    server: CsmsServer,
    records: MemoryRecords,
    action: str,
    payload: dict[str, Any],
    topic: Topic,
    word: str,
    request_id: int | None,
) -> None:
    async with station_at(server) as station:
        assert await station.call(action, payload) == {}
    event = last(records, Told)
    assert (event.topic, event.word, event.request, event.info) == (topic, word, request_id, payload.get("techInfo"))


async def test_what_we_can_not_do_is_answered_as_the_standard_has_it(server: CsmsServer) -> None:
    async with station_at(server) as station:
        assert await station.call("DataTransfer", {"vendorId": "x", "data": "y"}) == {"status": "UnknownVendorId"}
        assert await station.call("SignCertificate", {"csr": "x"}) == {"status": "Rejected"}
