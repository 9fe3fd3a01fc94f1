"""Scripts: what a station is told to do and suffer, step by step, over real sockets."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from csms.events import Started, Stopped
from csms.listener import CsmsServer
from sandbox.stations.description import Description
from sandbox.stations.park import Park
from sandbox.stations.station import Station
from tests.csms.memory import MemoryRecords
from tests.csms.station import until, until_async
from tests.sandbox.stations.plain import PlainCsms

PowerUp = Callable[..., Awaitable[Station]]
Step = dict[str, Any]

LETS_ALL_IN = {
    "ocpp1.6": {"AllowOfflineTxForUnknownId": "true"},
    "ocpp2.0.1": {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"},
}
QUIET = {
    "ocpp1.6": {"MeterValueSampleInterval": "100000"},
    "ocpp2.0.1": {"SampledDataCtrlr.TxUpdatedInterval": "100000"},
}
versions = pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])


async def played(station: Station, *steps: Step) -> list[str]:
    """What came of each step."""
    whole = Description.model_validate({**station.description.model_dump(), "script": list(steps)})
    station.script.play(whole.script)
    await until(lambda: station.script.state != "running")
    shown = station.script.shown()
    assert shown["state"] == "done", shown
    return [one["outcome"] for one in shown["outcomes"]]


SESSION: list[Step] = [
    {"do": "plug_in"},
    {"do": "swipe", "id_token": "CARD"},
    {"do": "wait", "s": 1},
    {"do": "swipe", "id_token": "CARD"},
    {"do": "unplug"},
]


async def test_a_whole_session_off_line_is_replayed_to_our_front(
    server: CsmsServer, records: MemoryRecords, control: httpx.AsyncClient, described: Callable[..., dict[str, Any]]
) -> None:
    assert server.port
    kept = records.kept["CP-1"]
    script = [
        {"do": "wait_until", "state": "accepted"},
        {"do": "off_line"},
        *({**step, **({"id_token": "TEST-CARD"} if "id_token" in step else {})} for step in SESSION),
        {"do": "come_back"},
        {"do": "wait_until", "state": "sent"},
    ]
    body = described(script=script, settings=LETS_ALL_IN["ocpp1.6"])
    assert (await control.post("/stations", json=body)).status_code == 201
    await until(lambda: [event for event in kept.events if isinstance(event, Stopped)])
    facts = [event for event in kept.events if isinstance(event, Started | Stopped)]
    assert [type(fact) for fact in facts] == [Started, Stopped]
    assert [fact.transaction_id for fact in facts if isinstance(fact, Stopped)] == [1]
    await until_ended(control)
    shown = (await control.get("/stations/CP-1/script")).json()
    assert shown["state"] == "done"
    assert shown["steps"] == len(script)
    assert [one["outcome"] for one in shown["outcomes"][3:6]] == ["started", "done", "stopped"]


async def test_a_power_cut_in_a_session_ends_it_by_the_next_boot(csms: PlainCsms, station: PowerUp) -> None:
    for protocol in ("ocpp1.6", "ocpp2.0.1"):
        one = await station(protocol, identity=f"CUT-{protocol}")
        peer = csms.peer(one.description.identity)
        steps: list[Step] = [{"do": "wait_until", "state": "charging"}, {"do": "power_cut", "s": 20}]
        await played(one, *SESSION[:2], *steps, {"do": "wait_until", "state": "sent"})
        ended = peer.of("StopTransaction") or [event["transactionInfo"] for event in peer.events("Ended")]
        assert [end.get("reason") or end["stoppedReason"] for end in ended] == ["PowerLoss"]
        assert len(peer.of("BootNotification")) == 2


async def test_the_last_messages_are_repeated_with_their_ids_or_with_new_ones(
    csms: PlainCsms, station: PowerUp
) -> None:
    one = await station("ocpp1.6", settings=QUIET["ocpp1.6"])
    peer = csms.peer("CP-1")
    await played(one, *SESSION, {"do": "wait_until", "state": "sent"})
    await until(lambda: peer.of("StopTransaction"))
    await until(lambda: peer.of("StatusNotification")[-1]["status"] == "Available")
    before = list(peer.asked)
    assert await played(one, {"do": "repeat", "last": 3}) == ["3 answered"]
    assert sorted(peer.asked[-3:], key=str) == sorted(before[-3:], key=str)
    assert await played(one, {"do": "repeat", "last": 3, "id": "new"}) == ["3 answered"]
    assert [asked.payload for asked in peer.asked[-3:]] == [asked.payload for asked in peer.asked[-6:-3]]
    assert not {asked.message_id for asked in peer.asked[-3:]} & {asked.message_id for asked in before}


@versions
async def test_the_queue_is_shuffled_the_same_way_under_the_same_seed(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    orders = {}
    for name, seed in (("A", 7), ("A-again", 7), ("B", 8)):
        one = await station(protocol, identity="CP-1", seed=seed, settings={**LETS_ALL_IN[protocol], **QUIET[protocol]})
        peer = csms.peer("CP-1")
        peer.asked.clear()
        rounds = [*SESSION, {"do": "wait", "s": 1}] * 3
        steps: list[Step] = [{"do": "off_line"}, *rounds, {"do": "shuffle"}, {"do": "come_back"}]
        await played(one, *steps, {"do": "wait_until", "state": "sent"})
        told = [asked for asked in peer.asked if asked.action in {"StartTransaction", "StopTransaction"}]
        told = told or [asked for asked in peer.asked if asked.action == "TransactionEvent"]
        assert len(told) == 6
        stamps = [asked.payload["timestamp"] for asked in told]
        orders[name] = [sorted(stamps).index(stamp) for stamp in stamps]
    assert orders["A"] == orders["A-again"]
    assert orders["A"] != sorted(orders["A"])
    assert orders["A"] != orders["B"]


async def test_the_clock_drifts_and_stays_wrong_over_a_power_cut(csms: PlainCsms, station: PowerUp) -> None:
    one = await station("ocpp2.0.1")
    await played(one, {"do": "drift", "s": -7_200}, {"do": "power_cut", "s": 1}, *SESSION)
    started = (await until(lambda: csms.peer("CP-1").events("Started")))[0]
    behind = datetime.now(UTC) - datetime.fromisoformat(started["timestamp"])
    assert 7_200 <= behind.total_seconds() < 7_260


async def test_garbage_is_the_same_under_the_same_seed_and_none_of_it_is_a_call(
    csms: PlainCsms, station: PowerUp
) -> None:
    sent: dict[int, list[list[str]]] = {}
    for seed in (1, 1, 2):
        one = await station("ocpp2.1", seed=seed)
        peer = csms.peer("CP-1")
        peer.unreadable.clear()
        await played(one, {"do": "garbage", "count": 30})
        await until(lambda: len(csms.peer("CP-1").unreadable) >= 20)
        sent.setdefault(seed, []).append(list(peer.unreadable[:20]))
    assert sent[1][0] == sent[1][1]
    assert sent[1][0] != sent[2][0]


@versions
async def test_it_answers_late_refuses_or_never_answers_as_often_as_it_is_told(
    csms: PlainCsms, station: PowerUp, protocol: str
) -> None:
    one = await station(protocol)
    trigger = {"requestedMessage": "Heartbeat"}
    await played(one, {"do": "refuse", "action": "TriggerMessage", "times": 1})
    assert (await csms.call("CP-1", "TriggerMessage", trigger))["status"] == "Rejected"
    assert (await csms.call("CP-1", "TriggerMessage", trigger))["status"] == "Accepted"
    await played(one, {"do": "refuse", "action": "GetLocalListVersion", "times": 1})
    assert (await csms.call("CP-1", "GetLocalListVersion", {}))["error"] == "InternalError"
    await played(one, {"do": "never_answer", "action": "ClearCache"})
    with pytest.raises(TimeoutError):
        await csms.call("CP-1", "ClearCache", {}, within_s=0.3)
    await played(one, {"do": "answer_well"}, {"do": "answer_late", "s": 30, "times": 1})
    begun = datetime.now(UTC)
    assert "status" in await csms.call("CP-1", "ClearCache", {})
    assert (datetime.now(UTC) - begun).total_seconds() >= 0.3
    begun = datetime.now(UTC)
    assert "status" in await csms.call("CP-1", "ClearCache", {})
    assert (datetime.now(UTC) - begun).total_seconds() < 0.3


async def test_a_flood_is_a_flood_and_the_station_goes_on_after_it(csms: PlainCsms, station: PowerUp) -> None:
    one = await station("ocpp1.6")
    assert await played(one, {"do": "flood", "count": 500}) == ["done"]
    await until(lambda: len(csms.peer("CP-1").of("Heartbeat")) >= 500)
    assert await played(one, *SESSION[:2]) == ["done", "started"]


async def test_off_line_for_a_time_it_comes_back_by_itself(csms: PlainCsms, station: PowerUp) -> None:
    one = await station("ocpp2.0.1", settings=LETS_ALL_IN["ocpp2.0.1"])
    await played(one, {"do": "off_line", "s": 50}, *SESSION, {"do": "wait_until", "state": "sent"})
    assert csms.peer("CP-1").events("Started")[0]["offline"] is True


async def test_a_step_that_does_not_come_true_fails_the_script_and_says_so(station: PowerUp) -> None:
    one = await station("ocpp1.6")
    steps = [{"do": "wait_until", "state": "charging", "s": 5}, {"do": "plug_in"}]
    one.script.play(Description.model_validate({**one.description.model_dump(), "script": steps}).script)
    await until(lambda: one.script.state == "failed")
    assert one.script.shown()["outcomes"][-1]["outcome"] == "failed: not charging within 5.0 s"
    assert one.charging.connectors[1].plugged is False


async def test_scripts_are_posted_one_at_a_time_and_bad_ones_refused_by_field(
    control: httpx.AsyncClient, described: Callable[..., dict[str, Any]]
) -> None:
    await control.post("/stations", json=described(faults=["never_connects"]))
    bad = await control.post("/stations/CP-1/script", json={"steps": [{"do": "dance"}]})
    assert bad.status_code == 422
    assert "steps/0" in bad.text
    assert (await control.post("/stations/CP-1/script", json={"steps": []})).status_code == 422
    waits = {"steps": [{"do": "wait", "s": 100_000}]}
    assert (await control.post("/stations/CP-1/script", json=waits)).status_code == 202
    assert (await control.post("/stations/CP-1/script", json=waits)).status_code == 409
    assert (await control.delete("/stations/CP-1/script")).status_code == 204
    await until_ended(control)
    assert (await control.post("/stations/CP-1/script", json=waits)).status_code == 202


async def until_ended(control: httpx.AsyncClient) -> None:
    async def ended() -> bool:
        return bool((await control.get("/stations/CP-1/script")).json()["state"] != "running")

    await until_async(ended)


async def test_what_a_station_was_given_outlives_the_program(csms: PlainCsms, tmp_path: Path) -> None:
    description = Description.model_validate(
        {
            "identity": "CP-1",
            "key": "factory",
            "url": f"ws://127.0.0.1:{csms.port}/ocpp",
            "serial": "SN-1",
            "protocol": "ocpp2.0.1",
            "speed": 100,
        }
    )
    park = Park(tmp_path)
    one = await park.power_up(description)
    await until(one.life.accepted.is_set)
    entries = [{"idToken": {"idToken": "A", "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}}]
    order = {"versionNumber": 2, "updateType": "Full", "localAuthorizationList": entries}
    await csms.call("CP-1", "SendLocalList", order)
    raw = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 5000}]}
        ],
    }
    await csms.call("CP-1", "SetChargingProfile", {"evseId": 1, "chargingProfile": raw})
    await played(one, {"do": "drift", "s": 60}, *SESSION[:2], {"do": "wait_until", "state": "charging"})
    await park.leave()
    again = Park(tmp_path)
    again.come_back()
    await until(lambda: csms.peer("CP-1").events("Ended"))
    found = again.stations["CP-1"]
    assert found.admission.local_list.version == 2
    assert [profile.raw for profile in found.limits.profiles.all] == [raw]
    assert found.clock.drift_s == 60
    assert json.loads((tmp_path / "CP-1.json").read_text())["powered"] is True
    await again.leave()
