"""Stations of OCPP 2 on the real use cases and a real PostgreSQL (OCPP.md 1-3, 6, 8-10, 26, 27)."""

import itertools
import random
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col

from activities.courier import Courier
from csms.adapters import UseCaseRecords
from csms.listener import CsmsServer
from models.rules.charging_session import TWICE
from models.rules.commissioning import CommissioningStage
from models.rules.sequence import OTHER_EVENT
from models.store.database import Database
from models.tables.asset import Asset
from models.tables.charging import ChargingTransaction, IdToken, MeterReading, RawFrame
from models.tables.handover import Handover
from models.usecases import commissioning
from models.usecases.work import Desk
from tests.csms.standing import IDENTITY, SERIAL, rows, set_stage, the
from tests.csms.station import NOW, station_at, until
from tests.csms.station_of_2 import SUBPROTOCOLS, StationOf2, booted
from tests.people import FACTORY_KEY
from tests.recording import RecordingRelay

pytestmark = [
    pytest.mark.usefixtures("asset"),
    pytest.mark.step("P15"),
    pytest.mark.parametrize("subprotocol", SUBPROTOCOLS),
]

REGISTER_AT = ("2026-11-21T10:00:00Z", "2026-11-21T10:01:00Z", "2026-11-21T10:02:00Z", "2026-11-21T10:05:00Z")


def at_station(front: CsmsServer, subprotocol: str) -> Any:
    return booted(front, subprotocol, IDENTITY, SERIAL, FACTORY_KEY)


def register(wh: float, at: str, context: str | None = None) -> list[dict[str, Any]]:
    sampled = {"value": wh, **({"context": context} if context else {})}
    return [{"timestamp": at, "sampledValue": [sampled]}]


def event(kind: str, number: int, at: str = NOW, *, transaction: str = "T-1", **more: Any) -> dict[str, Any]:
    about = {"transactionId": transaction, **more.pop("about", {})}
    trigger = {"Started": "CablePluggedIn", "Updated": "MeterValuePeriodic", "Ended": "EVDeparted"}[kind]
    payload = {"eventType": kind, "seqNo": number, "timestamp": at, "triggerReason": trigger, "transactionInfo": about}
    return {**payload, "evse": {"id": 1, "connectorId": 1}, **more}


def charge(card: str, *, transaction: str = "T-1") -> list[dict[str, Any]]:
    """A test charge as a station of OCPP 2 tells it: the cable first, then the token."""
    token, zero, one, two, end = {"idToken": card.lower(), "type": "Central"}, *REGISTER_AT
    began = register(1000, zero, "Transaction.Begin")
    stopped = {"meterValue": register(1300, end, "Transaction.End"), "about": {"stoppedReason": "Remote"}}
    flow = {"meterValue": register(1200, two, "Sample.Periodic"), "about": {"chargingState": "Charging"}}
    return [
        event("Started", 0, zero, transaction=transaction, meterValue=began, about={"chargingState": "EVConnected"}),
        event("Updated", 1, one, transaction=transaction, idToken=token, triggerReason="RemoteStart"),
        event("Updated", 2, two, transaction=transaction, **flow),
        event("Ended", 3, end, transaction=transaction, **stopped),
    ]


async def tell(station: StationOf2, *events: dict[str, Any]) -> list[Any]:
    return [await station.call("TransactionEvent", each) for each in events]


async def facts(database: Database, asset: Asset) -> list[str]:
    names = await rows(database, Handover, col(Handover.number))
    kinds = {"transaction_started", "energy_flowed", "transaction_stopped"}
    own = [row for row in names if row.workflow_id == commissioning.workflow_id(asset.name)]
    return [row.name for row in own if row.name in kinds]


async def to_test_charge(database: Database) -> str:
    await set_stage(database, CommissioningStage.TEST_CHARGING)
    return str((await the(database, IdToken)).token)


async def test_a_test_charge_is_stored_and_its_process_hears_what_changes_its_course(
    front: CsmsServer, database: Database, asset: Asset, relay: RecordingRelay, subprotocol: str
) -> None:
    card = await to_test_charge(database)
    async with at_station(front, subprotocol) as station:
        verdict = {"idTokenInfo": {"status": "Accepted"}}
        assert await station.call("Authorize", {"idToken": {"idToken": card, "type": "Central"}}) == verdict
        started, shown, flowing, ended = charge(card)
        assert await tell(station, started) == [{}]
        assert await facts(database, asset) == []
        assert await tell(station, shown) == [verdict]
        assert await facts(database, asset) == ["transaction_started"]
        assert (await the(database, ChargingTransaction)).charging_state == "EVConnected"
        await tell(station, flowing)
        assert (await the(database, ChargingTransaction)).charging_state == "Charging"
        await tell(station, ended)
    row = await the(database, ChargingTransaction)
    assert (row.station_transaction, row.connector, row.station_connector) == ("T-1", 1, 1)
    assert (row.token, row.token_kind, row.verdict, row.is_test) == (card, "Central", "accepted", True)
    assert (row.meter_start_wh, row.meter_stop_wh, row.energy_wh, row.stop_reason) == (1000, 1300, 300, "Remote")
    assert (row.irregularities, row.is_open, row.charging_state) == ([], False, None)
    assert 0 < row.number < 2**31
    assert await facts(database, asset) == ["transaction_started", "energy_flowed", "transaction_stopped"]
    assert (await the(database, Asset)).test_transaction_id == row.number
    await until(lambda: commissioning.workflow_id(asset.name) in relay.delivered)


@pytest.mark.step("O1", "O2", "O26")
async def test_a_repeated_number_changes_nothing_and_gets_the_same_answer(
    front: CsmsServer, database: Database, asset: Asset, subprotocol: str
) -> None:
    card = await to_test_charge(database)
    async with at_station(front, subprotocol) as station:
        first = await tell(station, *charge(card))
        before = (await the(database, ChargingTransaction)).model_dump()
        await set_stage(database, CommissioningStage.TEST_CHARGED)
        assert await tell(station, *({**each, "offline": True} for each in charge(card))) == first
    assert (await the(database, ChargingTransaction)).model_dump() == before
    assert len(await rows(database, MeterReading)) == 3
    frames = await rows(database, RawFrame)
    assert {row.transaction_number for row in frames} == {before["number"]}
    assert len(frames) == 8
    assert len(await facts(database, asset)) == 3


@pytest.mark.step("O26")
async def test_a_second_end_under_the_number_of_the_first_moves_nothing_and_is_noted(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    card = await to_test_charge(database)
    other = event("Ended", 3, "2026-11-21T10:09:00Z", meterValue=register(9999, NOW, "Transaction.End"))
    async with at_station(front, subprotocol) as station:
        await tell(station, *charge(card), other)
    row = await the(database, ChargingTransaction)
    assert (row.stopped_at.minute, row.meter_stop_wh, row.energy_wh) == (5, 1300, 300)
    assert row.irregularities == [OTHER_EVENT]


@pytest.mark.step("O26")
async def test_a_station_that_has_one_number_for_all_events_loses_none(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    card = await to_test_charge(database)
    events = [{**each, "seqNo": 0} for each in charge(card)]
    more = {**events[2], "timestamp": REGISTER_AT[3], "meterValue": register(1250, REGISTER_AT[3])}
    async with at_station(front, subprotocol) as station:
        for each in [*events[:3], more, events[3]]:
            await tell(station, each, each)
    row = await the(database, ChargingTransaction)
    assert (row.meter_start_wh, row.meter_stop_wh, row.energy_wh, row.token) == (1000, 1300, 300, card)
    assert (row.is_open, row.irregularities) == (False, [OTHER_EVENT, TWICE])
    assert len(await rows(database, MeterReading)) == 4


@pytest.mark.step("O6", "O26")
async def test_events_in_any_order_make_the_same_session(
    front: CsmsServer, database: Database, asset: Asset, subprotocol: str
) -> None:
    card = await to_test_charge(database)
    orders = random.Random(7).sample(list(itertools.permutations(range(4))), 8)
    async with at_station(front, subprotocol) as station:
        for number, order in enumerate(orders):
            events = charge(card, transaction=f"T-{number}")
            await tell(station, *(events[place] for place in order))
    # What is remembered of single events has the transaction's own id in it.
    own = {"id", "number", "station_transaction", "created_at", "sequence"}
    kept = [row.model_dump(exclude=own) for row in await rows(database, ChargingTransaction)]
    assert len(kept) == 8
    assert all(row == kept[0] for row in kept)
    assert (kept[0]["energy_wh"], kept[0]["irregularities"]) == (300, [])
    told = await facts(database, asset)
    assert told.count("transaction_started") == told.count("transaction_stopped") == 8


@pytest.mark.step("O26")
async def test_an_end_before_its_start_is_kept_open_and_completed_by_it_and_told_in_order(
    front: CsmsServer, database: Database, asset: Asset, subprotocol: str
) -> None:
    card = await to_test_charge(database)
    started, shown, flowing, ended = charge(card)
    async with at_station(front, subprotocol) as station:
        await tell(station, ended)
        row = await the(database, ChargingTransaction)
        assert (row.verdict, row.token, row.is_open) == ("none", "", True)
        assert row.irregularities == ["sequence: the start has not come"]
        await tell(station, shown, flowing)
        assert await facts(database, asset) == []
        await tell(station, started)
    row = await the(database, ChargingTransaction)
    assert (row.energy_wh, row.irregularities, row.is_open) == (300, [], False)
    assert await facts(database, asset) == ["transaction_started", "energy_flowed", "transaction_stopped"]


@pytest.mark.step("O26")
async def test_an_update_after_the_end_reopens_nothing_and_a_missing_number_keeps_it_open(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    card = await to_test_charge(database)
    started, shown, _, ended = charge(card)
    async with at_station(front, subprotocol) as station:
        await tell(station, started, shown, ended)
        row = await the(database, ChargingTransaction)
        assert (row.irregularities, row.is_open) == (["sequence: 2 missing"], True)
        late = event(
            "Updated", 4, "2026-11-21T10:06:00Z", meterValue=register(8000, NOW), about={"chargingState": "Idle"}
        )
        await tell(station, late)
    row = await the(database, ChargingTransaction)
    assert (row.stopped_at.minute, row.energy_wh, row.charging_state) == (5, 300, None)
    assert row.irregularities == ["sequence: 2 missing", "sequence: an event stands after the end"]


@pytest.mark.step("O6", "O27")
async def test_what_happened_off_line_is_stored_and_drives_nothing_until_the_station_speaks_live(
    front: CsmsServer, database: Database, asset: Asset, subprotocol: str
) -> None:
    card = await to_test_charge(database)
    started, shown, flowing, ended = charge(card)
    async with at_station(front, subprotocol) as station:
        await tell(station, *({**each, "offline": True} for each in (started, shown, flowing)))
        row = await the(database, ChargingTransaction)
        assert (row.started_at.isoformat(), row.energy_wh) == ("2026-11-21T10:00:00+00:00", 200)
        assert (row.charging_state, row.heard_offline) == (None, True)
        assert await facts(database, asset) == []
        await tell(station, ended)
    assert await facts(database, asset) == ["transaction_started", "energy_flowed", "transaction_stopped"]


@pytest.mark.step("O27")
async def test_a_station_that_has_messages_in_its_queue_keeps_the_session_open(
    front: CsmsServer, database: Database, desk: Desk, relay: RecordingRelay, subprotocol: str
) -> None:
    card = await to_test_charge(database)
    async with at_station(front, subprotocol) as station:
        await tell(station, *charge(card))
    courier = Courier(relay)
    records = UseCaseRecords(desk, courier)
    known = await records.identify(IDENTITY)
    assert known is not None
    number = (await the(database, ChargingTransaction)).number
    assert await records.own_transaction(known, number) == "T-1"
    assert await records.own_transaction(known, number + 1) is None
    assert await records.own_transaction(replace(known, asset_id=uuid4()), number) is None
    for waiting in (True, False):
        await records.queue_told(known, "T-1", messages_in_queue=waiting)
        await records.queue_told(known, "never heard of", messages_in_queue=True)
        assert (await the(database, ChargingTransaction)).is_open is waiting
    await courier.close()


@pytest.mark.step("O3", "O27")
async def test_a_refused_token_and_an_untold_evse_still_make_a_session(
    front: CsmsServer, database: Database, asset: Asset, subprotocol: str
) -> None:
    token = {"idToken": "nobody", "type": "ISO14443"}
    async with at_station(front, subprotocol) as station:
        start = {**event("Started", 0), "evse": None, "idToken": token}
        assert await tell(station, start) == [{"idTokenInfo": {"status": "Invalid"}}]
        await tell(station, {**event("Started", 0, transaction="T-2"), "evse": {"id": 2}, "idToken": token})
    first, second = await rows(database, ChargingTransaction, col(ChargingTransaction.number))
    assert (first.connector, first.station_connector, first.verdict, first.token) == (None, None, "invalid", "NOBODY")
    assert (second.connector, second.station_connector) == (2, None)
    assert await facts(database, asset) == []


@pytest.mark.step("O9")
async def test_a_meter_that_does_not_continue_is_flagged_whichever_session_comes_first(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    def session(transaction: str, hour: int, start: int, stop: int) -> list[dict[str, Any]]:
        began, ended = f"2026-11-21T{hour:02}:00:00Z", f"2026-11-21T{hour:02}:30:00Z"
        return [
            event("Started", 0, began, transaction=transaction, meterValue=register(start, began, "Transaction.Begin")),
            event("Ended", 1, ended, transaction=transaction, meterValue=register(stop, ended, "Transaction.End")),
        ]

    async with at_station(front, subprotocol) as station:
        await tell(station, *session("late", 12, 500, 600))
        await tell(station, *session("early", 8, 100, 400))
        await tell(station, *session("between", 10, 400, 450))
        await tell(station, *session("back", 13, 600, 550))
    kept = {row.station_transaction: row for row in await rows(database, ChargingTransaction)}
    assert kept["late"].irregularities == kept["early"].irregularities == kept["between"].irregularities == []
    assert kept["back"].irregularities == ["meter_stop_below_meter_start"]
    async with at_station(front, subprotocol) as station:
        await tell(station, *session("gap", 14, 9_000, 9_100))
    kept = {row.station_transaction: row for row in await rows(database, ChargingTransaction)}
    assert kept["gap"].irregularities == ["meter_start_does_not_continue_last_stop"]
    assert [kept[name].energy_wh for name in ("early", "between", "late", "back", "gap")] == [300, 50, 100, 0, 100]


@pytest.mark.step("O8")
async def test_a_transaction_is_known_by_its_id_at_its_own_station_and_by_our_number_everywhere(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    alike = event("Started", 0, meterValue=register(5, NOW, "Transaction.Begin"))
    async with at_station(front, subprotocol) as station:
        await tell(station, alike, {**alike, "transactionInfo": {"transactionId": "T-2"}})
    assert len({row.number for row in await rows(database, ChargingTransaction)}) == 2
    async with station_at(front, IDENTITY, FACTORY_KEY) as old:
        start = {"connectorId": 1, "idTag": "", "meterStart": 5, "timestamp": NOW}
        numbers = [(await old.call("StartTransaction", start))["transactionId"] for _ in range(2)]
        foreign = (await rows(database, ChargingTransaction, col(ChargingTransaction.number)))[0].number
        await old.call("StopTransaction", {"transactionId": foreign, "meterStop": 9, "timestamp": NOW})
    assert len(set(numbers)) == 1
    kept = await rows(database, ChargingTransaction)
    assert [row.stopped_at for row in kept] == [None] * 3


@pytest.mark.step("O4", "O5")
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("TransactionEvent", {}),
        ("TransactionEvent", {"transactionInfo": {"transactionId": "\0"}, "idToken": {"idToken": "\0" * 300}}),
        ("TransactionEvent", {"transactionInfo": {"transactionId": "x" * 400}, "seqNo": -1, "evse": {"id": 2**33}}),
        (
            "TransactionEvent",
            {"eventType": "Ended", "meterValue": [{"sampledValue": [{"value": "\0"}]}]},
        ),
        ("MeterValues", {}),
        ("MeterValues", {"evseId": 2**40, "meterValue": [{"sampledValue": [{"value": 1, "context": "\0"}]}]}),
    ],
)
async def test_a_message_that_moves_money_is_kept_whatever_it_holds(
    front: CsmsServer, database: Database, asset: Asset, subprotocol: str, action: str, payload: dict[str, Any]
) -> None:
    async with at_station(front, subprotocol) as station:
        assert isinstance(await station.call(action, payload), dict)
    frame = await the(database, RawFrame)
    assert (frame.action, frame.asset_id) == (action, asset.id)


@pytest.mark.step("O10")
async def test_meter_values_of_no_transaction_are_kept_at_their_evse(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    async with at_station(front, subprotocol) as station:
        assert await station.call("MeterValues", {"evseId": 2, "meterValue": register(1.5, NOW)}) == {}
    reading = await the(database, MeterReading)
    assert (reading.connector, reading.transaction_number, reading.samples[0]["value"]) == (2, None, "1.5")
