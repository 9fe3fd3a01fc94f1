"""Frames and calls in both directions: order, bounds, lateness, rubbish (OCPP.md 17, 19-21)."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.limits import Limits
from csms.listener import FRAME_LIMIT_BYTES, CsmsServer
from csms.outcome import Result
from csms.session import StationSession
from csms.station_socket import PARTS_LIMIT
from csms.throttle import SHARE, Throttle
from csms.v16.inbound import ACTIONS
from models.messages import commands
from tests.csms.memory import MemoryRecords
from tests.csms.station import BOOT, station_at, until

pytestmark = pytest.mark.step("P14")

HEARTBEAT = [2, "h", "Heartbeat", {}]


async def session_of(server: CsmsServer, records: MemoryRecords) -> StationSession:
    asset_id = records.kept["CP-1"].station.asset_id
    session = await until(lambda: server.registry.get(asset_id))
    assert isinstance(session, StationSession)
    return session


@pytest.mark.step("O19")
@pytest.mark.parametrize(
    ("sent", "message_id", "code"),
    [
        ("no json", "-1", "FormationViolation"),
        (b"[2]", "-1", "FormationViolation"),
        ("{}", "-1", "FormationViolation"),
        ("[]", "-1", "FormationViolation"),
        ('"2"', "-1", "FormationViolation"),
        ("[" * 5000, "-1", "FormationViolation"),
        (["2", "a", "Heartbeat", {}], "a", "FormationViolation"),
        ([True, "a", "Heartbeat", {}], "a", "FormationViolation"),
        ([2, None, "Heartbeat", {}], "-1", "FormationViolation"),
        ([2, 7, "Heartbeat", {}], "-1", "FormationViolation"),
        ([2, "", "Heartbeat", {}], "-1", "FormationViolation"),
        ([2, "x" * 256, "Heartbeat", {}], "-1", "FormationViolation"),
        ([2], "-1", "FormationViolation"),
        ([2, "a"], "a", "FormationViolation"),
        ([2, "a", "Heartbeat"], "a", "FormationViolation"),
        ([2, "a", "Heartbeat", {}, {}], "a", "FormationViolation"),
        ([2, "a", "Heartbeat", []], "a", "FormationViolation"),
        ([2, "a", 1, {}], "a", "FormationViolation"),
        ([2, "a", "Teleport", {}], "a", "NotImplemented"),
        ([2, "a", "../../../etc/passwd", {}], "a", "NotImplemented"),
        ([2, "a", "RemoteStartTransaction", {"idTag": "x"}], "a", "NotSupported"),
        ([2, "a", "Heartbeat", {"more": 1}], "a", "FormationViolation"),
        ([2, "a", "BootNotification", {}], "a", "OccurenceConstraintViolation"),
        ([2, "a", "BootNotification", {**BOOT, "chargePointModel": 5}], "a", "TypeConstraintViolation"),
        ([2, "a", "BootNotification", {**BOOT, "chargePointModel": "x" * 21}], "a", "PropertyConstraintViolation"),
        ([2, "a", "Authorize", {"idTag": "x" * 21}], "a", "PropertyConstraintViolation"),
    ],
)
async def test_a_call_that_cannot_be_handled_gets_the_error_that_1_6_names(
    server: CsmsServer, sent: Any, message_id: str, code: str
) -> None:
    async with station_at(server) as station:
        await station.send(sent)
        answer = await station.frame()
        assert answer[:3] == [4, message_id, code]
        assert isinstance(answer[3], str)
        assert answer[4] == {}
        await station.send(HEARTBEAT)
        assert (await station.frame())[:2] == [3, "h"]


@pytest.mark.step("O21")
@pytest.mark.parametrize(
    "sent",
    [
        [5, "a", "code", "text", {}],
        [6, "a", "Heartbeat", {}],
        [-2, "a", "Heartbeat", {}],
        [3, "never asked", {}],
        [3],
        [3, None, {}],
        [4, "-1", "GenericError", "", {}],
        [4],
        [4, None, 5],
    ],
)
async def test_what_wants_no_answer_gets_none(server: CsmsServer, sent: Any) -> None:
    async with station_at(server) as station:
        await station.send(sent)
        await station.send(HEARTBEAT)
        assert (await station.frame())[:2] == [3, "h"]


@pytest.mark.step("O21")
async def test_a_long_message_id_that_some_stations_use_is_answered_under_it(server: CsmsServer) -> None:
    async with station_at(server) as station:
        await station.send([2, "x" * 100, "Heartbeat", {}])
        assert (await station.frame())[:2] == [3, "x" * 100]


@pytest.mark.step("O21")
async def test_a_message_over_the_size_limit_closes_the_socket_and_nothing_else(server: CsmsServer) -> None:
    async with station_at(server) as station:
        await station.send("x" * (FRAME_LIMIT_BYTES + 1))
        assert await station.closed() == 1009
    async with station_at(server) as station:
        assert await station.call("Heartbeat", {})


async def test_a_station_that_sends_nothing_but_rubbish_is_cut_off(server: CsmsServer, limits: Limits) -> None:
    async with station_at(server) as station:
        for _ in range(limits.unreadable_in_a_row):
            await station.send("rubbish")
        assert await station.closed() == 1008


@pytest.mark.step("O21")
async def test_a_flood_is_slowed_down_and_every_call_is_answered_in_order(records: MemoryRecords) -> None:
    limits = Limits(queued_calls=4, messages_per_s=2000, burst=50)
    async with (
        CsmsServer(records, host="127.0.0.1", port=0, node="n", limits=limits) as server,
        station_at(server) as station,
    ):
        records.hold = asyncio.Event()
        sending = asyncio.create_task(_flood(station, 400))
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        records.hold.set()
        await sending
        assert [(await station.frame())[1] for _ in range(400)] == [str(number) for number in range(400)]
        assert await station.call("StatusNotification", status) == {}


async def _flood(station: Any, calls: int) -> None:
    for number in range(calls):
        payload = {"connectorId": number, "errorCode": "NoError", "status": "Available"}
        await station.send([2, str(number), "StatusNotification", payload])


def test_a_throttle_lets_a_burst_through_and_then_its_rate() -> None:
    now = 0.0
    throttle = Throttle(10, 3, lambda: now)
    assert [throttle.delay_s() for _ in range(4)] == pytest.approx([0, 0, 0, 0.1])
    now = 60.0
    assert [throttle.delay_s() for _ in range(4)] == pytest.approx([0, 0, 0, 0.1])


@pytest.mark.step("O17")
async def test_a_command_is_answered_while_a_handler_of_the_same_station_still_runs(
    server: CsmsServer, records: MemoryRecords
) -> None:
    async with station_at(server) as station:
        await station.boot_and_refuse_the_key()
        session = await session_of(server, records)
        records.hold = asyncio.Event()
        await station.send([2, "slow", "Authorize", {"idTag": "TEST-CARD"}])
        command = asyncio.create_task(session.execute(commands.Reset()))
        await station.answer(await station.asked(), {"status": "Accepted"})
        assert (await command).result is Result.ACCEPTED
        records.hold.set()
        assert (await station.frame())[:2] == [3, "slow"]


@pytest.mark.step("O20")
async def test_one_call_of_ours_is_outstanding_at_a_time(server: CsmsServer, records: MemoryRecords) -> None:
    async with station_at(server) as station:
        await station.boot_and_refuse_the_key()
        session = await session_of(server, records)
        both = [asyncio.create_task(session.execute(commands.Unlock(connector=number))) for number in (1, 2)]
        first = await station.asked()
        await station.call("Heartbeat", {})
        assert station.calls_waiting() == 0
        await station.answer(first, {"status": "Unlocked"})
        await station.answer(await station.asked(), {"status": "UnlockFailed"})
        outcomes = [(await task).result for task in both]
        assert outcomes == [Result.ACCEPTED, Result.REJECTED]


@pytest.mark.step("O20")
async def test_a_late_answer_is_dropped_without_harm(records: MemoryRecords) -> None:
    limits = Limits(call_s=0.05)
    async with (
        CsmsServer(records, host="127.0.0.1", port=0, node="n", limits=limits) as server,
        station_at(server) as station,
    ):
        session = await session_of(server, records)
        assert (await session.execute(commands.Reset())).result is Result.NO_ANSWER
        late = await station.asked()
        second = asyncio.create_task(session.execute(commands.Reset(kind="hard")))
        asked = await station.asked()
        await station.answer(late, {"status": "Accepted"})
        await station.answer(asked, {"status": "Rejected"})
        assert (await second).result is Result.REJECTED
        assert await station.call("Heartbeat", {})


async def test_a_command_whose_socket_ends_before_the_answer_says_so(
    server: CsmsServer, records: MemoryRecords
) -> None:
    async with station_at(server) as station:
        session = await session_of(server, records)
        command = asyncio.create_task(session.execute(commands.Reset()))
        await station.asked()
        await station.end()
        assert (await command).result is Result.NO_ANSWER


async def test_a_call_that_cannot_be_stored_is_answered_with_internal_error_and_taken_when_it_comes_again(
    server: CsmsServer, records: MemoryRecords
) -> None:
    start = {"connectorId": 1, "idTag": "TEST-CARD", "meterStart": 0, "timestamp": "2026-11-21T10:00:00Z"}
    async with station_at(server) as station:
        records.broken = True
        assert (await station.call("StartTransaction", start))[0] == "InternalError"
        records.broken = False
        assert (await station.call("StartTransaction", start))["transactionId"] == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
actions = st.sampled_from([*sorted(ACTIONS), "GetLog", "Nonsense"])
fields = st.sampled_from(
    [
        "connectorId",
        "idTag",
        "meterStart",
        "meterStop",
        "timestamp",
        "transactionId",
        "meterValue",
        "reason",
        "status",
        "transactionData",
        "sampledValue",
        "errorCode",
        "vendorId",
        "chargePointVendor",
        "chargePointModel",
        "value",
    ]
)
payloads = st.dictionaries(fields, json_values | st.lists(st.dictionaries(fields, json_values), max_size=3), max_size=6)
calls = st.tuples(st.just(2), st.text(min_size=1, max_size=40), actions, payloads).map(list)


@pytest.mark.step("O21")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=calls | st.lists(json_values, max_size=6) | json_values)
async def test_whatever_is_sent_the_connection_lives_and_each_call_is_answered(server: CsmsServer, frame: Any) -> None:
    async with station_at(server) as station:
        await station.send(json.dumps(frame))
        await station.send([2, "probe", "Heartbeat", {}])
        answers = []
        while (answer := await station.frame())[1:2] != ["probe"]:
            answers.append(answer)
        assert len(answers) == _answers_due(frame)
        if _answers_due(frame) and isinstance(frame, list) and len(frame) == 4 and frame[0] == 2:
            assert answers[0][1] in {frame[1], "-1"}
            tolerant = frame[2] in {"StartTransaction", "StopTransaction", "MeterValues"}
            assert not (tolerant and answers[0][0] == 4)


def _answers_due(frame: Any) -> int:
    if isinstance(frame, list) and frame and type(frame[0]) is int and frame[0] != 2 and abs(frame[0]) < 2**63:
        return 0
    return 1


def test_a_large_message_weighs_as_several() -> None:
    throttle = Throttle(10, 100, lambda: 0.0)
    assert throttle.delay_s(99 * SHARE) == 0
    assert throttle.delay_s(9 * SHARE) == pytest.approx(1)


@pytest.mark.step("O21")
async def test_a_message_in_parts_is_one_and_what_is_no_text_is_answered_or_ends_the_socket(server: CsmsServer) -> None:
    async with station_at(server) as station:
        await station.socket.send(["[2,", '"in parts",', '"Heartbeat",', "{}]"])
        assert (await station.frame())[:2] == [3, "in parts"]
        await station.socket.send(b'[2,"binary","Heartbeat",{}]')
        assert (await station.frame())[:3] == [4, "-1", "FormationViolation"]
        await station.socket.send([b'[2,"', b'\xff","Heartbeat",{}]'], text=True)
        assert await station.closed() == 1007
    async with station_at(server) as station:
        await station.socket.send([""] * (PARTS_LIMIT + 1))
        assert await station.closed() == 1009


async def test_what_a_station_sends_before_its_connection_is_recorded_is_kept_and_answered(
    records: MemoryRecords, server: CsmsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = asyncio.Event()
    connected = records.connected

    async def slow(*args: Any) -> None:
        await recorded.wait()
        await connected(*args)

    monkeypatch.setattr(records, "connected", slow)
    async with station_at(server) as station:
        await _flood(station, 100)
        recorded.set()
        assert [(await station.frame())[1] for _ in range(100)] == [str(number) for number in range(100)]
