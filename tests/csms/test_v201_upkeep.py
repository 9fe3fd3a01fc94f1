"""What keeps a station of OCPP 2 in order goes out as its schema has it: firmware, logs, certificates, displays,
reports, monitors (OCPP.md 18).
"""

from typing import Any

import pytest

from csms.listener import CsmsServer
from models.messages import commands
from models.messages.commands import CertificateUse, StationCall, Trigger
from tests.csms.commanded import OF_2, command, ready
from tests.csms.memory import MemoryRecords
from tests.csms.test_v201_commands import HASH, LATER, LATER_SAID, NAMED, NOON, NOON_SAID

pytestmark = pytest.mark.parametrize("subprotocol", OF_2)

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"

UPKEEP: list[tuple[StationCall, str, dict[str, Any]]] = [
    (
        commands.UpdateFirmware(
            location="https://fw.example/1.bin",
            retrieve_at=NOON,
            install_at=LATER,
            request=9,
            signing_certificate=PEM,
            signature="c2ln",
            retries=3,
            retry_every_s=60,
        ),
        "UpdateFirmware",
        {
            "requestId": 9,
            "retries": 3,
            "retryInterval": 60,
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
        commands.PublishFirmware(location="https://fw.example/1.bin", checksum=MD5, request=2, retries=1),
        "PublishFirmware",
        {"location": "https://fw.example/1.bin", "checksum": MD5, "requestId": 2, "retries": 1},
    ),
    (commands.UnpublishFirmware(checksum=MD5), "UnpublishFirmware", {"checksum": MD5}),
    (
        commands.FetchLog(location="ftp://logs.example/", since=NOON, until=LATER),
        "GetLog",
        {
            "log": {
                "remoteLocation": "ftp://logs.example/",
                "oldestTimestamp": NOON_SAID,
                "latestTimestamp": LATER_SAID,
            },
            "logType": "DiagnosticsLog",
            "requestId": 1,
        },
    ),
    (commands.ReadCertificates(), "GetInstalledCertificateIds", {}),
    (
        commands.ReadCertificates(use=CertificateUse.V2G_CHAIN),
        "GetInstalledCertificateIds",
        {"certificateType": ["V2GCertificateChain"]},
    ),
    (
        commands.InstallCertificate(use=CertificateUse.MOBILITY_OPERATOR, certificate=PEM),
        "InstallCertificate",
        {"certificateType": "MORootCertificate", "certificate": PEM},
    ),
    (commands.DeleteCertificate(certificate=NAMED), "DeleteCertificate", {"certificateHashData": HASH}),
    (
        commands.GiveCertificate(chain=PEM, use="v2g"),
        "CertificateSigned",
        {"certificateChain": PEM, "certificateType": "V2GCertificate"},
    ),
    (
        commands.TransferData(vendor="nl.volta", message="Light", data="on"),
        "DataTransfer",
        {"vendorId": "nl.volta", "messageId": "Light", "data": "on"},
    ),
    (commands.Reset(), "Reset", {"type": "OnIdle"}),
    (commands.Reset(kind="hard", connector=1), "Reset", {"type": "Immediate", "evseId": 1}),
    (commands.TriggerMessage(message=Trigger.BOOT), "TriggerMessage", {"requestedMessage": "BootNotification"}),
    (
        commands.TriggerMessage(message=Trigger.STATUS, connector=2),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 1}},
    ),
    (
        commands.TriggerMessage(message=Trigger.METER_VALUES, connector=2),
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "evse": {"id": 2}},
    ),
    (
        commands.ShowMessage(
            message=5, text="Kabel los", language="nl", priority="in_front", state="idle", ends_at=LATER
        ),
        "SetDisplayMessage",
        {
            "message": {
                "id": 5,
                "priority": "InFront",
                "state": "Idle",
                "endDateTime": LATER_SAID,
                "message": {"format": "UTF8", "language": "nl", "content": "Kabel los"},
            }
        },
    ),
    (
        commands.ReadMessages(messages=(5,), priority="always_front", request=8),
        "GetDisplayMessages",
        {"requestId": 8, "id": [5], "priority": "AlwaysFront"},
    ),
    (commands.ClearMessage(message=5), "ClearDisplayMessage", {"id": 5}),
    (
        commands.SetNetworkProfile(
            slot=1, url="wss://csms.example/ocpp", interface="wireless0", security_profile=2, apn="iot"
        ),
        "SetNetworkProfile",
        {
            "configurationSlot": 1,
            "connectionData": {
                "ocppVersion": "OCPP20",
                "ocppTransport": "JSON",
                "ocppCsmsUrl": "wss://csms.example/ocpp",
                "messageTimeout": 30,
                "securityProfile": 2,
                "ocppInterface": "Wireless0",
                "apn": {"apn": "iot", "apnAuthentication": "AUTO"},
            },
        },
    ),
    (commands.SetMonitoringBase(base="hard_wired_only"), "SetMonitoringBase", {"monitoringBase": "HardWiredOnly"}),
    (commands.SetMonitoringLevel(severity=4), "SetMonitoringLevel", {"severity": 4}),
    (
        commands.ReadMonitoring(criteria=("delta",), variables=("Connector#1/2", "EVSE#1.Power"), request=3),
        "GetMonitoringReport",
        {
            "requestId": 3,
            "monitoringCriteria": ["DeltaMonitoring"],
            "componentVariable": [
                {"component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}},
                {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}},
            ],
        },
    ),
    (
        commands.ReadReport(base="summary", request=3),
        "GetBaseReport",
        {"requestId": 3, "reportBase": "SummaryInventory"},
    ),
    (
        commands.ReadReport(criteria=("problem",), request=3),
        "GetReport",
        {"requestId": 3, "componentCriteria": ["Problem"]},
    ),
]


@pytest.mark.parametrize(
    ("asked", "action", "payload"), UPKEEP, ids=[f"{each[1]}-{n}" for n, each in enumerate(UPKEEP)]
)
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
