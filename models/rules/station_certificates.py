"""Certificates of stations (security profile 3): what a request must be like, and which certificate opens a socket.

OCPP 2.0.1 part 2 §A00 and the security whitepaper for OCPP 1.6 say the same: the common name is the station's serial
number, the organisation is the operator of the network.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

RSA_BITS = range(2048, 8193)
CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
REQUESTS_PER_HOUR = 5
"""Of one station: each costs a signature, and a row that is kept."""
RENEWAL = timedelta(days=30)
"""So long before its end a certificate is to be replaced: OCPP 2.0.1 part 2 §A03 has one month."""


class SecurityProfile(IntEnum):
    """OCPP 2.0.1 part 2 §A00: how a station and we know each other."""

    BASIC = 1
    TLS = 2
    CLIENT_CERTIFICATE = 3


class Verdict(StrEnum):
    """Whether a certificate opens a connection, and else why not."""

    ACCEPTED = "accepted"
    WRONG_NAME = "certificate_of_another_station"
    WRONG_ORGANISATION = "certificate_of_another_organisation"
    EXPIRED = "certificate_expired"
    UNKNOWN = "certificate_unknown"
    REVOKED = "certificate_revoked"
    SUPERSEDED = "certificate_superseded"


class BadRequest(Exception):  # noqa: N818 - named as the fact
    """A certificate signing request that is not signed; its text says why, and what to change."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A certificate as its holder showed it. ``is_ours``: an authority of ours signed it, not the manufacturer's."""

    fingerprint: str
    common_name: str
    organisation: str
    not_before: datetime
    not_after: datetime
    is_ours: bool = True

    @classmethod
    def read(cls, certificate: x509.Certificate, *, is_ours: bool = True) -> Self:
        return cls(
            fingerprint=fingerprint_of(certificate),
            common_name=_only(certificate.subject, NameOID.COMMON_NAME),
            organisation=_only(certificate.subject, NameOID.ORGANIZATION_NAME),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            is_ours=is_ours,
        )


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the rows say of one certificate of ours."""

    issued_at: datetime
    was_used: bool
    revoked: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    is_first_use: bool = False
    """Of a certificate of ours: older ones are worth nothing from then on."""


def judge(
    presented: Presented,
    names: Collection[str],
    organisation: str,
    on_record: OnRecord | None,
    newest_used: datetime | None,
    now: datetime,
) -> Verdict:
    """``newest_used`` is when the newest certificate that this station ever used was issued; None: it has used none.

    A manufacturer's certificate opens connections until one of ours was used; an older one of ours likewise.
    """
    overtaken = newest_used is not None and (on_record is None or on_record.issued_at < newest_used)
    faults = (
        (presented.common_name not in names, Verdict.WRONG_NAME),
        (not presented.not_before <= now < presented.not_after, Verdict.EXPIRED),
        (presented.is_ours and presented.organisation != organisation, Verdict.WRONG_ORGANISATION),
        (presented.is_ours and on_record is None, Verdict.UNKNOWN),
        (on_record is not None and on_record.revoked, Verdict.REVOKED),
        (overtaken, Verdict.SUPERSEDED),
    )
    return next((verdict for found, verdict in faults if found), Verdict.ACCEPTED)


def checked_request(text: str, names: Collection[str], organisation: str) -> x509.CertificateSigningRequest:
    """The request in PEM. Raises BadRequest: unreadable, not signed by its own key, a weak key, or another's name."""
    try:
        # Some stations write the line breaks of the PEM as the two characters that JSON escapes them with.
        request = x509.load_pem_x509_csr(text.replace("\\n", "\n").strip().encode())
        signed = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadRequest("It can't be read as a certificate signing request in PEM (RFC 2986)") from None
    if not signed:
        raise BadRequest("Its signature is not by the key that it asks a certificate for")
    _check_key(request)
    _check_name(_only(request.subject, NameOID.COMMON_NAME), names)
    found = _only(request.subject, NameOID.ORGANIZATION_NAME)
    if found != organisation:
        raise BadRequest(
            f"Its organisation is '{_short(found)}', not '{organisation}': set CpoName (1.6) or OrganizationName (2.x)"
        )
    return request


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 over the whole certificate, in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def serial_of(certificate: x509.Certificate) -> str:
    """As OCPP writes it (CertificateHashDataType): hexadecimal, without leading zeros."""
    return f"{certificate.serial_number:x}"


def _check_key(request: x509.CertificateSigningRequest) -> None:
    try:
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise BadRequest("Its key is of a kind that can't be read; use RSA or ECDSA") from None
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size not in RSA_BITS:
            raise BadRequest(f"Its RSA key has {key.key_size} bits; use {RSA_BITS.start} to {RSA_BITS.stop - 1}")
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, CURVES):
            raise BadRequest(f"Its key is on the curve {key.curve.name}; use P-256, P-384 or P-521")
    else:
        raise BadRequest("Its key is neither RSA nor ECDSA")


def _check_name(name: str, names: Collection[str]) -> None:
    if name not in names:
        raise BadRequest(f"Its common name is '{_short(name)}', which is not this station's serial number")


def _only(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """Empty where there is none, or more than one: which of them counts nobody could say."""
    found = name.get_attributes_for_oid(oid)
    value = found[0].value if len(found) == 1 else ""
    return value if isinstance(value, str) else ""


def _short(text: str) -> str:
    """Free of what PostgreSQL or a log would stumble over."""
    return "".join(character for character in text[:100] if character.isprintable())
