"""Certificates of servers that tests start, signed by themselves, and of stations, signed by an authority."""

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """PEM files; the certificate is its own authority."""

    certificate: Path
    key: Path


def make_certificate(folder: Path, name: str) -> Certificate:
    """For a DNS name or an IP address, valid for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    made.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Authority:
    """Signs certificates of servers and of stations; ``certificate`` and ``key`` are its own, as files."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.BasicConstraints(ca=True, path_length=None)
        made = _builder(self._name, self._name, self._key, 500 * DAY).add_extension(usage, critical=True)
        self.own = made.sign(self._key, hashes.SHA256())
        self.certificate, self.key = _write(folder, f"{name}-ca", [self.own], self._key)

    def server(self, name: str, *, key: SigningKey | None = None) -> Certificate:
        """For 127.0.0.1; ``name`` names the files."""
        held = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([_general_name("127.0.0.1")])
        signed = _builder(subject, self._name, held, DAY).add_extension(names, critical=False)
        return Certificate(*_write(self.folder, name, [signed.sign(self._key, hashes.SHA256())], held))

    def client(
        self, common_name: str, organisation: str, *, valid: timedelta = DAY, begun: timedelta = timedelta(minutes=5)
    ) -> Certificate:
        """Of a station, ``begun`` ago and ``valid`` from now on."""
        held = ec.generate_private_key(ec.SECP256R1())
        subject = subject_of(common_name, organisation)
        signed = _builder(subject, self._name, held, valid, begun).sign(self._key, hashes.SHA256())
        name = f"{common_name}-{signed.serial_number:x}"
        return Certificate(*_write(self.folder, name, [signed], held))


def self_signed(key: SigningKey, common_name: str) -> x509.Certificate:
    subject = subject_of(common_name, "Nobody")
    return _builder(subject, subject, key, DAY).sign(key, hashes.SHA256())


def subject_of(common_name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def signing_request(
    key: SigningKey | ed25519.Ed25519PrivateKey, common_name: str, organisation: str
) -> x509.CertificateSigningRequest:
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_of(common_name, organisation))
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def pem_of(made: x509.Certificate | x509.CertificateSigningRequest) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


def write_key(path: Path, key: SigningKey) -> Path:
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def client_context(trusted: Path, shown: Certificate | None = None) -> ssl.SSLContext:
    """A station's side of TLS: whom it trusts, and what it shows."""
    context = ssl.create_default_context(cafile=trusted)
    if shown is not None:
        context.load_cert_chain(shown.certificate, shown.key)
    return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: SigningKey, valid: timedelta, begun: timedelta = timedelta(minutes=5)
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - begun)
        .not_valid_after(now + valid)
    )


def _write(folder: Path, name: str, chain: Sequence[x509.Certificate], key: SigningKey) -> tuple[Path, Path]:
    certificate = folder / f"{name}.pem"
    certificate.write_text("".join(map(pem_of, chain)))
    return certificate, write_key(folder / f"{name}.key", key)
