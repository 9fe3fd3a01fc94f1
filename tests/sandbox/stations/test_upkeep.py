"""Firmware, logs, certificates and TLS: real files over HTTP, real signatures, real handshakes."""

import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.stations.description import Description
from sandbox.stations.park import Park
from sandbox.stations.station import Station
from tests.csms.memory import FACTORY_KEY, SERIAL
from tests.csms.station import until
from tests.sandbox.stations.authority import Authority
from tests.sandbox.stations.depot import IMAGE, Depot, opened_depot
from tests.sandbox.stations.plain import Payload, PlainCsms, plain_csms

PowerUp = Callable[..., Awaitable[Station]]
NOW = "2026-01-01T00:00:00Z"


@pytest.fixture
async def depot() -> AsyncIterator[Depot]:
    async with opened_depot() as opened:
        yield opened


def statuses(csms: PlainCsms, action: str) -> list[str]:
    return [told["status"] for told in csms.peer("CP-1").of(action)]


async def test_new_firmware_is_fetched_installed_with_a_reboot_and_told_in_1_6(
    csms: PlainCsms, station: PowerUp, depot: Depot
) -> None:
    await station("ocpp1.6")
    order = {"location": f"{depot.url}/firmware/wallbox-2.4.1.bin", "retrieveDate": NOW}
    assert await csms.call("CP-1", "UpdateFirmware", order) == {}
    await until(lambda: "Installed" in statuses(csms, "FirmwareStatusNotification"))
    assert statuses(csms, "FirmwareStatusNotification") == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert [boot["firmwareVersion"] for boot in csms.peer("CP-1").of("BootNotification")] == ["1.0.0", "2.4.1"]


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_signed_firmware_is_checked_before_it_is_installed(
    csms: PlainCsms, station: PowerUp, depot: Depot, protocol: str
) -> None:
    await station(protocol)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = Authority().certify("Maker", key.public_key())
    signature = base64.b64encode(key.sign(IMAGE, ec.ECDSA(hashes.SHA256()))).decode()
    firmware = {
        "location": f"{depot.url}/firmware/wallbox-3.0.bin",
        "retrieveDateTime": NOW,
        "signingCertificate": certificate,
        "signature": signature,
    }
    order = {"requestId": 9, "firmware": firmware}
    assert (await csms.call("CP-1", "UpdateFirmware", order))["status"] == "Accepted"
    await until(lambda: "Installed" in statuses(csms, "FirmwareStatusNotification"))
    assert statuses(csms, "FirmwareStatusNotification") == [
        "Downloading",
        "Downloaded",
        "SignatureVerified",
        "Installing",
        "InstallRebooting",
        "Installed",
    ]
    assert {told["requestId"] for told in csms.peer("CP-1").of("FirmwareStatusNotification")} == {9}
    boot = csms.peer("CP-1").of("BootNotification")[-1]
    assert (boot["reason"], boot["chargingStation"]["firmwareVersion"]) == ("FirmwareUpdate", "3.0")
    forged = {"requestId": 10, "firmware": {**firmware, "signature": base64.b64encode(b"forged").decode()}}
    assert (await csms.call("CP-1", "UpdateFirmware", forged))["status"] == "Accepted"
    await until(lambda: "InvalidSignature" in statuses(csms, "FirmwareStatusNotification"))
    await until(lambda: csms.peer("CP-1").of("SecurityEventNotification")[1:])
    assert len(csms.peer("CP-1").of("BootNotification")) == 2
    bad = {"requestId": 11, "firmware": {**firmware, "signingCertificate": "no certificate"}}
    assert (await csms.call("CP-1", "UpdateFirmware", bad))["status"] == "InvalidCertificate"


async def test_firmware_that_is_not_there_is_tried_again_and_given_up(
    csms: PlainCsms, station: PowerUp, depot: Depot
) -> None:
    await station("ocpp1.6")
    order = {"location": f"{depot.url}/firmware/none", "retrieveDate": NOW, "retries": 1, "retryInterval": 1}
    await csms.call("CP-1", "UpdateFirmware", order)
    await until(lambda: "DownloadFailed" in statuses(csms, "FirmwareStatusNotification"))
    assert statuses(csms, "FirmwareStatusNotification") == ["Downloading", "Downloading", "DownloadFailed"]


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_a_log_is_put_where_it_is_wanted(csms: PlainCsms, station: PowerUp, depot: Depot, protocol: str) -> None:
    await station(protocol)
    order = {"logType": "DiagnosticsLog", "requestId": 3, "log": {"remoteLocation": f"{depot.url}/logs/"}}
    answer = await csms.call("CP-1", "GetLog", order)
    assert answer["status"] == "Accepted"
    await until(lambda: "Uploaded" in statuses(csms, "LogStatusNotification"))
    assert statuses(csms, "LogStatusNotification") == ["Uploading", "Uploaded"]
    assert b"BootNotification" in depot.taken[answer["filename"]]
    assert FACTORY_KEY.encode() not in depot.taken[answer["filename"]]
    nowhere = {**order, "requestId": 4, "log": {"remoteLocation": f"{depot.url}/nowhere/"}}
    await csms.call("CP-1", "GetLog", nowhere)
    await until(lambda: "UploadFailure" in statuses(csms, "LogStatusNotification"))


async def test_diagnostics_are_put_where_they_are_wanted(csms: PlainCsms, station: PowerUp, depot: Depot) -> None:
    await station("ocpp1.6")
    answer = await csms.call("CP-1", "GetDiagnostics", {"location": f"{depot.url}/logs/"})
    await until(lambda: statuses(csms, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"])
    assert answer["fileName"] in depot.taken


@pytest.mark.parametrize(
    ("protocol", "kind"), [("ocpp1.6", "CentralSystemRootCertificate"), ("ocpp2.0.1", "CSMSRootCertificate")]
)
async def test_roots_are_installed_listed_and_deleted(
    csms: PlainCsms, station: PowerUp, protocol: str, kind: str
) -> None:
    await station(protocol)
    wanted: Payload = {"certificateType": kind if protocol == "ocpp1.6" else [kind]}
    assert (await csms.call("CP-1", "GetInstalledCertificateIds", wanted))["status"] == "NotFound"
    order = {"certificateType": kind, "certificate": Authority().root}
    assert (await csms.call("CP-1", "InstallCertificate", order))["status"] == "Accepted"
    assert (await csms.call("CP-1", "InstallCertificate", {**order, "certificate": "none"}))["status"] == "Rejected"
    found = await csms.call("CP-1", "GetInstalledCertificateIds", wanted)
    told = found.get("certificateHashData") or [one["certificateHashData"] for one in found["certificateHashDataChain"]]
    assert len(told) == 1
    delete = {"certificateHashData": told[0]}
    assert (await csms.call("CP-1", "DeleteCertificate", delete))["status"] == "Accepted"
    assert (await csms.call("CP-1", "DeleteCertificate", delete))["status"] == "NotFound"


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_a_station_shows_its_certificate_and_a_newly_signed_one_from_the_next_connect(
    park: Park, tmp_path: Path, protocol: str
) -> None:
    authority = Authority()
    files = authority.write(tmp_path, "CP-1")
    async with plain_csms(authority.server_context(tmp_path)) as csms:
        description = {
            "identity": "CP-1",
            "url": f"wss://127.0.0.1:{csms.port}/ocpp",
            "serial": SERIAL,
            "protocol": protocol,
            "speed": 100,
            **files,
        }
        one = await park.power_up(Description.model_validate(description))
        await until(one.life.accepted.is_set)
        peer = csms.peer("CP-1")
        assert (peer.authorizations, peer.subject) == ([None], "CP-1")
        if protocol == "ocpp1.6":
            await csms.call("CP-1", "ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"})
        else:
            await csms.call("CP-1", "TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"})
        csr = x509.load_pem_x509_csr((await until(lambda: peer.of("SignCertificate")))[0]["csr"].encode())
        assert csr.is_signature_valid
        stranger = authority.certify("CP-1", ec.generate_private_key(ec.SECP256R1()).public_key())
        assert (await csms.call("CP-1", "CertificateSigned", {"certificateChain": stranger}))["status"] == "Rejected"
        signed = authority.certify("CP-1 anew", csr.public_key())
        assert (await csms.call("CP-1", "CertificateSigned", {"certificateChain": signed}))["status"] == "Accepted"
        assert peer.subject == "CP-1"
        await csms.call("CP-1", "Reset", {"type": "Hard" if protocol == "ocpp1.6" else "Immediate"})
        await until(lambda: peer.subject == "CP-1 anew")
        await until(lambda: peer.of("BootNotification")[1:])
        await park.leave()


async def test_a_station_does_not_talk_to_a_central_system_that_its_ca_does_not_know(
    park: Park, tmp_path: Path
) -> None:
    authority, other = Authority(), Authority()
    authority.write(tmp_path, "CP-1")
    (tmp_path / "other.pem").write_text(other.root)
    context = authority.server_context(tmp_path)
    context.verify_mode = ssl.CERT_NONE
    async with plain_csms(context) as csms:
        description = {
            "identity": "CP-1",
            "key": FACTORY_KEY,
            "url": f"wss://127.0.0.1:{csms.port}/ocpp",
            "serial": SERIAL,
            "speed": 100,
            "ca_file": str(tmp_path / "other.pem"),
        }
        one = await park.power_up(Description.model_validate(description))
        await until(lambda: one.life.refusal)
        assert "CERTIFICATE_VERIFY_FAILED" in str(one.life.refusal)
        trusting = {**description, "ca_file": str(tmp_path / "ca.pem")}
        one = await park.power_up(Description.model_validate(trusting))
        await until(one.life.accepted.is_set)
        assert csms.peer("CP-1").authorizations[0].startswith("Basic ")  # type: ignore[union-attr]
        await park.leave()


async def test_files_that_do_not_fit_are_refused_by_field(control: httpx.AsyncClient, described: Any) -> None:
    answer = await control.post("/stations", json=described(ca_file="/x"))
    assert answer.status_code == 422
    assert "ca_file" in answer.text
    answer = await control.post("/stations", json=described(certificate_file="/x"))
    assert "give both" in answer.text
    answer = await control.post("/stations", json=described(key=""))
    assert "certificate_file" in answer.text
