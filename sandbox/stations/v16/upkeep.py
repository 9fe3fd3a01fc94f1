"""Firmware, logs and certificates in OCPP 1.6 (ed.2 §5.17, §5.9, security white paper §5)."""

from typing import TYPE_CHECKING

from sandbox.stations.firmware import Order
from sandbox.stations.link import Payload
from sandbox.stations.logs import Wanted
from sandbox.stations.v16 import core
from sandbox.stations.v16.core import Answer

if TYPE_CHECKING:
    from sandbox.stations.v16.dialect import V16

EXTENDED_TRIGGERS = (core.TRIGGERS - {"DiagnosticsStatusNotification"}) | {"LogStatusNotification"}


def update_firmware(v16: "V16", payload: Payload) -> Payload:
    order = Order(
        payload["location"],
        payload["retrieveDate"],
        retries=payload.get("retries", 0),
        retry_after_s=payload.get("retryInterval", 30),
    )
    v16.station.firmware.take(order)
    return {}


def signed_update_firmware(v16: "V16", payload: Payload) -> Payload:
    told = payload["firmware"]
    order = Order(
        told["location"],
        told["retrieveDateTime"],
        told.get("installDateTime"),
        payload["requestId"],
        told["signingCertificate"],
        told["signature"],
        payload.get("retries", 0),
        payload.get("retryInterval", 30),
    )
    return {"status": v16.station.firmware.take(order)}


def get_diagnostics(v16: "V16", payload: Payload) -> Payload:
    v16.diagnostics = True
    _status, name = v16.station.logs.take(
        Wanted(
            payload["location"],
            "Diagnostics",
            None,
            payload.get("startTime"),
            payload.get("stopTime"),
            payload.get("retries", 0),
            payload.get("retryInterval", 30),
        )
    )
    return {"fileName": name}


def get_log(v16: "V16", payload: Payload) -> Payload:
    v16.diagnostics = False
    told = payload["log"]
    status, name = v16.station.logs.take(
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


def install_certificate(v16: "V16", payload: Payload) -> Payload:
    status = v16.station.certificates.install(payload["certificateType"], payload["certificate"])
    v16.station.keep()
    return {"status": status}


def delete_certificate(v16: "V16", payload: Payload) -> Payload:
    status = v16.station.certificates.delete(payload["certificateHashData"])
    v16.station.keep()
    return {"status": status}


def installed_certificates(v16: "V16", payload: Payload) -> Payload:
    found = [entry for _, entry in v16.station.certificates.hashes([payload["certificateType"]])]
    return {"status": "Accepted", "certificateHashData": found} if found else {"status": "NotFound"}


def certificate_signed(v16: "V16", payload: Payload) -> Payload:
    taken = v16.station.certificates.take_signed(payload["certificateChain"])
    v16.station.keep()
    return {"status": "Accepted" if taken else "Rejected"}


def extended_trigger(v16: "V16", payload: Payload) -> Payload:
    wanted, number = payload["requestedMessage"], payload.get("connectorId")
    if wanted == "SignChargePointCertificate":
        csr = v16.station.certificates.request(v16.station.description.serial, v16.settings.value("CpoName"))
        v16.station.spawn(v16.station.tell("SignCertificate", {"csr": csr}))
        return core.ACCEPTED
    if wanted not in EXTENDED_TRIGGERS:
        return {"status": "NotImplemented"}
    if number is not None and number not in {0, *v16.station.charging.connectors}:
        return core.REJECTED
    v16.station.spawn(core.send_triggered(v16, wanted, number))
    return core.ACCEPTED


ANSWERS: dict[str, Answer] = {
    "CertificateSigned": certificate_signed,
    "DeleteCertificate": delete_certificate,
    "ExtendedTriggerMessage": extended_trigger,
    "GetDiagnostics": get_diagnostics,
    "GetInstalledCertificateIds": installed_certificates,
    "GetLog": get_log,
    "InstallCertificate": install_certificate,
    "SignedUpdateFirmware": signed_update_firmware,
    "UpdateFirmware": update_firmware,
}
