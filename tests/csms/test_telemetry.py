"""Group commit on a real PostgreSQL: confirmed only when committed, in order, none harmed by another (rule 5)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from activities.courier import Courier
from csms.adapters import UseCaseRecords
from csms.listener import CsmsServer
from models.rules.authorisation import TokenKind
from models.rules.commissioning import CommissioningStage
from models.store.database import Database
from models.tables.asset import Asset, Evse, PastConnection, StationEvent
from models.tables.charging import ChargingTransaction, IdToken, MeterReading, RawFrame
from models.tables.message import StationMessage
from models.usecases.work import Desk
from tests.csms.standing import away, front_on, station_in_test
from tests.csms.station import NOW, RawStation, station_at, until, until_async
from tests.people import FACTORY_KEY, World
from tests.recording import RecordingRelay

COUNT = 8


@pytest.fixture
async def stations(world: World) -> list[Asset]:
    """Active stations, in the order of their hardware: HW-0 to HW-7."""
    made = [await station_in_test(world, f"HW-{number}") for number in range(COUNT)]
    async with world.desk.database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=CommissioningStage.ACTIVE))
        session.add(IdToken(token="CARD-1", kind=TokenKind.CARD))
    return made


@pytest.fixture
async def front(desk: Desk, stations: list[Asset]) -> AsyncIterator[CsmsServer]:
    assert stations
    async with front_on(desk) as server:
        yield server


async def rows(database: Database, kind: type[Any], *order: Any) -> list[Any]:
    async with database.transaction() as session:
        return list((await session.execute(select(kind).order_by(*order))).scalars())


async def statuses(database: Database) -> list[str]:
    """The changes that were told, in their order."""
    events = await rows(database, StationEvent, col(StationEvent.id))
    return [event.detail["status"] for event in events if event.kind == "status"]


async def all_connected(stack: AsyncExitStack, front: CsmsServer) -> list[RawStation]:
    """Their connections are in the rows."""
    connected = [
        await stack.enter_async_context(station_at(front, f"CP-HW-{number}", FACTORY_KEY)) for number in range(COUNT)
    ]
    await until(lambda: len(front.registry) == COUNT)
    return connected


async def started(station: RawStation, meter_wh: int = 1000) -> int:
    start = {"connectorId": 1, "idTag": "CARD-1", "meterStart": meter_wh, "timestamp": NOW}
    answer = await station.call("StartTransaction", start)
    assert answer["idTagInfo"] == {"status": "Accepted"}
    return int(answer["transactionId"])


def values(transaction: int | None, wh: int | str, at: str = NOW) -> dict[str, Any]:
    sampled = [{"value": str(wh), "unit": "Wh"}, {"value": "16", "measurand": "Current.Import", "phase": "L1"}]
    told = {"connectorId": 1, "meterValue": [{"timestamp": at, "sampledValue": sampled}]}
    return told if transaction is None else {**told, "transactionId": transaction}


def status(state: str, connector: int = 1) -> dict[str, Any]:
    return {"connectorId": connector, "errorCode": "NoError", "status": state, "timestamp": NOW}


@pytest.mark.step("H1")
async def test_what_many_stations_tell_at_once_is_in_the_rows_when_each_is_answered(
    front: CsmsServer, database: Database, stations: list[Asset]
) -> None:
    async with AsyncExitStack() as stack:
        connected = await all_connected(stack, front)
        numbers = await asyncio.gather(*(started(each) for each in connected))

        async def tell(station: RawStation, number: int, asset: Asset) -> None:
            for wh in (1100, 1250):
                assert await station.call("MeterValues", values(number, wh)) == {}
                async with database.transaction() as session:
                    charge = select(ChargingTransaction).where(col(ChargingTransaction.number) == number)
                    assert (await session.execute(charge)).scalar_one().energy_wh == wh - 1000
            for state in ("Preparing", "Charging", "Charging"):
                assert await station.call("StatusNotification", status(state)) == {}
                async with database.transaction() as session:
                    own = select(Evse.status).where(col(Evse.asset_id) == asset.id, col(Evse.connector) == 1)
                    assert (await session.execute(own)).scalar_one() == state
            assert (await station.call("Heartbeat", {}))["currentTime"]

        await asyncio.gather(*map(tell, connected, numbers, stations))
    readings = await rows(database, MeterReading, col(MeterReading.id))
    assert len(readings) == 2 * COUNT
    assert [sample["value"] for sample in readings[0].samples] == ["1100", "16"]
    frames = [row for row in await rows(database, RawFrame, col(RawFrame.id)) if row.action == "MeterValues"]
    assert {row.asset_id for row in frames} == {asset.id for asset in stations}
    assert json.loads(frames[0].frame)[2] == "MeterValues"
    changes = await statuses(database)
    assert (changes.count("Preparing"), changes.count("Charging")) == (COUNT, COUNT)
    assert all(asset.last_seen_at is not None for asset in await rows(database, Asset))


@pytest.mark.step("H1")
async def test_a_station_is_not_answered_before_what_it_told_is_committed(
    front: CsmsServer, database: Database, stations: list[Asset]
) -> None:
    async with station_at(front, "CP-HW-0", FACTORY_KEY) as station:
        async with database.transaction() as session:
            # PostgreSQL takes the readings, but can't commit them.
            await session.execute(sa.text("LOCK TABLE meter_reading IN EXCLUSIVE MODE"))
            await station.send([2, "held", "MeterValues", values(None, 1)])
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(station.frame(), 0.3)
            assert not await rows(database, RawFrame)
        assert await station.frame() == [3, "held", {}]
    assert [row.asset_id for row in await rows(database, MeterReading)] == [stations[0].id]


async def test_a_station_that_somebody_works_on_keeps_no_other_waiting(
    front: CsmsServer, database: Database, stations: list[Asset]
) -> None:
    async with AsyncExitStack() as stack:
        connected = await all_connected(stack, front)
        async with database.transaction() as session:
            await session.execute(select(Asset).where(col(Asset.id) == stations[0].id).with_for_update())
            await connected[0].send([2, "held", "Heartbeat", {}])
            await asyncio.gather(*(each.call("Heartbeat", {}) for each in connected[1:]))
            for each in connected[1:]:
                assert await each.call("StatusNotification", status("Available")) == {}
            assert connected[0]._frames.empty()
        assert (await connected[0].frame())[:2] == [3, "held"]


@pytest.mark.step("H1", "O15")
async def test_one_message_that_can_not_be_kept_harms_no_other(
    front: CsmsServer, database: Database, stations: list[Asset]
) -> None:
    async with database.transaction() as session:
        # A fault of the database that only one station's message meets.
        condition = f"asset_id <> '{stations[3].id}'"
        await session.execute(sa.text(f"ALTER TABLE meter_reading ADD CONSTRAINT broken CHECK ({condition})"))
    async with AsyncExitStack() as stack:
        connected = await all_connected(stack, front)
        answers = await asyncio.gather(*(each.call("MeterValues", values(None, 7)) for each in connected))
        assert answers[3][0] == "InternalError"
        assert [*answers[:3], *answers[4:]] == [{}] * (COUNT - 1)
    kept = await rows(database, RawFrame)
    assert {row.asset_id for row in kept} == {asset.id for asset in stations} - {stations[3].id}
    assert len(kept) == COUNT - 1


@pytest.mark.step("H1")
async def test_while_the_database_is_away_nothing_is_confirmed_and_afterwards_nothing_is_lost(
    front: CsmsServer, database: Database, stations: list[Asset]
) -> None:
    async with AsyncExitStack() as stack:
        connected = await all_connected(stack, front)
        async with away(database):
            told = [each.call("MeterValues", values(None, 10 + number)) for number, each in enumerate(connected)]
            assert [answer[0] for answer in await asyncio.gather(*told)] == ["InternalError"] * COUNT
        assert not await rows(database, RawFrame)
        again = [each.call("MeterValues", values(None, 10 + number)) for number, each in enumerate(connected)]
        assert await asyncio.gather(*again) == [{}] * COUNT
    kept = await rows(database, MeterReading)
    assert sorted(row.samples[0]["value"] for row in kept) == [str(10 + number) for number in range(COUNT)]
    assert {row.asset_id for row in kept} == {asset.id for asset in stations}


async def test_what_one_station_tells_is_kept_in_its_order(front: CsmsServer, database: Database) -> None:
    async with station_at(front, "CP-HW-1", FACTORY_KEY) as station:
        number = await started(station, 0)
        states = ["Preparing", "Charging", "SuspendedEV", "Finishing", "Available"] * 3
        for count, state in enumerate(states):
            await station.send([2, f"s{count}", "StatusNotification", status(state)])
            await station.send([2, f"m{count}", "MeterValues", values(number, count * 10)])
        ids = [(await station.frame())[1] for _ in range(2 * len(states))]
    assert ids == [name for count in range(len(states)) for name in (f"s{count}", f"m{count}")]
    told = [
        row.detail["status"] for row in await rows(database, StationEvent, col(StationEvent.id)) if row.kind == "status"
    ]
    assert told == states
    readings = [row.samples[0]["value"] for row in await rows(database, MeterReading, col(MeterReading.id))]
    assert readings == [str(count * 10) for count in range(len(states))]


@pytest.mark.step("O4", "O10")
async def test_meter_values_of_another_stations_transaction_are_kept_and_move_nothing(
    front: CsmsServer, database: Database, stations: list[Asset]
) -> None:
    async with AsyncExitStack() as stack:
        first, second, *_ = await all_connected(stack, front)
        number = await started(first)
        assert await second.call("MeterValues", values(number, 9000)) == {}
        assert await second.call("MeterValues", values(-1, 9000)) == {}
        assert await second.call("MeterValues", values(2**33, 9000)) == {}
        stop = {"transactionId": number, "meterStop": 1100, "timestamp": NOW}
        assert await first.call("StopTransaction", stop) == {}
        assert await first.call("MeterValues", values(number, 1100)) == {}
    (charge,) = await rows(database, ChargingTransaction)
    assert charge.energy_wh == 100
    kept = await rows(database, MeterReading, col(MeterReading.id))
    assert [(row.asset_id, row.transaction_number) for row in kept] == [
        (stations[1].id, number),
        (stations[1].id, -1),
        (stations[1].id, None),
        (stations[0].id, number),
    ]


@pytest.mark.step("L1")
async def test_how_far_a_stations_clock_is_off_is_told_by_its_freshest_message(
    front: CsmsServer, database: Database, stations: list[Asset], desk: Desk
) -> None:
    async with station_at(front, "CP-HW-0", FACTORY_KEY) as station:
        ahead = (desk.clock() + timedelta(seconds=90)).isoformat()
        await station.call("MeterValues", values(None, 1, at=ahead))
        # From the queue of a station that was off-line: it says nothing about the clock.
        await station.call("MeterValues", values(None, 1, at=(desk.clock() - timedelta(hours=3)).isoformat()))
        await station.call("MeterValues", values(None, 1, at="yesterday"))
    (drift,) = [row.clock_drift_s for row in await rows(database, Asset) if row.id == stations[0].id]
    assert 85 < drift <= 90


@pytest.mark.step("L1")
async def test_every_connection_of_a_station_is_kept_with_its_end(
    front: CsmsServer, database: Database, stations: list[Asset], desk: Desk
) -> None:
    async with station_at(front, "CP-HW-0", FACTORY_KEY) as first:
        await first.call("Heartbeat", {})
        async with station_at(front, "CP-HW-0", FACTORY_KEY) as second:
            await second.call("Heartbeat", {})

    async def ended() -> bool:
        return all(row.ended_at is not None for row in await rows(database, PastConnection))

    await until_async(ended)
    past = await rows(database, PastConnection, col(PastConnection.id))
    assert [row.asset_id for row in past] == [stations[0].id] * 2
    assert past[0].reason == "replaced by a newer connection"
    assert past[1].reason == "closed with 1000"
    async with station_at(front, "CP-HW-0", FACTORY_KEY) as third:
        await third.call("Heartbeat", {})
        async with CsmsServer(UseCaseRecords(desk, Courier(RecordingRelay())), host="127.0.0.1", port=0, node="n1"):
            (last,) = [row for row in await rows(database, PastConnection) if row.id not in {each.id for each in past}]
            assert last.reason == "its node was started anew"


@pytest.mark.step("L1")
async def test_both_directions_are_in_the_message_log_with_tokens_and_keys_masked(
    front: CsmsServer, database: Database, stations: list[Asset]
) -> None:
    async with station_at(front, "CP-HW-0", FACTORY_KEY) as station:
        await station.call("Authorize", {"idTag": "CARD-123456"})
        await station.send("no frame")
        await station.frame()
        await station.call("Teleport", {})
        assert (await station.boot(chargePointSerialNumber="SN-HW-0"))["status"] == "Accepted"
        key_call = await station.asked()
        await station.answer(key_call, {"status": "Accepted"})

        async def logged() -> bool:
            return len(await rows(database, StationMessage)) == 5

        await until_async(logged)
    lines = await rows(database, StationMessage, col(StationMessage.id))
    assert {line.asset_id for line in lines} == {stations[0].id}
    assert len({line.connection_id for line in lines}) == 1
    told = {line.action: line for line in lines}
    assert told["Authorize"].payload == '{"idTag":"…3456"}'
    assert json.loads(told["Authorize"].answer) == {"idTagInfo": {"status": "Invalid"}}
    assert told[None].error == "the message is not valid JSON"
    assert told["Teleport"].error == "NotImplemented"
    assert told["BootNotification"].direction == "received"
    assert told["ChangeConfiguration"].direction == "sent"
    assert json.loads(told["ChangeConfiguration"].payload) == {"key": "AuthorizationKey", "value": "(secret)"}
    assert json.loads(told["ChangeConfiguration"].answer) == {"status": "Accepted"}
    everything = " ".join(str(line.model_dump()) for line in lines)
    assert key_call[3]["value"] not in everything
    assert "CARD-123456" not in everything
