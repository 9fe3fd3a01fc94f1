"""What stations of OCPP 2 answer to our commands is understood, also where it is no answer (OCPP.md 18, 20)."""

from decimal import Decimal
from typing import Any

import pytest

from csms.listener import CsmsServer
from csms.outcome import Result
from models.messages import commands
from models.messages.commands import StationCall
from tests.csms.commanded import OF_2, command, ready
from tests.csms.memory import MemoryRecords
from tests.csms.test_v201_commands import HASH, LATER, NOON, NOON_SAID
from tests.csms.test_v201_upkeep import MD5, PEM

pytestmark = pytest.mark.parametrize("subprotocol", OF_2)

START = commands.StartCharging(token="CARD", remote_start=9)
RESERVE = commands.ReserveNow(reservation=1, token="A", until=LATER)
UNLOCK = commands.Unlock(connector=1)
SHOW = commands.ShowMessage(message=1, text="x")
READ: list[tuple[StationCall, Any, Result, dict[str, Any], str | None]] = [
    (
        START,
        {"status": "Accepted", "transactionId": "T-1"},
        Result.ACCEPTED,
        {"remote_start": 9, "transaction": "T-1"},
        "",
    ),
    (START, {"status": "Rejected"}, Result.REJECTED, {"remote_start": 9}, ""),
    (
        commands.ClearCache(),
        {"status": "Rejected", "statusInfo": {"reasonCode": "NotEnabled", "additionalInfo": "no cache here"}},
        Result.REJECTED,
        {},
        "NotEnabled: no cache here",
    ),
    (commands.ClearCache(), {"status": "Rejected", "statusInfo": "because"}, Result.REJECTED, {}, ""),
    (commands.ClearCache(), {}, Result.FAILED, {}, "the answer's status is None, which is none"),
    (commands.ClearCache(), {"status": {"a": 1}}, Result.FAILED, {}, "the answer's status is {'a': 1}, which is none"),
    (commands.ClearCache(), [3], Result.FAILED, {}, None),
    (commands.ClearCache(), [4, "NotImplemented", "", {}], Result.NOT_SUPPORTED, {}, "NotImplemented: "),
    (commands.ClearCache(), [4, "NotSupported", "", {}], Result.NOT_SUPPORTED, {}, "NotSupported: "),
    (commands.ClearCache(), [4, "SecurityError", "no", {}], Result.FAILED, {}, "SecurityError: no"),
    (commands.Reset(), {"status": "Scheduled"}, Result.SCHEDULED, {}, ""),
    (
        commands.TriggerMessage(message=commands.Trigger.BOOT),
        {"status": "NotImplemented"},
        Result.NOT_SUPPORTED,
        {},
        "NotImplemented",
    ),
    (RESERVE, {"status": "Occupied"}, Result.OCCUPIED, {}, ""),
    (RESERVE, {"status": "Faulted"}, Result.FAULTED, {}, ""),
    (RESERVE, {"status": "Unavailable"}, Result.UNAVAILABLE, {}, ""),
    (UNLOCK, {"status": "Unlocked"}, Result.ACCEPTED, {}, ""),
    (UNLOCK, {"status": "UnlockFailed"}, Result.REJECTED, {}, "UnlockFailed"),
    (UNLOCK, {"status": "OngoingAuthorizedTransaction"}, Result.OCCUPIED, {}, "OngoingAuthorizedTransaction"),
    (UNLOCK, {"status": "UnknownConnector"}, Result.NOT_FOUND, {}, "UnknownConnector"),
    (commands.ClearChargingProfile(profile=1), {"status": "Unknown"}, Result.NOT_FOUND, {}, ""),
    (
        commands.ReadChargingProfiles(request=2),
        {"status": "NoProfiles"},
        Result.NOT_FOUND,
        {"request": 2},
        "NoProfiles",
    ),
    (commands.ReadReport(request=2), {"status": "EmptyResultSet"}, Result.NOT_FOUND, {"request": 2}, "EmptyResultSet"),
    (commands.ReadReport(request=2), {"status": "NotSupported"}, Result.NOT_SUPPORTED, {"request": 2}, ""),
    (commands.ReadLocalListVersion(), {"versionNumber": 0}, Result.ACCEPTED, {"version": 0}, ""),
    (
        commands.ReadLocalListVersion(),
        {"versionNumber": True},
        Result.FAILED,
        {},
        "the list version is True, which is none",
    ),
    (commands.ReadTransactionStatus(), {"messagesInQueue": False}, Result.ACCEPTED, {"messages_in_queue": False}, ""),
    (commands.TellCost(transaction="T-1", cost=Decimal(1)), {}, Result.ACCEPTED, {}, ""),
    (commands.UnpublishFirmware(checksum=MD5), {"status": "Unpublished"}, Result.ACCEPTED, {}, ""),
    (commands.UnpublishFirmware(checksum=MD5), {"status": "NoFirmware"}, Result.NOT_FOUND, {}, "NoFirmware"),
    (commands.UnpublishFirmware(checksum=MD5), {"status": "DownloadOngoing"}, Result.OCCUPIED, {}, "DownloadOngoing"),
    (
        commands.UpdateFirmware(location="https://a.example", retrieve_at=NOON),
        {"status": "AcceptedCanceled"},
        Result.ACCEPTED,
        {},
        "AcceptedCanceled",
    ),
    (
        commands.UpdateFirmware(location="https://a.example", retrieve_at=NOON, signing_certificate=PEM, signature="c"),
        {"status": "RevokedCertificate"},
        Result.REJECTED,
        {},
        "RevokedCertificate",
    ),
    (
        commands.FetchLog(location="https://a.example"),
        {"status": "Accepted", "filename": "s.log"},
        Result.ACCEPTED,
        {"file": "s.log"},
        "",
    ),
    (
        commands.ReadCertificates(),
        {
            "status": "Accepted",
            "certificateHashDataChain": [
                {"certificateType": "MORootCertificate", "certificateHashData": HASH},
                "rubbish",
            ],
        },
        Result.ACCEPTED,
        {"certificates": [{"certificateType": "MORootCertificate", "certificateHashData": HASH}]},
        "",
    ),
    (commands.ReadCertificates(), {"status": "NotFound"}, Result.NOT_FOUND, {}, ""),
    (
        commands.ReadSchedule(),
        {"status": "Accepted", "schedule": {"evseId": 0, "scheduleStart": NOON_SAID, "chargingRateUnit": "A"}},
        Result.ACCEPTED,
        {
            "starts_at": NOON_SAID,
            "schedule": {"evseId": 0, "scheduleStart": NOON_SAID, "chargingRateUnit": "A"},
        },
        "",
    ),
    (commands.ReadSchedule(), {"status": "Accepted", "schedule": "none"}, Result.ACCEPTED, {}, ""),
    (
        commands.TransferData(vendor="nl.volta"),
        {"status": "Accepted", "data": {"light": [1, 2]}},
        Result.ACCEPTED,
        {"data": '{"light":[1,2]}'},
        "",
    ),
    (
        commands.CustomerInformation(token="A", request=2),
        {"status": "Invalid"},
        Result.REJECTED,
        {"request": 2},
        "Invalid",
    ),
    (SHOW, {"status": "NotSupportedState"}, Result.NOT_SUPPORTED, {}, "NotSupportedState"),
    (SHOW, {"status": "UnknownTransaction"}, Result.NOT_FOUND, {}, "UnknownTransaction"),
    (
        commands.SendMessage(action="GetTransactionStatus"),
        {"messagesInQueue": True},
        Result.ACCEPTED,
        {"answer": {"messagesInQueue": True}},
        "",
    ),
    (
        commands.SendMessage(action="ClearCache"),
        {"status": "Rejected", "more": "x" * 30_000},
        Result.REJECTED,
        {"left_out_bytes": 30_031},
        "",
    ),
]


@pytest.mark.step("O18")
@pytest.mark.parametrize(
    ("asked", "answer", "result", "data", "detail"),
    READ,
    ids=[f"{type(each[0]).__name__}-{n}" for n, each in enumerate(READ)],
)
async def test_what_the_station_answers_is_understood(
    server: CsmsServer,
    records: MemoryRecords,
    subprotocol: str,
    asked: StationCall,
    answer: Any,
    result: Result,
    data: dict[str, Any],
    detail: str | None,
) -> None:
    async with ready(server, subprotocol) as station:
        _, outcome = await command(server, records, station, asked, answer)
    assert (outcome.result, dict(outcome.data)) == (result, data)
    assert detail is None or outcome.detail == detail


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ({"TxDefaultProfile": "Accepted"}, Result.ACCEPTED),
        ({}, Result.NOT_FOUND),
        ({"TxDefaultProfile": "Accepted", "TxProfile": "Perhaps"}, Result.FAILED),
    ],
)
async def test_to_clear_every_profile_each_purpose_is_named_as_the_standard_wants_something_to_be(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, answers: dict[str, str], result: Result
) -> None:
    def answer(_: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"status": answers.get(payload["chargingProfileCriteria"]["chargingProfilePurpose"], "Unknown")}

    async with ready(server, subprotocol) as station:
        calls, outcome = await command(server, records, station, commands.ClearChargingProfile(), answer)
    named = [payload["chargingProfileCriteria"]["chargingProfilePurpose"] for _, payload in calls]
    more = ["PriorityCharging", "LocalGeneration"] if subprotocol == "ocpp2.1" else []
    assert named == ["ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile", *more]
    assert outcome.result is result
