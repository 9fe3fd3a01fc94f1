"""Calls of stations of OCPP 2: what may come when, and the errors that are due (OCPP.md 13, 16, 18, 19, 21, 28)."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms import v21, v201
from csms.events import Booted, ConnectorStatus
from csms.limits import Limits
from csms.listener import CsmsServer
from csms.ports import Registration
from tests.csms.memory import MemoryRecords
from tests.csms.station import NOW
from tests.csms.station_of_2 import BOOT, SUBPROTOCOLS, booted, station_of_2

pytestmark = [pytest.mark.step("P14"), pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)]

STATUS = {"timestamp": NOW, "connectorStatus": "Occupied", "evseId": 2, "connectorId": 1}
BEFORE_BOOT: list[tuple[str, dict[str, Any]]] = [
    ("Heartbeat", {}),
    ("StatusNotification", STATUS),
    ("TransactionEvent", {}),
    ("Authorize", {"idToken": {"idToken": "TEST-CARD", "type": "ISO14443"}}),
    ("NotifyReport", {"requestId": 1, "generatedAt": NOW, "seqNo": 0}),
    ("Teleport", {}),
]


@pytest.mark.step("O28")
@pytest.mark.parametrize(("action", "payload"), BEFORE_BOOT, ids=[action for action, _ in BEFORE_BOOT])
async def test_what_comes_before_a_boot_is_accepted_is_refused_and_kept_nowhere(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, action: str, payload: dict[str, Any]
) -> None:
    async with station_of_2(server, subprotocol) as station:
        assert (await station.call(action, payload))[0] == "SecurityError"
        assert records.kept["CP-1"].events == []
        assert (await station.boot("ANOTHER"))["status"] == "Rejected"
        assert (await station.call(action, payload))[0] == "SecurityError"
        assert (await station.boot())["status"] == "Accepted"
        answer = await station.call(action, payload)
        assert isinstance(answer, dict) or answer[0] == "NotImplemented"


@pytest.mark.step("O28")
async def test_while_a_boot_is_pending_only_the_report_that_we_ask_for_may_come(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    records.boot_answer = Registration.PENDING
    async with station_of_2(server, subprotocol) as station:
        assert (await station.boot())["status"] == "Pending"
        assert (await station.call("Heartbeat", {}))[0] == "SecurityError"
        assert await station.call("NotifyReport", {"requestId": 1, "generatedAt": NOW, "seqNo": 0}) == {}


@pytest.mark.step("O13")
async def test_a_station_that_comes_back_without_a_boot_goes_on_as_before(server: CsmsServer, subprotocol: str) -> None:
    async with booted(server, subprotocol):
        pass
    async with station_of_2(server, subprotocol) as station:
        assert (await station.call("Heartbeat", {}))["currentTime"]


async def test_a_boot_is_read_and_answered_with_the_time_and_the_interval(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with station_of_2(server, subprotocol) as station:
        modem = {**BOOT["chargingStation"], "modem": {"iccid": "89310", "imsi": "20404"}}  # type: ignore[dict-item]
        answer = await station.call("BootNotification", {**BOOT, "chargingStation": modem})
    assert answer == {"currentTime": "2026-11-21T10:00:05.000Z", "interval": 300, "status": "Accepted"}
    assert records.kept["CP-1"].events == [
        Booted("Volta", "Two", serial="SN-0001", firmware="2.4", iccid="89310", imsi="20404")
    ]


async def test_a_status_is_of_an_evse_and_a_connector_of_it(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    async with booted(server, subprotocol) as station:
        assert await station.call("StatusNotification", STATUS) == {}
        faulted = {**STATUS, "connectorStatus": "Faulted", "evseId": 2**40, "timestamp": "x"}
        assert await station.call("StatusNotification", faulted) == {}
    first, second = records.kept["CP-1"].events[1:]
    assert isinstance(first, ConnectorStatus)
    assert isinstance(second, ConnectorStatus)
    assert (first.connector, first.plug, first.status, first.error_code) == (2, 1, "Occupied", "NoError")
    assert (second.connector, second.error_code, second.timestamp) == (2**31 - 1, "OtherError", None)


@pytest.mark.step("O18", "O19")
@pytest.mark.parametrize(
    ("sent", "message_id", "code"),
    [
        ("no json", "-1", "RpcFrameworkError"),
        ("{}", "-1", "RpcFrameworkError"),
        ([2, None, "Heartbeat", {}], "-1", "RpcFrameworkError"),
        ([2, "a", "Heartbeat"], "a", "RpcFrameworkError"),
        ([2, "a", "Teleport", {}], "a", "NotImplemented"),
        ([2, "a", "StartTransaction", {}], "a", "NotImplemented"),
        ([2, "a", "Reset", {"type": "Immediate"}], "a", "NotSupported"),
        ([2, "a", "Heartbeat", {"more": 1}], "a", "FormatViolation"),
        ([2, "a", "BootNotification", {}], "a", "OccurrenceConstraintViolation"),
        ([2, "a", "BootNotification", {**BOOT, "reason": "Whim"}], "a", "PropertyConstraintViolation"),
        ([2, "a", "StatusNotification", {**STATUS, "evseId": "one"}], "a", "TypeConstraintViolation"),
        ([2, "a", "Authorize", {"idToken": {"idToken": "x"}}], "a", "OccurrenceConstraintViolation"),
    ],
)
async def test_a_call_that_cannot_be_handled_gets_the_error_that_2_names(
    server: CsmsServer, subprotocol: str, sent: Any, message_id: str, code: str
) -> None:
    async with booted(server, subprotocol) as station:
        await station.raw.send(sent)
        answer = await station.raw.frame()
        assert answer[:3] == [4, message_id, code]
        assert await station.call("Heartbeat", {})


STREAM = {"id": 1, "pending": 0, "basetime": NOW, "data": [{"t": 0, "v": "1"}]}
UNANSWERED: list[Any] = [
    [5, "a", "FormatViolation", "our answer was no answer", {}],
    [5, "a"],
    [5],
    [5, None, {"x": []}, []],
    [5, "x" * 10_000, "y" * 10_000],
    [6, "a", "NotifyPeriodicEventStream", STREAM],
    [6, "a", "NotifyPeriodicEventStream"],
    [6, None, None],
    [6],
    [7, "a", "Anything", {}],
    [-1],
]


@pytest.mark.step("O21")
@pytest.mark.parametrize("sent", UNANSWERED, ids=[str(each)[:30] for each in UNANSWERED])
async def test_answers_to_answers_and_messages_that_want_none_get_none(
    server: CsmsServer, subprotocol: str, sent: Any
) -> None:
    async with booted(server, subprotocol) as station:
        await station.raw.send(sent)
        assert (await station.call("Heartbeat", {}))["currentTime"]


@pytest.mark.step("O21")
async def test_a_stream_of_messages_that_want_no_answer_does_not_cut_a_station_off_but_rubbish_does(
    server: CsmsServer, limits: Limits, subprotocol: str
) -> None:
    async with booted(server, subprotocol) as station:
        for _ in range(limits.unreadable_in_a_row + 1):
            await station.raw.send([6, "a", "NotifyPeriodicEventStream", STREAM])
        assert await station.call("Heartbeat", {})
        for _ in range(limits.unreadable_in_a_row):
            await station.raw.send([6, "a"])
        assert await station.raw.closed() == 1008


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
TOLERANT = ["TransactionEvent", "MeterValues"]
fields = st.sampled_from(
    [
        "eventType",
        "meterValue",
        "timestamp",
        "triggerReason",
        "seqNo",
        "offline",
        "transactionInfo",
        "evse",
        "idToken",
        "transactionId",
        "id",
        "type",
        "connectorId",
        "evseId",
        "sampledValue",
        "value",
        "unitOfMeasure",
        "multiplier",
        "signedMeterValue",
        "signedMeterData",
        "status",
    ]
)
payloads = st.dictionaries(fields, json_values | st.dictionaries(fields, json_values, max_size=4), max_size=8)
actions = st.sampled_from([*TOLERANT, *sorted(v21.PROTOCOL.actions), "Reset", "Nonsense"])


@pytest.mark.step("O5", "O18")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(action=actions, payload=payloads)
async def test_whatever_is_sent_the_connection_lives_and_what_moves_money_is_taken(
    server: CsmsServer, subprotocol: str, action: str, payload: dict[str, Any]
) -> None:
    async with booted(server, subprotocol) as station:
        await station.raw.send(json.dumps([2, "x", action, payload]))
        answer = await station.raw.frame()
        assert answer[1] == "x"
        assert answer[0] == 3 or action not in TOLERANT
        assert answer[0] == 3 or answer[2] != "InternalError"
        assert await station.call("Heartbeat", {})


def test_a_dialect_answers_what_its_stations_send(subprotocol: str) -> None:
    ours = {"ocpp2.0.1": v201.PROTOCOL, "ocpp2.1": v21.PROTOCOL}[subprotocol]
    assert v201.PROTOCOL.actions <= ours.actions
    assert ("BatterySwap" in ours.actions) is (subprotocol == "ocpp2.1")
