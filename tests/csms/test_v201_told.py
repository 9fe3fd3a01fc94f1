"""What stations of OCPP 2 tell of themselves, in the rows of a real PostgreSQL (OCPP.md 16, 28)."""

from typing import Any

import pytest
from sqlmodel import col

from csms.listener import CsmsServer
from models.store import station_reports
from models.store.database import Database
from models.tables.asset import Asset, Evse, StationEvent
from models.tables.charging import RawFrame
from models.tables.station_report import StationReport
from tests.csms.standing import IDENTITY, rows, the
from tests.csms.station import NOW, station_at
from tests.csms.station_of_2 import SUBPROTOCOLS, StationOf2
from tests.csms.test_v201_adapters import at_station
from tests.people import FACTORY_KEY

pytestmark = [
    pytest.mark.step("P14"),
    pytest.mark.usefixtures("asset"),
    pytest.mark.parametrize("subprotocol", SUBPROTOCOLS),
]


@pytest.mark.step("O16")
async def test_an_evse_is_what_its_connectors_amount_to(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    async def status(evse: int, plug: int, word: str) -> None:
        told = {"timestamp": NOW, "connectorStatus": word, "evseId": evse, "connectorId": plug}
        assert await station.call("StatusNotification", told) == {}

    async with at_station(front, subprotocol) as station:
        for plug, word in ((1, "Available"), (2, "Available"), (2, "Occupied"), (1, "Unavailable")):
            await status(1, plug, word)
        await status(2, 1, "Faulted")
        await status(10**6, 1, "Available")
        for plug in range(1, 40):
            await status(2, plug, "Occupied" if plug > 1 else "Faulted")
    first, second = await rows(database, Evse, col(Evse.connector))
    assert (first.status, first.error_code, first.plugs) == (
        "Occupied",
        "NoError",
        {"1": "Unavailable", "2": "Occupied"},
    )
    assert (second.status, second.error_code, len(second.plugs)) == ("Faulted", "OtherError", 16)


async def test_a_report_is_read_back_in_its_parts_and_a_part_that_came_again_stands_once(
    front: CsmsServer, database: Database, asset: Asset, subprotocol: str
) -> None:
    value = {"component": {"name": "Connector"}, "variable": {"name": "Type"}}

    def part(number: int, *, more: bool, told: str) -> dict[str, Any]:
        data = [{**value, "variableAttribute": [{"value": told}]}]
        return {"requestId": 7, "generatedAt": NOW, "seqNo": number, "tbc": more, "reportData": data}

    async with at_station(front, subprotocol) as station:
        for sent in (part(0, more=True, told="cT2"), part(0, more=True, told="cT2"), part(1, more=False, told="c\0")):
            assert await station.call("NotifyReport", sent) == {}
        other = {"requestId": 8, "generatedAt": NOW, "seqNo": 0}
        assert await station.call("NotifyReport", other) == {}
    async with database.transaction() as session:
        kept = await station_reports.parts(session, asset.id, "device_model", request=7)
        everything = await station_reports.parts(session, asset.id, "device_model")
    told = [each.payload["reportData"][0]["variableAttribute"][0]["value"] for each in kept]
    assert told == ["cT2", "c\N{REPLACEMENT CHARACTER}"]
    assert [(each.part, each.is_last) for each in kept] == [(0, False), (1, True)]
    assert len(everything) == 3
    followed = [
        row.detail for row in await rows(database, StationEvent, col(StationEvent.id)) if row.kind == "reported"
    ]
    assert followed == [
        {"report": "device_model", "request": 7, "parts": 2},
        {"report": "device_model", "request": 8, "parts": 1},
    ]


@pytest.mark.step("L1")
async def test_what_a_station_reports_is_kept_masked_as_in_the_message_log(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    secret, person = "hunter2hunter2", "Jan Jansen"
    event = {
        "eventId": 1,
        "timestamp": NOW,
        "trigger": "Delta",
        "actualValue": secret,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    told = [
        ("NotifyEvent", {"generatedAt": NOW, "seqNo": 0, "eventData": [event]}),
        ("NotifyCustomerInformation", {"data": person, "seqNo": 0, "generatedAt": NOW, "requestId": 3}),
        ("SecurityEventNotification", {"type": "x", "timestamp": NOW, "techInfo": f"ftp://me:{secret}@files.example"}),
    ]
    async with at_station(front, subprotocol) as station:
        for action, payload in told:
            assert await station.call(action, payload) == {}
    kept = [row.payload for row in await rows(database, StationReport)]
    events = [row.detail for row in await rows(database, StationEvent)]
    assert len(kept) == 2
    assert secret not in str(kept) + str(events)
    assert person not in str(kept) + str(events)
    assert "SecurityCtrlr.BasicAuthPassword is (secret)" in str(events)


async def test_of_each_kind_the_newest_parts_are_kept(
    front: CsmsServer, database: Database, subprotocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station_reports, "PARTS_KEPT", 3)
    limit = {"chargingLimit": {"chargingLimitSource": "EMS"}}
    async with at_station(front, subprotocol) as station:
        assert await station.call("NotifyChargingLimit", limit) == {}
        for number in range(5):
            report = {"requestId": 1, "generatedAt": NOW, "seqNo": number, "tbc": True}
            assert await station.call("NotifyReport", report) == {}
    kept = await rows(database, StationReport, col(StationReport.id))
    assert [(row.kind, row.part) for row in kept] == [
        ("charging_limit", None),
        ("device_model", 2),
        ("device_model", 3),
        ("device_model", 4),
    ]


async def test_what_is_told_in_a_word_is_an_event_of_the_station(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    async with at_station(front, subprotocol) as station:
        update = {"reservationId": 8, "reservationUpdateStatus": "Expired"}
        assert await station.call("ReservationStatusUpdate", update) == {}
        assert (await station.call("Heartbeat", {}))["currentTime"]
    told = [row.detail for row in await rows(database, StationEvent) if row.kind == "reservation"]
    assert told == [{"status": "Expired", "request": 8}]
    assert (await the(database, Asset)).last_seen_at is not None


@pytest.mark.step("O28")
async def test_a_refused_boot_is_remembered_over_a_reconnect(
    front: CsmsServer, database: Database, subprotocol: str
) -> None:
    async with station_at(front, IDENTITY, FACTORY_KEY, subprotocol) as raw:
        station = StationOf2(raw)
        assert (await station.boot("SOMEBODY-ELSE"))["status"] == "Rejected"
    async with station_at(front, IDENTITY, FACTORY_KEY, subprotocol) as raw:
        assert (await StationOf2(raw).call("TransactionEvent", {}))[0] == "SecurityError"
    assert not await rows(database, RawFrame)
