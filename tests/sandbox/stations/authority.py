"""A certificate authority for one test."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Test authority")
        self.root = self._issued(self._name, self._key.public_key(), authority=True)

    def certify(self, subject: str, key: Any) -> str:
        """A certificate for a public key, good for clients and for servers at 127.0.0.1."""
        return self._issued(_named(subject), key, authority=False)

    def write(self, folder: Path, identity: str) -> dict[str, str]:
        """The files of a station, as its description names them."""
        (folder / "ca.pem").write_text(self.root)
        self._write_pair(folder, identity)
        names = {"ca_file": "ca.pem", "certificate_file": "{identity}.pem", "key_file": "{identity}.key"}
        return {name: str(folder / file) for name, file in names.items()}

    def server_context(self, folder: Path) -> ssl.SSLContext:
        """Of a server that wants to see a certificate of ours."""
        self._write_pair(folder, "server")
        (folder / "ca.pem").write_text(self.root)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        return context

    def _write_pair(self, folder: Path, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / f"{name}.pem").write_text(self.certify(name, key.public_key()))
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        (folder / f"{name}.key").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))

    def _issued(self, subject: x509.Name, key: Any, *, authority: bool) -> str:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if authority:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        else:
            here = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
            builder = builder.add_extension(here, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _named(subject: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
