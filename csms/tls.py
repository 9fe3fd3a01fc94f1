"""TLS as security profiles 2 and 3 want it, from files that may change while we run."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from websockets.asyncio.server import ServerConnection

from models.rules.station_certificates import Presented
from models.settings import Settings

log = structlog.get_logger()

# OCPP 2.0.1 part 2 §A00 and the security whitepaper for OCPP 1.6 §3 want the four suites with ECDHE-ECDSA and RSA; the
# ones with ECDHE-RSA are theirs with forward secrecy, and preferred to those without. TLS 1.3 has its own.
CIPHERS = (
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:"
    "AES256-GCM-SHA384:AES128-GCM-SHA256"
)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: our certificate with its chain, its key, and who signs the certificates of stations."""

    certificate: Path
    key: Path
    client_ca: Path | None = None
    manufacturer_ca: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> "TlsFiles | None":
        """None where no port for TLS is wanted. Raises ValueError, naming the setting that is missing."""
        if settings.csms_tls_port is None and settings.csms_tls_client_port is None:
            return None
        if settings.csms_tls_certificate is None or settings.csms_tls_key is None:
            raise ValueError("STATIONMASTER_CSMS_TLS_CERTIFICATE and STATIONMASTER_CSMS_TLS_KEY are needed for TLS")
        client_ca = settings.csms_tls_client_ca or settings.station_ca_certificate
        if settings.csms_tls_client_port is not None and client_ca is None:
            raise ValueError("STATIONMASTER_CSMS_TLS_CLIENT_CA is needed for STATIONMASTER_CSMS_TLS_CLIENT_PORT")
        return cls(settings.csms_tls_certificate, settings.csms_tls_key, client_ca, settings.csms_tls_manufacturer_ca)

    def stamps(self) -> tuple[tuple[int, int], ...]:
        """What changes when a file does. Raises OSError where one is not there."""
        files = (self.certificate, self.key, self.client_ca, self.manufacturer_ca)
        return tuple((found.st_mtime_ns, found.st_ino) for found in (file.stat() for file in files if file))


@dataclass(frozen=True, slots=True)
class _Loaded:
    plain: ssl.SSLContext
    with_certificate: ssl.SSLContext | None
    ours: Sequence[x509.Certificate]
    stamps: tuple[tuple[int, int], ...]


class Tls:
    """Raises ValueError where it is made of files that will not do; later ones that will not do change nothing."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        try:
            self._loaded = _load(files)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise ValueError(f"STATIONMASTER_CSMS_TLS_…: {_where(error, files)}") from None

    def context(self, *, client_certificate: bool) -> ssl.SSLContext:
        """For the next handshake. With ``client_certificate`` none comes through without a certificate that we trust.

        Raises ValueError where none can be trusted, as nobody said whose.
        """
        if not client_certificate:
            return self._loaded.plain
        if self._loaded.with_certificate is None:
            raise ValueError("STATIONMASTER_CSMS_TLS_CLIENT_CA is needed for certificates of stations")
        return self._loaded.with_certificate

    async def look_again(self) -> bool:
        """Takes the files anew where one has changed; True where it did. Handshakes from then on see them."""
        try:
            if await asyncio.to_thread(self._files.stamps) == self._loaded.stamps:
                return False
            self._loaded = await asyncio.to_thread(_load, self._files)
        except (OSError, ValueError) as error:
            # Half written, perhaps: the old ones serve on, and the next look may find them whole.
            log.error("tls_files_not_taken", reason=_where(error, self._files))  # noqa: TRY400 - what it was is said
            return False
        log.info("tls_files_taken")
        return True

    def presented(self, socket: ServerConnection) -> Presented | None:
        """The station's certificate; None where it showed none."""
        held = socket.transport.get_extra_info("ssl_object")
        shown = held.getpeercert(binary_form=True) if held is not None else None
        if shown is None:
            return None
        certificate = x509.load_der_x509_certificate(shown)
        return Presented.read(certificate, is_ours=any(_signed_by(certificate, each) for each in self._loaded.ours))


def _load(files: TlsFiles) -> _Loaded:
    stamps = files.stamps()
    if files.client_ca is None:
        return _Loaded(_context(files), None, (), stamps)
    with_certificate = _context(files)
    with_certificate.verify_mode = ssl.CERT_REQUIRED
    # An authority below somebody's root may be trusted for itself.
    with_certificate.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for trusted in (files.client_ca, files.manufacturer_ca):
        if trusted is not None:
            with_certificate.load_verify_locations(trusted)
    ours = x509.load_pem_x509_certificates(files.client_ca.read_bytes())
    return _Loaded(_context(files), with_certificate, ours, stamps)


def _context(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.load_cert_chain(files.certificate, files.key)
    return context


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _where(error: Exception, files: TlsFiles) -> str:
    names = ", ".join(
        str(each) for each in (files.certificate, files.key, files.client_ca, files.manufacturer_ca) if each
    )
    return f"{type(error).__name__}: {error} (of {names})"[:500]
