"""An authority and a server's certificate of this machine's own, made at the first start like the other secrets."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cli.supervisor.files import write_whole

AUTHORITY_VALID = timedelta(days=3650)
SERVER_VALID = timedelta(days=397)
RENEWED_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files. The authority signs the server's certificate and those of stations; in production these are two."""

    authority: Path
    authority_key: Path
    server: Path
    server_key: Path

    @classmethod
    def kept_in(cls, folder: Path) -> "Certificates":
        """Those in the folder; what is not there is made, and the server's again when it ends soon.

        Raises ValueError where they can't be read: stations that trust them would be lost without a word.
        """
        kept = cls(folder / "ca.pem", folder / "ca.key", folder / "csms.pem", folder / "csms.key")
        now = datetime.now(UTC)
        try:
            if not kept.authority.exists():
                _make_authority(kept, now)
            if not kept.server.exists() or _end_of(kept.server) < now + RENEWED_BEFORE:
                _make_server(kept, now)
        except ValueError:
            raise ValueError(f"{folder} is damaged: put a copy of it back, or remove it to start anew.") from None
        return kept


def _make_authority(kept: Certificates, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named("Stationmaster on this machine")
    signed = (
        _begun(name, name, key.public_key(), now, AUTHORITY_VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    # The key first: a start that is cut off between the two makes both anew.
    _write_key(kept.authority_key, key)
    _write(kept.authority, signed)


def _make_server(kept: Certificates, now: datetime) -> None:
    authority = x509.load_pem_x509_certificate(kept.authority.read_bytes())
    signer = serialization.load_pem_private_key(kept.authority_key.read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError("another key than was made here")  # noqa: TRY004 - as what else can't be read
    key = ec.generate_private_key(ec.SECP256R1())
    places = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = (
        _begun(_named("localhost"), authority.subject, key.public_key(), now, SERVER_VALID)
        .add_extension(x509.SubjectAlternativeName(places), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write_key(kept.server_key, key)
    _write(kept.server, signed)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, valid: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + valid)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _end_of(path: Path) -> datetime:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


def _write(path: Path, certificate: x509.Certificate) -> None:
    write_whole(path, certificate.public_bytes(serialization.Encoding.PEM).decode())


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_whole(path, private.decode(), mode=0o600)
