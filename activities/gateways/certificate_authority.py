"""Who signs the certificates of stations: an authority of ours, whose key this program holds.

Another one (a service with a key in hardware, say) is another client of ``CertificateAuthority``.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from activities.gateways.errors import Refused
from models.settings import Settings

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
BACKDATED = timedelta(minutes=10)
"""Stations whose clock is a little behind take a fresh certificate all the same."""


@dataclass(frozen=True, slots=True)
class Signed:
    """``chain`` is what the station gets: the certificate, then those above it but for the root."""

    certificate: x509.Certificate
    chain: Sequence[x509.Certificate] = ()

    @property
    def pem(self) -> str:
        return "".join(pem_of(each) for each in (self.certificate, *self.chain))


class CertificateAuthority(Protocol):
    async def sign(
        self, request: x509.CertificateSigningRequest, common_name: str, organisation: str, now: datetime
    ) -> Signed:
        """A certificate for a TLS client under exactly that name; of the request nothing but its key is taken.

        The request was checked. Raises TryAgain or Refused.
        """
        ...


class LocalAuthority:
    """Signs with a key in memory. ``chain`` holds the certificate of that key first, then those above it."""

    def __init__(self, chain: Sequence[x509.Certificate], key: SigningKey, days: int):
        self._own, self._key, self._valid = chain[0], key, timedelta(days=days)
        self._between = tuple(each for each in chain if each.issuer != each.subject)

    async def sign(
        self, request: x509.CertificateSigningRequest, common_name: str, organisation: str, now: datetime
    ) -> Signed:
        if now >= self._own.not_valid_after_utc:
            raise Refused("Our own authority's certificate has ended; give us a new one (STATIONMASTER_STATION_CA_…)")
        made = _unsigned(request.public_key(), common_name, organisation, self._own)
        made = made.not_valid_before(now - BACKDATED).not_valid_after(
            min(now + self._valid, self._own.not_valid_after_utc)
        )
        # RSA takes milliseconds, in which no socket would be served.
        return Signed(await asyncio.to_thread(made.sign, self._key, hashes.SHA256()), self._between)


def _unsigned(
    key: CertificatePublicKeyTypes, common_name: str, organisation: str, issuer: x509.Certificate
) -> x509.CertificateBuilder:
    """RFC 5280 §4.2: for a client, and for nothing else."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        # A cipher suite that carries its secret by RSA needs it.
        key_encipherment=isinstance(key, rsa.RSAPublicKey),
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type] # RSA or EC
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(above, critical=False)
    )


def authority_from(settings: Settings) -> CertificateAuthority | None:
    """The authority that the settings name; None where they name none: then no certificate is signed.

    Raises ValueError, naming the setting.
    """
    certificate, key = settings.station_ca_certificate, settings.station_ca_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ValueError("STATIONMASTER_STATION_CA_CERTIFICATE and STATIONMASTER_STATION_CA_KEY go together")
    chain = certificates_in(certificate, "STATIONMASTER_STATION_CA_CERTIFICATE")
    held = _private_key(key, settings.station_ca_key_password.get_secret_value())
    if held.public_key() != chain[0].public_key():
        raise ValueError("STATIONMASTER_STATION_CA_KEY is not the key of STATIONMASTER_STATION_CA_CERTIFICATE")
    try:
        may_sign = chain[0].extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        may_sign = False
    if not may_sign:
        raise ValueError("STATIONMASTER_STATION_CA_CERTIFICATE is not of an authority (basicConstraints CA:TRUE)")
    return LocalAuthority(chain, held, settings.station_certificate_days)


def certificates_in(path: Path, setting: str) -> Sequence[x509.Certificate]:
    """The certificates of a PEM file, at least one. Raises ValueError, naming ``setting``."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"{setting}: {path} holds no certificates in PEM ({type(error).__name__})") from None


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private_key(path: Path, password: str) -> SigningKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password.encode() or None)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(
            f"STATIONMASTER_STATION_CA_KEY: {path} can't be opened ({type(error).__name__}); "
            "it is a private key in PEM, its password in STATIONMASTER_STATION_CA_KEY_PASSWORD"
        ) from None
    if isinstance(key, SigningKey):
        return key
    raise ValueError("STATIONMASTER_STATION_CA_KEY: use an RSA or an ECDSA key; stations know no other")
