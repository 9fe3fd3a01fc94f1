"""Every command of OCPP 1.6 and of its security extension goes out by the schema, and its answer is understood."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from ocpp.messages import MessageType, get_validator
from pydantic import ValidationError

from csms.frames import Payload
from csms.listener import CsmsServer
from csms.outcome import Result
from csms.ports import Registration
from csms.v16 import outbound
from models.messages import commands
from models.messages.commands import CertificateUse, Command, Purpose, StationCall, Trigger
from tests.csms.memory import MemoryRecords
from tests.csms.station import station_at
from tests.csms.test_commands import ask, execute

NOON, LATER = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
NOON_SAID, LATER_SAID = "2026-11-25T12:00:00.000Z", "2026-11-25T14:30:00.000Z"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
FIRMWARE = {"location": "https://fw.example/1.bin", "retrieve_at": NOON}
PROFILE = commands.ChargingProfile(
    profile=7,
    stack_level=1,
    purpose=Purpose.DEFAULT,
    kind="recurring",
    recurs="daily",
    schedule=commands.ChargingSchedule(
        unit="A",
        periods=(
            commands.SchedulePeriod(start_s=0, limit=Decimal("16.1"), phases=3),
            commands.SchedulePeriod(start_s=3600, limit=Decimal(6)),
        ),
        duration_s=86_400,
        starts_at=NOON,
        minimum=Decimal(6),
    ),
    valid_to=LATER,
)
PROFILE_SAID = {
    "chargingProfileId": 7,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validTo": LATER_SAID,
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 16.1, "numberPhases": 3},
            {"startPeriod": 3600, "limit": 6.0},
        ],
        "duration": 86_400,
        "startSchedule": NOON_SAID,
        "minChargingRate": 6.0,
    },
}
HASH = {"issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "01", "hashAlgorithm": "SHA256"}

SENT: list[tuple[StationCall, str, Payload]] = [
    (
        commands.StartCharging(token="CARD", profile=PROFILE),
        "RemoteStartTransaction",
        {"idTag": "CARD", "chargingProfile": PROFILE_SAID},
    ),
    (
        commands.SetChargingProfile(profile=PROFILE, connector=2),
        "SetChargingProfile",
        {"connectorId": 2, "csChargingProfiles": PROFILE_SAID},
    ),
    (commands.ClearChargingProfile(), "ClearChargingProfile", {}),
    (
        commands.ClearChargingProfile(profile=7, connector=1, purpose=Purpose.TRANSACTION, stack_level=0),
        "ClearChargingProfile",
        {"id": 7, "connectorId": 1, "chargingProfilePurpose": "TxProfile", "stackLevel": 0},
    ),
    (
        commands.ReadSchedule(duration_s=60, unit="W"),
        "GetCompositeSchedule",
        {"connectorId": 0, "duration": 60, "chargingRateUnit": "W"},
    ),
    (commands.ChangeAvailability(available=False), "ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
    (
        commands.ChangeAvailability(available=True, connector=2),
        "ChangeAvailability",
        {"connectorId": 2, "type": "Operative"},
    ),
    (
        commands.ReserveNow(reservation=3, token="CARD", until=LATER, connector=1, group="FLEET"),
        "ReserveNow",
        {"connectorId": 1, "expiryDate": LATER_SAID, "idTag": "CARD", "reservationId": 3, "parentIdTag": "FLEET"},
    ),
    (commands.CancelReservation(reservation=3), "CancelReservation", {"reservationId": 3}),
    (commands.ClearCache(), "ClearCache", {}),
    (commands.ReadLocalListVersion(), "GetLocalListVersion", {}),
    (
        commands.SendLocalList(
            version=4,
            kind="differential",
            tokens=(commands.ListedToken(token="A", until=LATER, group="FLEET"),),
        ),
        "SendLocalList",
        {
            "listVersion": 4,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idTag": "A", "idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET", "expiryDate": LATER_SAID}},
            ],
        },
    ),
    (
        commands.SendLocalList(
            version=4,
            kind="differential",
            tokens=(commands.ListedToken(token="A1B2", token_kind=commands.TokenKind.MAC_ADDRESS, verdict=None),),
        ),
        "SendLocalList",
        {"listVersion": 4, "updateType": "Differential", "localAuthorizationList": [{"idTag": "VID:A1B2"}]},
    ),
    (
        commands.UpdateFirmware(location="https://fw.example/1.bin", retrieve_at=NOON, retries=3, retry_every_s=60),
        "UpdateFirmware",
        {"location": "https://fw.example/1.bin", "retrieveDate": NOON_SAID, "retries": 3, "retryInterval": 60},
    ),
    (
        commands.UpdateFirmware(
            location="https://fw.example/1.bin",
            retrieve_at=NOON,
            install_at=LATER,
            request=9,
            signing_certificate=PEM,
            signature="c2ln",
        ),
        "SignedUpdateFirmware",
        {
            "requestId": 9,
            "firmware": {
                "location": "https://fw.example/1.bin",
                "retrieveDateTime": NOON_SAID,
                "installDateTime": LATER_SAID,
                "signingCertificate": PEM,
                "signature": "c2ln",
            },
        },
    ),
    (
        commands.FetchLog(location="ftp://logs.example/", since=NOON, until=LATER),
        "GetDiagnostics",
        {"location": "ftp://logs.example/", "startTime": NOON_SAID, "stopTime": LATER_SAID},
    ),
    (
        commands.FetchLog(location="https://logs.example/", log="security_log", request=5, since=NOON),
        "GetLog",
        {
            "log": {"remoteLocation": "https://logs.example/", "oldestTimestamp": NOON_SAID},
            "logType": "SecurityLog",
            "requestId": 5,
        },
    ),
    (
        commands.ReadCertificates(use=CertificateUse.CENTRAL_SYSTEM),
        "GetInstalledCertificateIds",
        {"certificateType": "CentralSystemRootCertificate"},
    ),
    (
        commands.InstallCertificate(use=CertificateUse.MANUFACTURER, certificate=PEM),
        "InstallCertificate",
        {"certificateType": "ManufacturerRootCertificate", "certificate": PEM},
    ),
    (
        commands.DeleteCertificate(
            certificate=commands.CertificateHash(
                algorithm="SHA256", issuer_name_hash="aa", issuer_key_hash="bb", serial="01"
            )
        ),
        "DeleteCertificate",
        {"certificateHashData": HASH},
    ),
    (commands.GiveCertificate(chain=PEM), "CertificateSigned", {"certificateChain": PEM}),
    (
        commands.TransferData(vendor="nl.volta", message="Light", data="on"),
        "DataTransfer",
        {"vendorId": "nl.volta", "messageId": "Light", "data": "on"},
    ),
    (
        commands.TriggerMessage(message=Trigger.CERTIFICATE_REQUEST),
        "ExtendedTriggerMessage",
        {"requestedMessage": "SignChargePointCertificate"},
    ),
    (
        commands.TriggerMessage(message=Trigger.LOG_STATUS),
        "ExtendedTriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
    ),
]


@pytest.mark.parametrize(("command", "action", "payload"), SENT, ids=[f"{each[1]}-{n}" for n, each in enumerate(SENT)])
async def test_each_command_is_sent_as_the_schema_has_it(
    server: CsmsServer, records: MemoryRecords, command: Command, action: str, payload: Payload
) -> None:
    async with station_at(server) as station:
        await station.boot_and_refuse_the_key()
        call, _ = await ask(server, records, station, command, [3, {"status": "Accepted"}])
    assert call[2:] == [action, payload]
    get_validator(MessageType.Call, action, "1.6").validate(payload)


READ: list[tuple[Command, Payload, Result, dict[str, Any], str]] = [
    (commands.ReadLocalListVersion(), {"listVersion": 12}, Result.ACCEPTED, {"version": 12}, ""),
    (commands.ReadLocalListVersion(), {"listVersion": 0}, Result.ACCEPTED, {"version": 0}, ""),
    (commands.ReadLocalListVersion(), {"listVersion": -1}, Result.NOT_SUPPORTED, {}, ""),
    (
        commands.ReadLocalListVersion(),
        {"listVersion": "twelve"},
        Result.FAILED,
        {},
        "the list version is twelve, which is none",
    ),
    (
        commands.SendLocalList(version=2, kind="full"),
        {"status": "VersionMismatch"},
        Result.VERSION_MISMATCH,
        {},
        "",
    ),
    (commands.SendLocalList(version=2, kind="full"), {"status": "Failed"}, Result.REJECTED, {}, "Failed"),
    (commands.ChangeAvailability(available=False), {"status": "Scheduled"}, Result.SCHEDULED, {}, ""),
    (commands.ReserveNow(reservation=1, token="A", until=LATER), {"status": "Occupied"}, Result.OCCUPIED, {}, ""),
    (commands.ReserveNow(reservation=1, token="A", until=LATER), {"status": "Faulted"}, Result.FAULTED, {}, ""),
    (commands.ReserveNow(reservation=1, token="A", until=LATER), {"status": "Unavailable"}, Result.UNAVAILABLE, {}, ""),
    (commands.ClearChargingProfile(), {"status": "Unknown"}, Result.NOT_FOUND, {}, ""),
    (commands.UpdateFirmware(location="https://a.example", retrieve_at=NOON), {}, Result.ACCEPTED, {}, ""),
    (commands.FetchLog(location="https://a.example"), {"fileName": "a.zip"}, Result.ACCEPTED, {"file": "a.zip"}, ""),
    (commands.FetchLog(location="https://a.example"), {}, Result.NOT_FOUND, {}, "there is nothing to upload"),
    (
        commands.FetchLog(location="https://a.example", log="security_log"),
        {},
        Result.FAILED,
        {},
        "the answer's status is None, which is none",
    ),
    (
        commands.FetchLog(location="https://a.example", log="security_log"),
        {"status": "AcceptedCanceled", "filename": "s.log"},
        Result.ACCEPTED,
        {"file": "s.log"},
        "AcceptedCanceled",
    ),
    (
        commands.ReadSchedule(),
        {"status": "Accepted", "scheduleStart": NOON_SAID, "chargingSchedule": {"chargingRateUnit": "A"}},
        Result.ACCEPTED,
        {"starts_at": NOON_SAID, "schedule": {"chargingRateUnit": "A"}},
        "",
    ),
    (
        commands.ReadCertificates(use=CertificateUse.MANUFACTURER),
        {"status": "Accepted", "certificateHashData": [HASH, "rubbish"]},
        Result.ACCEPTED,
        {"certificates": [HASH]},
        "",
    ),
    (commands.ReadCertificates(use=CertificateUse.MANUFACTURER), {"status": "NotFound"}, Result.NOT_FOUND, {}, ""),
    (
        commands.TransferData(vendor="nl.volta"),
        {"status": "UnknownVendorId", "data": "who?"},
        Result.NOT_SUPPORTED,
        {"data": "who?"},
        "UnknownVendorId",
    ),
]


@pytest.mark.parametrize(("command", "answer", "result", "data", "detail"), READ)
async def test_what_the_station_answers_is_understood(
    server: CsmsServer,
    records: MemoryRecords,
    command: Command,
    answer: Payload,
    result: Result,
    data: dict[str, Any],
    detail: str,
) -> None:
    async with station_at(server) as station:
        await station.boot_and_refuse_the_key()
        _, outcome = await ask(server, records, station, command, [3, answer])
    assert (outcome.result, dict(outcome.data), outcome.detail) == (result, data, detail)


@pytest.mark.step("O25")
async def test_of_a_refused_charging_profile_it_is_read_back_what_the_station_has() -> None:
    """OCPP.md 25."""
    kept = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32}]}
    answers: dict[str, Payload] = {
        "SetChargingProfile": {"status": "Rejected"},
        "GetCompositeSchedule": {"status": "Accepted", "chargingSchedule": kept},
    }
    asked = []

    async def station(action: str, payload: Payload) -> Payload:
        asked.append((action, payload.get("connectorId")))
        return answers[action]

    outcome = await outbound.execute(station, commands.SetChargingProfile(profile=PROFILE, connector=1))
    assert (outcome.result, outcome.data) == (Result.REJECTED, {"schedule": kept})
    assert asked == [("SetChargingProfile", 1), ("GetCompositeSchedule", 1)]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (commands.SendLocalList, {"version": 0, "kind": "full"}),
        (commands.SendLocalList, {"version": -1, "kind": "full"}),
        (commands.ReserveNow, {"reservation": 1, "token": "A", "until": "2026-11-25T12:00:00"}),
        (commands.SendLocalList, {"version": 1, "kind": "full", "tokens": [{"token": "A", "verdict": None}]}),
        (commands.UpdateFirmware, {**FIRMWARE, "signing_certificate": PEM}),
        (commands.UpdateFirmware, {**FIRMWARE, "signature": "c2ln"}),
        (commands.FetchLog, {"location": "file:///etc/passwd"}),
        (commands.InstallCertificate, {"use": "manufacturer", "certificate": "no certificate"}),
        (commands.SchedulePeriod, {"start_s": 0, "limit": "16.05"}),
        (commands.ChargingSchedule, {"unit": "A", "periods": []}),
    ],
)
def test_what_no_station_could_take_is_not_made(kind: type[commands.StationCall], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(wrong)


periods = st.builds(
    commands.SchedulePeriod,
    start_s=st.integers(0, 10**6),
    limit=st.decimals(0, 1000, places=1),
    phases=st.sampled_from([None, 1, 2, 3]),
)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - gets its zone
profiles = st.builds(
    commands.ChargingProfile,
    profile=st.integers(1, 2**31 - 1),
    stack_level=st.integers(0, 1000),
    purpose=st.sampled_from([Purpose.STATION, Purpose.DEFAULT, Purpose.TRANSACTION]),
    kind=st.sampled_from(["absolute", "recurring", "relative"]),
    recurs=st.sampled_from([None, "daily", "weekly"]),
    schedule=st.builds(
        commands.ChargingSchedule,
        unit=st.sampled_from("AW"),
        periods=st.lists(periods, min_size=1, max_size=5).map(tuple),
        duration_s=st.none() | st.integers(1, 10**6),
        starts_at=st.none() | instants,
        minimum=st.none() | st.decimals(0, 100, places=1),
    ),
    transaction=st.none() | st.integers(1, 2**31 - 1),
    valid_from=st.none() | instants,
    valid_to=st.none() | instants,
)


@given(profiles)
def test_any_profile_is_written_by_the_schema(profile: commands.ChargingProfile) -> None:
    said = outbound.WORDING.request_of(commands.SetChargingProfile(profile=profile)).payload
    schema = _exact(get_validator(MessageType.Call, "SetChargingProfile", "1.6"))
    assert [error.message for error in schema.iter_errors(_exactly(said))] == []


def _exact(validator: Draft4Validator) -> Draft4Validator:
    """In binary fractions 0.3 is no multiple of 0.1."""
    return Draft4Validator(_exactly(validator.schema))


def _exactly(value: object) -> Any:
    return json.loads(orjson.dumps(value), parse_float=Decimal)


async def test_to_a_pending_station_a_charging_profile_goes_out(server: CsmsServer, records: MemoryRecords) -> None:
    """OCPP 1.6 ed.2 §4.2: only remote start and stop have to wait."""
    records.boot_answer = Registration.PENDING
    async with station_at(server) as station:
        await station.boot()
        change = commands.SetChargingProfile(profile=PROFILE)
        _, outcome = await ask(server, records, station, change, [3, {"status": "Accepted"}])
        refused = await execute(server, records, commands.StartCharging(token="CARD", profile=PROFILE))
    assert (outcome.result, refused.result) == (Result.ACCEPTED, Result.NOT_READY)
