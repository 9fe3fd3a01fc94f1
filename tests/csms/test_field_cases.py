"""What becomes in the rows of what stations do in the field, by raw frames of OCPP 1.6 (OCPP.md 1-11)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlmodel import col

from csms.listener import CsmsServer
from models.rules import metering
from models.rules.authorisation import TokenKind
from models.rules.commissioning import CommissioningStage
from models.store.database import Database
from models.tables.base import datetime
from models.tables.charging import ChargingTransaction, IdToken, MeterReading, RawFrame
from tests.csms.standing import IDENTITY, rows, set_stage, the
from tests.csms.station import NOW, RawStation, station_at
from tests.people import FACTORY_KEY

pytestmark = pytest.mark.usefixtures("asset")

CARD, BLOCKED = "CARD-1", "CARD-2"
START = {"connectorId": 1, "idTag": CARD, "meterStart": 1000, "timestamp": NOW}
STOP = {"meterStop": 3000, "timestamp": "2026-11-21T11:00:00Z"}


@pytest.fixture
async def station(front: CsmsServer, database: Database) -> AsyncIterator[RawStation]:
    """A station in operation, with two cards of which one is blocked."""
    await set_stage(database, CommissioningStage.ACTIVE)
    async with database.transaction() as session:
        session.add(IdToken(token=CARD, kind=TokenKind.CARD))
        session.add(IdToken(token=BLOCKED, kind=TokenKind.CARD, blocked_at=datetime.fromisoformat(NOW)))
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        yield station


def begun(wh: str, context: str = "Transaction.Begin") -> list[dict[str, Any]]:
    return [{"timestamp": NOW, "sampledValue": [{"value": wh, "context": context}]}]


@pytest.mark.step("O1", "O11")
async def test_a_start_sent_again_under_another_id_is_one_session_and_no_rival_of_its_own(
    station: RawStation, database: Database
) -> None:
    first = await station.call("StartTransaction", START)
    again = await station.call("StartTransaction", START)
    assert first == again
    assert again["idTagInfo"]["status"] == "Accepted"
    assert (await the(database, ChargingTransaction)).number == first["transactionId"] > 0


@pytest.mark.step("O2")
async def test_a_stop_sent_again_ends_the_session_once(station: RawStation, database: Database) -> None:
    number = (await station.call("StartTransaction", START))["transactionId"]
    for meter_stop in (3000, 3000, 9000):
        assert await station.call("StopTransaction", {**STOP, "transactionId": number, "meterStop": meter_stop}) == {}
    session = await the(database, ChargingTransaction)
    assert (session.energy_wh, session.meter_stop_wh) == (2000, 3000)
    assert [row.action for row in await rows(database, RawFrame, col(RawFrame.id))][1:] == ["StopTransaction"] * 3


@pytest.mark.step("O3")
@pytest.mark.parametrize(("tag", "status"), [("NOBODY", "Invalid"), (BLOCKED, "Blocked")])
async def test_a_start_with_a_refused_tag_is_a_session_with_a_number_of_its_own(
    station: RawStation, database: Database, tag: str, status: str
) -> None:
    accepted = await station.call("StartTransaction", START)
    refused = await station.call("StartTransaction", {**START, "idTag": tag, "connectorId": 2})
    assert refused["idTagInfo"]["status"] == status
    assert 0 < refused["transactionId"] != accepted["transactionId"] > 0
    assert len(await rows(database, ChargingTransaction)) == 2


@pytest.mark.step("O4", "O10")
@pytest.mark.parametrize("number", [-1, 0, 999_999])
async def test_what_is_of_no_transaction_is_answered_and_kept(
    station: RawStation, database: Database, number: int
) -> None:
    values = {"connectorId": 1, "transactionId": number, "meterValue": begun("5", "Sample.Periodic")}
    assert await station.call("MeterValues", values) == {}
    assert await station.call("MeterValues", {"connectorId": 1, "meterValue": begun("6", "Sample.Clock")}) == {}
    assert await station.call("StopTransaction", {**STOP, "transactionId": number}) == {}
    assert not await rows(database, ChargingTransaction)
    readings = await rows(database, MeterReading, col(MeterReading.id))
    assert [row.samples[0]["value"] for row in readings] == ["5", "6"]
    assert len(await rows(database, RawFrame)) == 3


@pytest.mark.step("O4")
async def test_a_session_whose_start_got_lost_is_rebuilt_from_its_stop_once(
    station: RawStation, database: Database
) -> None:
    stop = {**STOP, "transactionId": -1, "idTag": CARD, "transactionData": begun("1000")}
    for _ in range(2):
        assert (await station.call("StopTransaction", stop))["idTagInfo"]["status"] == "Accepted"
    session = await the(database, ChargingTransaction)
    assert session.number > 0
    assert (session.token, session.connector, session.energy_wh) == (CARD, None, 2000)
    assert session.started_at == datetime.fromisoformat(NOW)
    assert session.irregularities == [metering.REBUILT]
    frames = await rows(database, RawFrame)
    assert {frame.transaction_number for frame in frames} == {session.number}


@pytest.mark.step("O4")
async def test_a_stop_without_our_number_ends_the_session_whose_start_was_stored(
    station: RawStation, database: Database
) -> None:
    """Our answer to the start got lost, and the station never learnt its number."""
    number = (await station.call("StartTransaction", START))["transactionId"]
    stop = {**STOP, "transactionId": -1, "transactionData": begun("1000")}
    for _ in range(2):
        assert await station.call("StopTransaction", stop) == {}
    session = await the(database, ChargingTransaction)
    assert (session.number, session.connector, session.energy_wh) == (number, 1, 2000)
    assert session.stopped_at is not None


@pytest.mark.step("O4", "O5")
async def test_a_stop_that_tells_an_impossible_beginning_is_answered_and_kept(
    station: RawStation, database: Database
) -> None:
    stop = {**STOP, "transactionId": -1, "transactionData": begun("99999999999")}
    assert await station.call("StopTransaction", stop) == {}
    assert len(await rows(database, RawFrame)) == 1


@pytest.mark.step("O5")
async def test_registers_at_both_ends_of_their_range_do_not_lose_the_stop(
    station: RawStation, database: Database
) -> None:
    most = 2**31 - 1
    number = (await station.call("StartTransaction", {**START, "meterStart": -most}))["transactionId"]
    values = {"connectorId": 1, "transactionId": number, "meterValue": begun(str(most), "Sample.Periodic")}
    assert await station.call("MeterValues", values) == {}
    assert await station.call("StopTransaction", {**STOP, "transactionId": number, "meterStop": most}) == {}
    assert (await the(database, ChargingTransaction)).energy_wh == most


@pytest.mark.step("O9")
async def test_a_stray_reading_above_the_stop_is_not_billed(station: RawStation, database: Database) -> None:
    number = (await station.call("StartTransaction", START))["transactionId"]
    values = {"connectorId": 1, "transactionId": number, "meterValue": begun("900000", "Sample.Periodic")}
    await station.call("MeterValues", values)
    await station.call("StopTransaction", {**STOP, "transactionId": number})
    assert (await the(database, ChargingTransaction)).energy_wh == 2000


@pytest.mark.step("O6")
async def test_what_was_queued_off_line_counts_by_the_time_at_which_it_happened(
    station: RawStation, database: Database
) -> None:
    started, stopped = "2026-09-30T23:30:00Z", "2026-10-01T01:00:00+02:00"
    number = (await station.call("StartTransaction", {**START, "timestamp": started}))["transactionId"]
    await station.call("StopTransaction", {**STOP, "transactionId": number, "timestamp": stopped})
    session = await the(database, ChargingTransaction)
    assert session.started_at == datetime.fromisoformat(started)
    assert session.stopped_at == datetime.fromisoformat(stopped)


@pytest.mark.step("O7")
@pytest.mark.parametrize("shown", [None, CARD, "ANOTHER"])
async def test_a_stop_by_any_tag_or_none_ends_the_session(
    station: RawStation, database: Database, shown: str | None
) -> None:
    assert (await station.call("Authorize", {"idTag": CARD}))["idTagInfo"]["status"] == "Accepted"
    number = (await station.call("StartTransaction", START))["transactionId"]
    tag = {} if shown is None else {"idTag": shown}
    await station.call("StopTransaction", {**STOP, **tag, "transactionId": number})
    session = await the(database, ChargingTransaction)
    assert session.stopped_at is not None
    assert session.stop_token == shown


@pytest.mark.step("O8")
async def test_a_start_at_a_connector_that_is_not_there_is_kept_as_told(
    station: RawStation, database: Database
) -> None:
    number = (await station.call("StartTransaction", {**START, "connectorId": 77}))["transactionId"]
    assert number > 0
    assert (await the(database, ChargingTransaction)).connector == 77


@pytest.mark.step("O9")
async def test_a_meter_that_goes_back_is_flagged_and_gives_no_energy(station: RawStation, database: Database) -> None:
    number = (await station.call("StartTransaction", START))["transactionId"]
    await station.call("StopTransaction", {**STOP, "transactionId": number, "meterStop": 400})
    session = await the(database, ChargingTransaction)
    assert (session.energy_wh, session.irregularities) == (0, [metering.BACKWARDS])


@pytest.mark.step("O9")
async def test_a_start_that_does_not_continue_the_last_stop_is_flagged(station: RawStation, database: Database) -> None:
    number = (await station.call("StartTransaction", START))["transactionId"]
    await station.call("StopTransaction", {**STOP, "transactionId": number})
    later = {**START, "meterStart": 3500, "timestamp": "2026-11-21T12:00:00Z"}
    await station.call("StartTransaction", later)
    _, second = await rows(database, ChargingTransaction, col(ChargingTransaction.number))
    assert second.irregularities == [metering.GAP]


@pytest.mark.step("O10")
async def test_meter_values_after_the_stop_are_kept_and_move_no_energy(station: RawStation, database: Database) -> None:
    number = (await station.call("StartTransaction", START))["transactionId"]
    await station.call("StopTransaction", {**STOP, "transactionId": number})
    values = {"connectorId": 1, "transactionId": number, "meterValue": begun("8000", "Sample.Periodic")}
    assert await station.call("MeterValues", values) == {}
    session = await the(database, ChargingTransaction)
    assert (session.energy_wh, session.irregularities) == (2000, [metering.AFTER_THE_STOP])
    assert (await the(database, MeterReading)).samples[0]["value"] == "8000"
