"""Firmware, logs and certificates in OCPP 2.x (2.0.1 part 2 §L, §N01, §M, §A02)."""

from typing import TYPE_CHECKING

from sandbox.stations.firmware import Order
from sandbox.stations.link import Payload
from sandbox.stations.logs import Wanted
from sandbox.stations.v2.core import Answer

if TYPE_CHECKING:
    from sandbox.stations.v2.dialect import V2

OWN = {None, "ChargingStationCertificate"}


def update_firmware(v2: "V2", payload: Payload) -> Payload:
    told = payload["firmware"]
    order = Order(
        told["location"],
        told["retrieveDateTime"],
        told.get("installDateTime"),
        payload["requestId"],
        told.get("signingCertificate"),
        told.get("signature"),
        payload.get("retries", 0),
        payload.get("retryInterval", 30),
    )
    return {"status": v2.station.firmware.take(order)}


def get_log(v2: "V2", payload: Payload) -> Payload:
    told = payload["log"]
    status, name = v2.station.logs.take(
        Wanted(
            told["remoteLocation"],
            payload["logType"],
            payload["requestId"],
            told.get("oldestTimestamp"),
            told.get("latestTimestamp"),
            payload.get("retries", 0),
            payload.get("retryInterval", 30),
        )
    )
    return {"status": status, "filename": name}


def install_certificate(v2: "V2", payload: Payload) -> Payload:
    status = v2.station.certificates.install(payload["certificateType"], payload["certificate"])
    v2.station.keep()
    return {"status": status}


def delete_certificate(v2: "V2", payload: Payload) -> Payload:
    status = v2.station.certificates.delete(payload["certificateHashData"])
    v2.station.keep()
    return {"status": status}


def installed_certificates(v2: "V2", payload: Payload) -> Payload:
    found = [
        {"certificateType": kind, "certificateHashData": entry}
        for kind, entry in v2.station.certificates.hashes(payload.get("certificateType", []))
    ]
    return {"status": "Accepted", "certificateHashDataChain": found} if found else {"status": "NotFound"}


def certificate_signed(v2: "V2", payload: Payload) -> Payload:
    if payload.get("certificateType") not in OWN:
        return {"status": "Rejected"}
    taken = v2.station.certificates.take_signed(payload["certificateChain"])
    v2.station.keep()
    return {"status": "Accepted" if taken else "Rejected"}


ANSWERS: dict[str, Answer] = {
    "CertificateSigned": certificate_signed,
    "DeleteCertificate": delete_certificate,
    "GetInstalledCertificateIds": installed_certificates,
    "GetLog": get_log,
    "InstallCertificate": install_certificate,
    "UpdateFirmware": update_firmware,
}
