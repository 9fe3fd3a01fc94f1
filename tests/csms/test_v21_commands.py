"""What only OCPP 2.1 has for stations; to older ones none of it is sent, and that is an outcome."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from csms.listener import CsmsServer
from csms.outcome import Result
from models.messages import commands
from models.messages.commands import CertificateUse, DerKind, Purpose, StationCall, TokenKind, Trigger
from tests.csms.commanded import VERSIONS, command, ready
from tests.csms.memory import MemoryRecords
from tests.csms.test_v201_commands import SENT
from tests.csms.test_v201_upkeep import PEM, UPKEEP

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
TARIFF = {
    "tariffId": "T-2026",
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.35}], "taxRates": [{"type": "VAT", "tax": 21}]},
}
FIXED_VAR = {"fixedVar": {"priority": 1, "setpoint": 10.5, "unit": "PctMaxVar"}}
DYNAMIC = commands.ChargingProfile(
    profile=7,
    stack_level=1,
    purpose=Purpose.LOCAL_GENERATION,
    kind="dynamic",
    schedule=commands.ChargingSchedule(
        unit="W",
        periods=(
            commands.SchedulePeriod(
                start_s=0, setpoint=Decimal("-3000.5"), setpoint_l2=Decimal(100), operation_mode="central_setpoint"
            ),
        ),
    ),
    offline_at_most_s=60,
    asked_for_every_s=30,
)

SENT_IN_21: list[tuple[StationCall, str, dict[str, Any]]] = [
    (commands.ReadTariffs(), "GetTariffs", {"evseId": 0}),
    (commands.SetDefaultTariff(tariff=TARIFF, connector=1), "SetDefaultTariff", {"evseId": 1, "tariff": TARIFF}),
    (commands.ClearTariffs(), "ClearTariffs", {}),
    (commands.ClearTariffs(tariffs=("T",), connector=1), "ClearTariffs", {"tariffIds": ["T"], "evseId": 1}),
    (
        commands.ChangeTariff(transaction="T-1", tariff=TARIFF),
        "ChangeTransactionTariff",
        {"transactionId": "T-1", "tariff": TARIFF},
    ),
    (
        commands.SendGridSignal(signal=-3, at=NOON),
        "AFRRSignal",
        {"signal": -3, "timestamp": "2026-11-25T12:00:00.000Z"},
    ),
    (
        commands.SetDerControl(control="c-1", kind=DerKind.FIXED_VAR, default=False, settings=FIXED_VAR),
        "SetDERControl",
        {"controlId": "c-1", "controlType": "FixedVar", "isDefault": False, **FIXED_VAR},
    ),
    (
        commands.ReadDerControl(kind=DerKind.FIXED_PF_ABSORB, request=3),
        "GetDERControl",
        {"requestId": 3, "controlType": "FixedPFAbsorb"},
    ),
    (
        commands.ClearDerControl(default=True, control="c-1"),
        "ClearDERControl",
        {"isDefault": True, "controlId": "c-1"},
    ),
    (
        commands.UsePriorityCharging(transaction="T-1"),
        "UsePriorityCharging",
        {"transactionId": "T-1", "activate": True},
    ),
    (
        commands.UpdateSchedule(
            profile=7, limits=commands.PowerLimits(limit=Decimal(16), discharge_limit_l3=Decimal("-6.1"))
        ),
        "UpdateDynamicSchedule",
        {"chargingProfileId": 7, "scheduleUpdate": {"limit": 16.0, "dischargeLimit_L3": -6.1}},
    ),
    (commands.ReadEventStreams(), "GetPeriodicEventStream", {}),
    (
        commands.AdjustEventStream(stream=1, interval_s=60),
        "AdjustPeriodicEventStream",
        {"id": 1, "params": {"interval": 60}},
    ),
    (
        commands.AllowEnergyTransfer(transaction="T-1", allowed=("DC_BPT", "DC")),
        "NotifyAllowedEnergyTransfer",
        {"transactionId": "T-1", "allowedEnergyTransfer": ["DC_BPT", "DC"]},
    ),
    (
        commands.AnnounceWebPayment(connector=2, within_s=120),
        "NotifyWebPaymentStarted",
        {"evseId": 2, "timeout": 120},
    ),
    (
        commands.SwapBattery(token="CARD", request=4),
        "RequestBatterySwap",
        {"requestId": 4, "idToken": {"idToken": "CARD", "type": "ISO14443"}},
    ),
]
NEWER_IN_21: list[tuple[StationCall, str, dict[str, Any]]] = [
    (commands.Reset(kind="resume"), "Reset", {"type": "ImmediateAndResume"}),
    (
        commands.TriggerMessage(message=Trigger.CUSTOM, custom="LedTest"),
        "TriggerMessage",
        {"requestedMessage": "CustomTrigger", "customTrigger": "LedTest"},
    ),
    (
        commands.StartCharging(token="4711", token_kind=TokenKind.DIRECT_PAYMENT, remote_start=1),
        "RequestStartTransaction",
        {"idToken": {"idToken": "4711", "type": "DirectPayment"}, "remoteStartId": 1},
    ),
    (
        commands.InstallCertificate(use=CertificateUse.CAR_MAKER, certificate=PEM),
        "InstallCertificate",
        {"certificateType": "OEMRootCertificate", "certificate": PEM},
    ),
    (
        commands.SetChargingProfile(profile=DYNAMIC, connector=1),
        "SetChargingProfile",
        {
            "evseId": 1,
            "chargingProfile": {
                "id": 7,
                "stackLevel": 1,
                "chargingProfilePurpose": "LocalGeneration",
                "chargingProfileKind": "Dynamic",
                "maxOfflineDuration": 60,
                "dynUpdateInterval": 30,
                "chargingSchedule": [
                    {
                        "id": 1,
                        "chargingRateUnit": "W",
                        "chargingSchedulePeriod": [
                            {
                                "startPeriod": 0,
                                "setpoint": -3000.5,
                                "setpoint_L2": 100.0,
                                "operationMode": "CentralSetpoint",
                            }
                        ],
                    }
                ],
            },
        },
    ),
]
ALL_OF_21 = [*SENT_IN_21, *NEWER_IN_21]
_ids = [f"{each[1]}-{n}" for n, each in enumerate(ALL_OF_21)]


@pytest.mark.parametrize(("asked", "action", "payload"), ALL_OF_21, ids=_ids)
async def test_what_2_1_has_is_sent_as_its_schema_has_it(
    server: CsmsServer, records: MemoryRecords, asked: StationCall, action: str, payload: dict[str, Any]
) -> None:
    async with ready(server, "ocpp2.1") as station:
        calls, _ = await command(server, records, station, asked)
    assert calls == [(action, payload)]


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
@pytest.mark.parametrize("asked", [each[0] for each in ALL_OF_21], ids=_ids)
async def test_what_only_2_1_has_is_not_supported_by_older_stations_and_not_sent(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, asked: StationCall
) -> None:
    async with ready(server, subprotocol) as station:
        calls, outcome = await command(server, records, station, asked)
    assert (calls, outcome.result) == ([], Result.NOT_SUPPORTED)
    assert outcome.detail


_IN_16 = {
    "StartCharging",
    "StopCharging",
    "SetChargingProfile",
    "ClearChargingProfile",
    "ReadSchedule",
    "ChangeAvailability",
    "ReserveNow",
    "CancelReservation",
    "Unlock",
    "ClearCache",
    "ReadLocalListVersion",
    "SendLocalList",
    "UpdateFirmware",
    "FetchLog",
    "ReadCertificates",
    "InstallCertificate",
    "DeleteCertificate",
    "GiveCertificate",
    "TransferData",
    "Reset",
    "TriggerMessage",
    "SendMessage",
}


@pytest.mark.parametrize(
    "asked",
    [each[0] for each in [*SENT, *UPKEEP] if type(each[0]).__name__ not in _IN_16]
    + [
        commands.SetMonitoring(monitors=(commands.Monitor(variable="A.B", kind="delta", value=1, severity=1),)),
        commands.ClearMonitoring(monitors=(1,)),
    ],
    ids=lambda asked: type(asked).__name__,
)
async def test_what_1_6_does_not_have_is_not_supported_and_not_sent(
    server: CsmsServer, records: MemoryRecords, asked: StationCall
) -> None:
    async with ready(server, "ocpp1.6") as station:
        calls, outcome = await command(server, records, station, asked)
    assert (calls, outcome.result) == ([], Result.NOT_SUPPORTED)
    assert outcome.detail == "OCPP 1.6 does not have it"


READ: list[tuple[StationCall, dict[str, Any], Result, dict[str, Any], str]] = [
    (
        commands.ReadTariffs(),
        {"status": "Accepted", "tariffAssignments": [{"tariffId": "T", "tariffKind": "DefaultTariff"}, 7]},
        Result.ACCEPTED,
        {"tariffs": [{"tariffId": "T", "tariffKind": "DefaultTariff"}]},
        "",
    ),
    (commands.ReadTariffs(), {"status": "NoTariff"}, Result.NOT_FOUND, {}, "NoTariff"),
    (
        commands.ClearTariffs(),
        {"clearTariffsResult": [{"status": "Accepted", "tariffId": "A"}, {"status": "NoTariff"}]},
        Result.NOT_FOUND,
        {"tariffs": [{"outcome": "accepted", "tariffId": "A"}, {"outcome": "not_found"}]},
        "NoTariff",
    ),
    (commands.ClearTariffs(), {"clearTariffsResult": []}, Result.FAILED, {}, "the answer holds no results"),
    (
        commands.ChangeTariff(transaction="T-1", tariff=TARIFF),
        {"status": "TxNotFound"},
        Result.NOT_FOUND,
        {},
        "TxNotFound",
    ),
    (
        commands.SetDerControl(control="c", kind=DerKind.FIXED_VAR, default=False, settings=FIXED_VAR),
        {"status": "Accepted", "supersededIds": ["c-0", 5]},
        Result.ACCEPTED,
        {"superseded": ["c-0"]},
        "",
    ),
    (commands.UsePriorityCharging(transaction="T-1"), {"status": "NoProfile"}, Result.NOT_FOUND, {}, "NoProfile"),
    (
        commands.ReadEventStreams(),
        {"constantStreamData": [{"id": 1, "params": {}, "variableMonitoringId": 3}]},
        Result.ACCEPTED,
        {"streams": [{"id": 1, "params": {}, "variableMonitoringId": 3}]},
        "",
    ),
    (commands.AnnounceWebPayment(connector=1, within_s=9), {}, Result.ACCEPTED, {}, ""),
]


@pytest.mark.parametrize(
    ("asked", "answer", "result", "data", "detail"), READ, ids=[type(each[0]).__name__ for each in READ]
)
async def test_what_a_station_of_2_1_answers_is_understood(
    server: CsmsServer,
    records: MemoryRecords,
    asked: StationCall,
    answer: dict[str, Any],
    result: Result,
    data: dict[str, Any],
    detail: str,
) -> None:
    async with ready(server, "ocpp2.1") as station:
        _, outcome = await command(server, records, station, asked, answer)
    assert (outcome.result, dict(outcome.data), outcome.detail) == (result, data, detail)


@pytest.mark.step("H2")
@pytest.mark.parametrize(
    ("asked", "place"),
    [
        (commands.SetDefaultTariff(tariff={"currency": "EUR"}), "SetDefaultTariff/tariff/tariffId"),
        (
            commands.SetDerControl(
                control="c", kind=DerKind.FIXED_VAR, default=False, settings={"fixedVar": {"priority": "high"}}
            ),
            "SetDERControl/fixedVar",
        ),
        (commands.SendMessage(action="GetTariffs", payload={"evseId": "one"}), "GetTariffs/evseId"),
        (commands.SendMessage(action="GetTariffs", payload={"evseId": 1, "more": 1}), "GetTariffs"),
    ],
)
async def test_what_violates_the_schema_is_not_sent_and_the_field_is_named(
    server: CsmsServer, records: MemoryRecords, asked: StationCall, place: str
) -> None:
    async with ready(server, "ocpp2.1") as station:
        calls, outcome = await command(server, records, station, asked)
    assert (calls, outcome.result) == ([], Result.NOT_SENT)
    assert place in outcome.detail


@pytest.mark.parametrize("subprotocol", VERSIONS)
@pytest.mark.parametrize("action", ["BootNotification", "NotifyReport", "StartTransaction", "Teleport", "etc"])
async def test_what_is_no_message_to_stations_can_not_be_sent_as_one(
    server: CsmsServer, records: MemoryRecords, subprotocol: str, action: str
) -> None:
    async with ready(server, subprotocol) as station:
        calls, outcome = await command(server, records, station, commands.SendMessage(action=action))
    assert (calls, outcome.result) == ([], Result.NOT_SUPPORTED)


@pytest.mark.step("H2")
@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (commands.SendMessage, {"action": "../../etc"}),
        (commands.SendMessage, {"action": "SetVariables"}),
        (commands.SendMessage, {"action": "ChangeConfiguration"}),
        (commands.SendMessage, {"action": "ClearCache", "payload": {"x": "y" * 100_000}}),
        (
            commands.SendMessage,
            {"action": "SetNetworkProfile", "payload": {"connectionData": [{"basicAuthPassword": "x"}]}},
        ),
        (commands.ChangeConfiguration, {"key": "AuthorizationKey", "value": "x"}),
        (commands.ChangeConfiguration, {"key": "SecurityCtrlr.basicAuthPassword", "value": "x"}),
        (commands.SchedulePeriod, {"start_s": 0}),
        (
            commands.ChargingProfile,
            {**DYNAMIC.model_dump(), "purpose": "external"},
        ),
        (commands.TriggerMessage, {"message": "custom"}),
        (commands.TriggerMessage, {"message": "boot", "custom": "x"}),
        (commands.CustomerInformation, {"token": "A", "customer": "B"}),
        (commands.CustomerInformation, {}),
        (commands.CustomerInformation, {"token": "A", "report": False}),
        (commands.InstallCertificate, {"use": "v2g_chain", "certificate": PEM}),
        (commands.SetDerControl, {"control": "c", "kind": "FixedVar", "default": True, "settings": {"isDefault": 1}}),
        (commands.SetDerControl, {"control": "c", "kind": "FixedVar", "default": True, "settings": {"a": 1, "b": 2}}),
        (commands.StopCharging, {"transaction": "x" * 37}),
        (commands.StopCharging, {"transaction": ""}),
    ],
)
def test_what_no_station_should_get_is_not_made(kind: type[StationCall], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(wrong)
