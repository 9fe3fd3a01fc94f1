"""The station's own certificate and the roots it was given (1.6 security white paper §4, 2.0.1 part 2 §M)."""

from collections.abc import Callable, Iterable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.ocsp import OCSPRequestBuilder
from cryptography.x509.oid import NameOID

CERTIFICATES_LIMIT = 20
ROOTS_OF_THE_SYSTEM = {"CSMSRootCertificate", "CentralSystemRootCertificate"}

_ALGORITHMS: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}

HashData = dict[str, str]


class Certificates:
    """``chain`` is the signed one with its intermediates, ``key`` its private key, both PEM."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self.chain: str | None = kept.get("chain")
        self.key: str | None = kept.get("key")
        self._installed: list[tuple[str, str]] = [(kind, pem) for kind, pem in kept.get("installed", [])]
        self._pending: ec.EllipticCurvePrivateKey | None = None

    def roots(self) -> list[str]:
        """The roots by which a central system is known, PEM."""
        return [pem for kind, pem in self._installed if kind in ROOTS_OF_THE_SYSTEM]

    def request(self, serial: str, organisation: str) -> str:
        """A signing request for a new key, PEM; the name holds the serial (OCPP 2.0.1 part 2 §A00.FR.511)."""
        self._pending = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, serial),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            ]
        )
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(self._pending, hashes.SHA256())
        return csr.public_bytes(serialization.Encoding.PEM).decode()

    def take_signed(self, chain: str) -> bool:
        """Whether the chain's first certificate is for the key that was asked for; it is used from the next connect."""
        if self._pending is None:
            return False
        try:
            leaf = _read(chain)
        except ValueError:
            return False
        if leaf.public_key() != self._pending.public_key():
            return False
        self.chain = chain
        self.key = self._pending.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self._pending = None
        return True

    def install(self, kind: str, pem: str) -> str:
        """An InstallCertificateStatus."""
        try:
            x509.load_pem_x509_certificate(pem.encode())
        except ValueError:
            return "Rejected"
        if (kind, pem) not in self._installed:
            if len(self._installed) >= CERTIFICATES_LIMIT:
                return "Failed"
            self._installed.append((kind, pem))
        return "Accepted"

    def hashes(self, kinds: list[str]) -> list[tuple[str, HashData]]:
        """Of the installed ones; no kinds: all."""
        pems = self._pems()
        return [(kind, hash_data(pem, others=pems)) for kind, pem in self._installed if not kinds or kind in kinds]

    def delete(self, wanted: HashData) -> str:
        """A DeleteCertificateStatus; the station's own can't be deleted."""
        algorithm, pems = wanted["hashAlgorithm"], self._pems()
        left = [one for one in self._installed if not _is_same(hash_data(one[1], algorithm, pems), wanted)]
        if len(left) == len(self._installed):
            own = self.chain is not None and _is_same(hash_data(self.chain, algorithm, pems), wanted)
            return "Failed" if own else "NotFound"
        self._installed = left
        return "Accepted"

    def _pems(self) -> list[str]:
        return [pem for _, pem in self._installed]

    def kept(self) -> dict[str, Any]:
        return {"chain": self.chain, "key": self.key, "installed": self._installed}


def hash_data(pem: str, algorithm: str = "SHA256", others: Iterable[str] = ()) -> HashData:
    """CertificateHashData of the first certificate, made as for OCSP; its issuer is looked for among the others.

    Raises ValueError for an algorithm that is none of SHA256, SHA384, SHA512.
    """
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"hashAlgorithm: {algorithm}")
    certificate = _read(pem)
    known = (_read(other) for other in others)
    issuer = next((one for one in known if one.subject == certificate.issuer), certificate)
    asked = OCSPRequestBuilder().add_certificate(certificate, issuer, _ALGORITHMS[algorithm]()).build()
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": asked.issuer_name_hash.hex(),
        "issuerKeyHash": asked.issuer_key_hash.hex(),
        "serialNumber": f"{asked.serial_number:x}",
    }


def _read(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificates(pem.encode())[0]


def _is_same(found: HashData, wanted: HashData) -> bool:
    return all(found[name].casefold() == wanted[name].casefold() for name in found)
