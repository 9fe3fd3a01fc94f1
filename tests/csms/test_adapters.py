"""The front on the real use cases and a real PostgreSQL: what a station says is in the rows, and handed over."""

from typing import Any

import pytest
from sqlmodel import col
from websockets.exceptions import InvalidStatus

from csms.listener import CsmsServer
from models.rules.commissioning import CommissioningStage
from models.store.database import Database
from models.tables.asset import Asset, StationConnection, StationEvent
from models.tables.charging import ChargingTransaction, IdToken, MeterReading, RawFrame
from models.tables.handover import Handover
from models.tables.unit import Unit
from models.usecases import commissioning
from models.usecases.work import Desk
from tests.csms.standing import IDENTITY, SERIAL, TESTS, front_on, rows, set_stage, the
from tests.csms.station import BOOT, NOW, station_at, until, until_async
from tests.people import FACTORY_KEY, World
from tests.recording import RecordingRelay


@pytest.mark.step("P13", "P14")
async def test_a_station_that_connects_and_boots_is_in_the_rows_and_its_process_hears_of_it(
    front: CsmsServer, database: Database, asset: Asset, relay: RecordingRelay
) -> None:
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        (held,) = await until_async(lambda: rows(database, StationConnection))
        assert (held.asset_id, held.node, held.protocol) == (asset.id, "n1", "ocpp1.6")
        answer = await station.boot(chargePointSerialNumber=SERIAL)
        assert (answer["status"], answer["interval"]) == ("Accepted", 300)
        call = await station.asked()
        await station.answer(call, {"status": "Accepted"})
        await until_async(lambda: _has_own_key(database))
        status = {"connectorId": 2, "errorCode": "NoError", "status": "Available", "timestamp": "1970-01-01T00:00:00Z"}
        assert await station.call("StatusNotification", status) == {}
        assert await station.call("StatusNotification", {**status, "connectorId": 10**6}) == {}
        assert (await station.call("Heartbeat", {}))["currentTime"]
        firmware = {"status": "Installing", "requestId": 3}
        assert await station.call("SignedFirmwareStatusNotification", firmware) == {}
        told = [row.detail for row in await rows(database, StationEvent) if row.kind == "firmware"]
        assert told == [{"status": "Installing", "request": 3}]
        facts = [
            row.name for row in await rows(database, Handover, col(Handover.number)) if row.workflow_id == _of(asset)
        ]
        assert facts == ["station_connected", "station_booted"]
        await until(lambda: relay.delivered.count(_of(asset)) >= 1)
    unit = await the(database, Unit)
    assert unit.factory_key_closed_at is not None
    assert (await the(database, Asset)).booted["serial"] == SERIAL
    with pytest.raises(InvalidStatus):
        async with station_at(front, IDENTITY, FACTORY_KEY):
            pass
    async with station_at(front, IDENTITY, call[3]["value"]) as station:
        assert await station.call("Heartbeat", {})
    kinds = [row.kind for row in await rows(database, StationEvent, col(StationEvent.id))]
    assert kinds[:5] == ["registered", "connected", "booted", "key_replaced", "status"]


async def _has_own_key(database: Database) -> bool:
    return (await the(database, Unit)).key_hash is not None


def _of(asset: Asset) -> str:
    return commissioning.workflow_id(asset.name)


@pytest.mark.step("P14")
async def test_a_boot_with_another_serial_than_the_linked_units_is_rejected(
    front: CsmsServer, database: Database, asset: Asset
) -> None:
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        answer = await station.call("BootNotification", BOOT)
        assert (answer["status"], answer["interval"]) == ("Rejected", 30)
    names = [row.name for row in await rows(database, Handover, col(Handover.number)) if row.workflow_id == _of(asset)]
    assert names == ["station_connected", "boot_refused"]


@pytest.mark.step("P15")
async def test_a_test_charge_is_stored_with_its_evidence_and_a_repeated_start_and_stop_count_once(
    front: CsmsServer, database: Database, asset: Asset
) -> None:
    await set_stage(database, CommissioningStage.TEST_CHARGING)
    card = (await the(database, IdToken)).token
    start = {"connectorId": 1, "idTag": card.lower(), "meterStart": 1000, "timestamp": NOW}
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        assert (await station.call("Authorize", {"idTag": card}))["idTagInfo"]["status"] == "Accepted"
        first = await station.call("StartTransaction", start)
        assert await station.call("StartTransaction", start) == first
        number = first["transactionId"]
        values = [{"timestamp": NOW, "sampledValue": [{"value": "1.15", "unit": "kWh"}]}]
        metered = {"connectorId": 1, "transactionId": number, "meterValue": values}
        assert await station.call("MeterValues", metered) == {}
        stop = {"transactionId": number, "meterStop": 1200, "timestamp": NOW, "reason": "Vendors\0Own"}
        assert await station.call("StopTransaction", stop) == {}
        assert await station.call("StopTransaction", {**stop, "meterStop": 9999}) == {}
    charge = await the(database, ChargingTransaction)
    assert (charge.number, charge.is_test, charge.energy_wh, charge.meter_stop_wh) == (number, True, 200, 1200)
    assert (await the(database, MeterReading)).samples[0]["value"] == "1150"
    frames = [row.action for row in await rows(database, RawFrame, col(RawFrame.id))]
    assert frames == ["StartTransaction", "StartTransaction", "MeterValues", "StopTransaction", "StopTransaction"]
    names = [row.name for row in await rows(database, Handover, col(Handover.number)) if row.workflow_id == _of(asset)]
    assert names == ["transaction_started", "energy_flowed", "transaction_stopped"]


@pytest.mark.step("P15")
@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StartTransaction", {}),
        ("StartTransaction", {"connectorId": 2**40, "idTag": "a\0b" * 99, "meterStart": 2**40, "timestamp": "x"}),
        ("StopTransaction", {}),
        ("StopTransaction", {"transactionId": -1, "meterStop": 2**40, "idTag": "\0", "timestamp": "0001-01-01T00:00Z"}),
        ("MeterValues", {}),
        ("MeterValues", {"transactionId": 2**33, "meterValue": [{"sampledValue": [{"value": "9" * 15}, {}]}]}),
        ("MeterValues", {"transactionId": -1, "connectorId": 0, "meterValue": [{"sampledValue": [{"value": "\0"}]}]}),
    ],
)
async def test_a_message_that_moves_money_is_kept_whatever_it_holds(
    front: CsmsServer, database: Database, asset: Asset, action: str, payload: dict[str, Any]
) -> None:
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        answer = await station.call(action, payload)
    assert isinstance(answer, dict), answer
    frame = await the(database, RawFrame)
    assert (frame.action, frame.asset_id) == (action, asset.id)


@pytest.mark.step("P13")
async def test_a_node_that_starts_forgets_the_sockets_of_the_process_before_it(
    front: CsmsServer, database: Database, asset: Asset, desk: Desk, relay: RecordingRelay
) -> None:
    async with station_at(front, IDENTITY, FACTORY_KEY):
        assert (await until_async(lambda: rows(database, StationConnection)))[0].asset_id == asset.id
        async with front_on(desk, relay):
            assert not await rows(database, StationConnection)


@pytest.mark.step("P13")
async def test_a_station_whose_hardware_was_unlinked_is_unknown_again(
    front: CsmsServer, database: Database, asset: Asset, desk: Desk
) -> None:
    async with desk.work(TESTS, "test") as work:
        await commissioning.take_hardware_away(work, asset.id)
    with pytest.raises(InvalidStatus) as refusal:
        async with station_at(front, IDENTITY, FACTORY_KEY):
            pass
    assert refusal.value.response.status_code == 404
    assert not await rows(database, StationConnection)


@pytest.mark.step("P12", "P14")
async def test_hardware_that_was_unlinked_while_connected_speaks_no_more_for_the_station(
    front: CsmsServer, database: Database, asset: Asset, world: World
) -> None:
    (other,) = await world.book_in("HW-2", holder=world.installer)
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        assert (await station.boot(chargePointSerialNumber=SERIAL))["status"] == "Accepted"
        await station.answer(await station.asked(), {"status": "NotSupported"})
        async with world.desk.work(TESTS, "test") as work:
            await commissioning.take_hardware_away(work, asset.id)
        async with world.desk.work(TESTS, "test") as work:
            held = await work.session.merge(other)
            again = await work.session.merge(asset)
            await work.session.refresh(again)
            await commissioning.start_test(work, again, held)
        # Without a serial nothing but its socket tells that this is the hardware of before.
        answer = await station.call("BootNotification", {"chargePointVendor": "Volta", "chargePointModel": "One"})
        assert answer[0] == "SecurityError"
        assert await station.closed() == 1008
    now = await the(database, Asset)
    assert (now.booted, now.registration) == (None, None)
    assert [row.name for row in await rows(database, Handover)].count("station_booted") == 1
    assert [unit.key_hash for unit in await rows(database, Unit)] == [None, None]
