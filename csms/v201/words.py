"""Our words as OCPP 2 has them, and the parts that many of its messages share."""

from typing import Any

from csms.asking import UnsayableError, word
from csms.frames import Payload
from csms.outcome import Result
from csms.writing import present
from models.messages import commands
from models.messages.commands import CertificateUse, Purpose, TokenKind

WHOLE_STATION = 0

TOKEN_KINDS = {
    TokenKind.CENTRAL: "Central",
    TokenKind.E_MAID: "eMAID",
    TokenKind.ISO14443: "ISO14443",
    TokenKind.ISO15693: "ISO15693",
    TokenKind.KEY_CODE: "KeyCode",
    TokenKind.LOCAL: "Local",
    TokenKind.MAC_ADDRESS: "MacAddress",
    TokenKind.NO_AUTHORIZATION: "NoAuthorization",
    TokenKind.DIRECT_PAYMENT: "DirectPayment",
    TokenKind.EVCC_ID: "EVCCID",
    TokenKind.VIN: "VIN",
}
PURPOSES = {
    Purpose.STATION: "ChargingStationMaxProfile",
    Purpose.DEFAULT: "TxDefaultProfile",
    Purpose.TRANSACTION: "TxProfile",
    Purpose.EXTERNAL: "ChargingStationExternalConstraints",
    Purpose.PRIORITY: "PriorityCharging",
    Purpose.LOCAL_GENERATION: "LocalGeneration",
}
CERTIFICATE_USES = {
    CertificateUse.CENTRAL_SYSTEM: "CSMSRootCertificate",
    CertificateUse.MANUFACTURER: "ManufacturerRootCertificate",
    CertificateUse.V2G: "V2GRootCertificate",
    CertificateUse.MOBILITY_OPERATOR: "MORootCertificate",
    CertificateUse.CAR_MAKER: "OEMRootCertificate",
    CertificateUse.V2G_CHAIN: "V2GCertificateChain",
}


def camel(snake: str) -> str:
    """``hard_wired_only`` as ``HardWiredOnly``: so the standard writes most of its values."""
    return "".join(part[:1].upper() + part[1:] for part in snake.split("_"))


def token(text: str, kind: TokenKind) -> Payload:
    return {"idToken": text, "type": word(TOKEN_KINDS, kind)}


def evse(connector: int, plug: int | None = None) -> Payload:
    """What is a connector to us is an EVSE to OCPP 2; ``plug`` is a connector of it."""
    return present(id=connector, connectorId=plug)


def evse_or_none(connector: int | None, plug: int | None = None) -> Payload | None:
    if connector is None and plug is not None:
        raise UnsayableError("connector: a plug is one of a connector; name that too", Result.NOT_SENT)
    return None if connector is None else evse(connector, plug)


def transaction(named: int | str) -> str:
    """Raises UnsayableError for a number of ours: its session has found no name of the station's for it."""
    if isinstance(named, int):
        raise UnsayableError(f"transaction: the station has none with our number {named}", Result.NOT_FOUND)
    return named


def transaction_or_none(named: int | str | None) -> str | None:
    return None if named is None else transaction(named)


def certificate_hash(named: commands.CertificateHash) -> Payload:
    return {
        "hashAlgorithm": named.algorithm,
        "issuerNameHash": named.issuer_name_hash,
        "issuerKeyHash": named.issuer_key_hash,
        "serialNumber": named.serial,
    }


def strings(values: Any) -> list[str] | None:
    """A list that the standard wants left out where it is empty."""
    return [camel(each) for each in values] or None
