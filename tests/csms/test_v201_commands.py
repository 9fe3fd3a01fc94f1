"""Every command that OCPP 2.0.1 has for stations goes out as its schema has it, in both versions (OCPP.md 13, 18)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from csms.listener import CsmsServer
from csms.outcome import Result
from csms.ports import Registration
from models.messages import commands
from models.messages.commands import Purpose, StationCall, TokenKind
from tests.csms.commanded import OF_2, command, ready
from tests.csms.memory import MemoryRecords
from tests.csms.station_of_2 import station_of_2

pytestmark = [pytest.mark.step("P14"), pytest.mark.parametrize("subprotocol", OF_2)]

NOON, LATER = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
NOON_SAID, LATER_SAID = "2026-11-25T12:00:00.000Z", "2026-11-25T14:30:00.000Z"
PROFILE = commands.ChargingProfile(
    profile=7,
    stack_level=1,
    purpose=Purpose.DEFAULT,
    kind="recurring",
    recurs="daily",
    schedule=commands.ChargingSchedule(
        unit="A",
        periods=(
            commands.SchedulePeriod(start_s=0, limit=Decimal("16.1"), phases=1, phase_to_use=2),
            commands.SchedulePeriod(start_s=3600, limit=Decimal(6)),
        ),
        duration_s=86_400,
        starts_at=NOON,
        minimum=Decimal(6),
    ),
    alternatives=(
        commands.ChargingSchedule(unit="W", periods=(commands.SchedulePeriod(start_s=0, limit=Decimal(11_000)),)),
    ),
    valid_to=LATER,
)
PROFILE_SAID = {
    "id": 7,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validTo": LATER_SAID,
    "chargingSchedule": [
        {
            "id": 1,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 16.1, "numberPhases": 1, "phaseToUse": 2},
                {"startPeriod": 3600, "limit": 6.0},
            ],
            "duration": 86_400,
            "startSchedule": NOON_SAID,
            "minChargingRate": 6.0,
        },
        {
            "id": 2,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11_000.0}],
        },
    ],
}
HASH = {"issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "01", "hashAlgorithm": "SHA256"}
NAMED = commands.CertificateHash(algorithm="SHA256", issuer_name_hash="aa", issuer_key_hash="bb", serial="01")
CARD = {"idToken": "CARD", "type": "ISO14443"}

SENT: list[tuple[StationCall, str, dict[str, Any]]] = [
    (
        commands.StartCharging(token="CARD", connector=2, remote_start=9, profile=PROFILE, group="FLEET"),
        "RequestStartTransaction",
        {
            "idToken": CARD,
            "evseId": 2,
            "remoteStartId": 9,
            "chargingProfile": PROFILE_SAID,
            "groupIdToken": {"idToken": "FLEET", "type": "Central"},
        },
    ),
    (
        commands.StartCharging(token="x" * 36, token_kind=TokenKind.E_MAID, remote_start=1),
        "RequestStartTransaction",
        {"idToken": {"idToken": "x" * 36, "type": "eMAID"}, "remoteStartId": 1},
    ),
    (commands.StopCharging(transaction="T-1"), "RequestStopTransaction", {"transactionId": "T-1"}),
    (commands.ReadTransactionStatus(), "GetTransactionStatus", {}),
    (commands.ReadTransactionStatus(transaction="T-1"), "GetTransactionStatus", {"transactionId": "T-1"}),
    (
        commands.TellCost(transaction="T-1", cost=Decimal("12.34")),
        "CostUpdated",
        {"transactionId": "T-1", "totalCost": 12.34},
    ),
    (
        commands.SetChargingProfile(profile=PROFILE),
        "SetChargingProfile",
        {"evseId": 0, "chargingProfile": PROFILE_SAID},
    ),
    (commands.ClearChargingProfile(profile=7), "ClearChargingProfile", {"chargingProfileId": 7}),
    (
        commands.ClearChargingProfile(connector=1, purpose=Purpose.TRANSACTION, stack_level=0),
        "ClearChargingProfile",
        {"chargingProfileCriteria": {"evseId": 1, "chargingProfilePurpose": "TxProfile", "stackLevel": 0}},
    ),
    (
        commands.ReadSchedule(duration_s=60, unit="W", connector=1),
        "GetCompositeSchedule",
        {"evseId": 1, "duration": 60, "chargingRateUnit": "W"},
    ),
    (
        commands.ReadChargingProfiles(request=4),
        "GetChargingProfiles",
        {"requestId": 4, "chargingProfile": {}},
    ),
    (
        commands.ReadChargingProfiles(
            request=4, whole_station=True, purpose=Purpose.EXTERNAL, stack_level=1, sources=("cso",), profiles=(7,)
        ),
        "GetChargingProfiles",
        {
            "requestId": 4,
            "evseId": 0,
            "chargingProfile": {
                "chargingProfilePurpose": "ChargingStationExternalConstraints",
                "stackLevel": 1,
                "chargingLimitSource": ["CSO"],
                "chargingProfileId": [7],
            },
        },
    ),
    (commands.ChangeAvailability(available=False), "ChangeAvailability", {"operationalStatus": "Inoperative"}),
    (
        commands.ChangeAvailability(available=True, connector=2, plug=1),
        "ChangeAvailability",
        {"operationalStatus": "Operative", "evse": {"id": 2, "connectorId": 1}},
    ),
    (
        commands.ReserveNow(
            reservation=3, token="CARD", until=LATER, connector=1, group="FLEET", connector_type="cCCS2"
        ),
        "ReserveNow",
        {
            "id": 3,
            "idToken": CARD,
            "expiryDateTime": LATER_SAID,
            "evseId": 1,
            "connectorType": "cCCS2",
            "groupIdToken": {"idToken": "FLEET", "type": "Central"},
        },
    ),
    (commands.CancelReservation(reservation=3), "CancelReservation", {"reservationId": 3}),
    (commands.Unlock(connector=2), "UnlockConnector", {"evseId": 2, "connectorId": 1}),
    (commands.Unlock(connector=2, plug=3), "UnlockConnector", {"evseId": 2, "connectorId": 3}),
    (commands.ClearCache(), "ClearCache", {}),
    (commands.ReadLocalListVersion(), "GetLocalListVersion", {}),
    (
        commands.SendLocalList(
            version=4,
            kind="differential",
            tokens=(commands.ListedToken(token="A", until=LATER, group="FLEET", connectors=(1,)),),
        ),
        "SendLocalList",
        {
            "versionNumber": 4,
            "updateType": "Differential",
            "localAuthorizationList": [
                {
                    "idToken": {"idToken": "A", "type": "ISO14443"},
                    "idTokenInfo": {
                        "status": "Accepted",
                        "cacheExpiryDateTime": LATER_SAID,
                        "groupIdToken": {"idToken": "FLEET", "type": "Central"},
                        "evseId": [1],
                    },
                }
            ],
        },
    ),
    (
        commands.SendLocalList(
            version=5, kind="full", tokens=(commands.ListedToken(token="A1B2", token_kind=TokenKind.MAC_ADDRESS),)
        ),
        "SendLocalList",
        {
            "versionNumber": 5,
            "updateType": "Full",
            "localAuthorizationList": [
                {"idToken": {"idToken": "A1B2", "type": "MacAddress"}, "idTokenInfo": {"status": "Accepted"}}
            ],
        },
    ),
    (commands.SendLocalList(version=5, kind="full"), "SendLocalList", {"versionNumber": 5, "updateType": "Full"}),
    (
        commands.CustomerInformation(token="CARD", clear=True, request=6),
        "CustomerInformation",
        {"requestId": 6, "report": True, "clear": True, "idToken": CARD},
    ),
    (
        commands.CustomerInformation(certificate=NAMED, request=6),
        "CustomerInformation",
        {"requestId": 6, "report": True, "clear": False, "customerCertificate": HASH},
    ),
    (
        commands.CustomerInformation(customer="C-1", report=False, clear=True, request=6),
        "CustomerInformation",
        {"requestId": 6, "report": False, "clear": True, "customerIdentifier": "C-1"},
    ),
    (
        commands.SendMessage(action="ClearCache", payload={"customData": {"vendorId": "nl.volta", "deep": True}}),
        "ClearCache",
        {"customData": {"vendorId": "nl.volta", "deep": True}},
    ),
]


@pytest.mark.parametrize(("asked", "action", "payload"), SENT, ids=[f"{each[1]}-{n}" for n, each in enumerate(SENT)])
async def test_each_command_is_sent_as_the_schema_has_it(
    server: CsmsServer,
    records: MemoryRecords,
    subprotocol: str,
    asked: StationCall,
    action: str,
    payload: dict[str, Any],
) -> None:
    async with ready(server, subprotocol) as station:
        calls, _ = await command(server, records, station, asked)
    assert calls == [(action, payload)]


async def test_what_we_draw_a_number_for_tells_it(server: CsmsServer, records: MemoryRecords, subprotocol: str) -> None:
    async with ready(server, subprotocol) as station:
        calls, outcome = await command(server, records, station, commands.StartCharging(token="CARD"))
        (_, sent), *_ = calls
        assert outcome.data == {"remote_start": sent["remoteStartId"]}
        calls, report = await command(server, records, station, commands.ReadReport())
        assert report.data == {"request": calls[0][1]["requestId"]}
        _, other = await command(server, records, station, commands.ReadReport())
    assert other.data != report.data
    assert min(other.data["request"], report.data["request"]) >= 1


@pytest.mark.step("P15")
async def test_a_transaction_with_our_number_goes_by_the_name_that_the_station_gave_it(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    began = {
        "eventType": "Started",
        "timestamp": NOON_SAID,
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "T-77"},
    }
    own = PROFILE.model_copy(update={"purpose": Purpose.TRANSACTION, "transaction": 1})
    async with ready(server, subprotocol) as station:
        assert isinstance(await station.call("TransactionEvent", began), dict)
        stopped, _ = await command(server, records, station, commands.StopCharging(transaction=1))
        profiled, _ = await command(server, records, station, commands.SetChargingProfile(profile=own, connector=1))
        unknown, outcome = await command(server, records, station, commands.StopCharging(transaction=99))
    assert stopped == [("RequestStopTransaction", {"transactionId": "T-77"})]
    assert profiled[0][1]["chargingProfile"]["transactionId"] == "T-77"
    assert (unknown, outcome.result) == ([], Result.NOT_FOUND)
    assert "99" in outcome.detail


@pytest.mark.step("O27")
async def test_what_a_station_says_of_its_queue_is_kept_with_the_transaction(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    asked = commands.ReadTransactionStatus(transaction="T-1")
    async with ready(server, subprotocol) as station:
        answer = {"ongoingIndicator": False, "messagesInQueue": True}
        _, outcome = await command(server, records, station, asked, answer)
        assert outcome.data == {"ongoing": False, "messages_in_queue": True}
        assert records.kept["CP-1"].queues == {"T-1": True}
        _, outcome = await command(server, records, station, asked, {"messagesInQueue": "yes"})
    assert outcome.result is Result.FAILED
    assert records.kept["CP-1"].queues == {"T-1": True}


@pytest.mark.step("O13")
async def test_a_station_whose_boot_is_pending_gets_no_start_or_stop_in_whatever_words(
    server: CsmsServer, records: MemoryRecords, subprotocol: str
) -> None:
    records.boot_answer = Registration.PENDING
    start = commands.SendMessage(action="RequestStartTransaction", payload={"remoteStartId": 1, "idToken": CARD})
    async with station_of_2(server, subprotocol) as station:
        assert (await station.boot())["status"] == "Pending"
        for asked in (commands.StartCharging(token="CARD"), commands.StopCharging(transaction="T-1"), start):
            calls, outcome = await command(server, records, station.raw, asked)
            assert (calls, outcome.result) == ([], Result.NOT_READY)
        calls, outcome = await command(server, records, station.raw, commands.ReadReport())
    assert [action for action, _ in calls] == ["GetBaseReport"]
