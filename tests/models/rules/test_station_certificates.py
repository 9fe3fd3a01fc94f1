"""Which certificate opens a connection, and which request is signed (security profile 3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import CertificateSigningRequestBuilder, Name, NameAttribute
from cryptography.x509.oid import NameOID

from models.rules.station_certificates import (
    BadRequest,
    OnRecord,
    Presented,
    Verdict,
    checked_request,
    fingerprint_of,
    judge,
    serial_of,
)
from tests.certificates import pem_of, self_signed, signing_request

pytestmark = pytest.mark.step("O31")

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = {"SN-1", "CP-1"}
SHOWN = Presented("f", "SN-1", "Us", NOW - DAY, NOW + DAY)
ISSUED = OnRecord(NOW - DAY, was_used=False, revoked=False)


@pytest.mark.parametrize(
    ("presented", "on_record", "newest_used", "verdict"),
    [
        (SHOWN, ISSUED, None, Verdict.ACCEPTED),
        (replace(SHOWN, common_name="CP-1"), ISSUED, None, Verdict.ACCEPTED),
        (SHOWN, replace(ISSUED, was_used=True), ISSUED.issued_at, Verdict.ACCEPTED),
        (SHOWN, ISSUED, ISSUED.issued_at - DAY, Verdict.ACCEPTED),
        (SHOWN, ISSUED, ISSUED.issued_at + DAY, Verdict.SUPERSEDED),
        (SHOWN, replace(ISSUED, revoked=True), None, Verdict.REVOKED),
        (SHOWN, None, None, Verdict.UNKNOWN),
        (replace(SHOWN, common_name="SN-2"), ISSUED, None, Verdict.WRONG_NAME),
        (replace(SHOWN, common_name=""), ISSUED, None, Verdict.WRONG_NAME),
        (replace(SHOWN, organisation="Others"), ISSUED, None, Verdict.WRONG_ORGANISATION),
        (replace(SHOWN, not_after=NOW), ISSUED, None, Verdict.EXPIRED),
        (replace(SHOWN, not_before=NOW + DAY / 2), ISSUED, None, Verdict.EXPIRED),
        (replace(SHOWN, is_ours=False, organisation="The works"), None, None, Verdict.ACCEPTED),
        (replace(SHOWN, is_ours=False, organisation="The works"), None, NOW - DAY, Verdict.SUPERSEDED),
        (replace(SHOWN, is_ours=False, common_name="SN-2"), None, None, Verdict.WRONG_NAME),
    ],
)
def test_a_certificate_is_judged_by_its_name_its_time_and_the_rows(
    presented: Presented, on_record: OnRecord | None, newest_used: datetime | None, verdict: Verdict
) -> None:
    assert judge(presented, NAMES, "Us", on_record, newest_used, NOW) is verdict


def test_a_certificate_is_read_as_ocpp_names_it() -> None:
    made = self_signed(ec.generate_private_key(ec.SECP256R1()), "SN-1")
    read = Presented.read(made)
    assert (read.common_name, read.organisation, read.is_ours) == ("SN-1", "Nobody", True)
    assert read.fingerprint == fingerprint_of(made)
    assert len(read.fingerprint) == 64
    assert int(serial_of(made), 16) == made.serial_number


def test_a_name_that_stands_twice_names_nobody() -> None:
    twice = Name([NameAttribute(NameOID.COMMON_NAME, name) for name in ("SN-1", "SN-2")])
    key = ec.generate_private_key(ec.SECP256R1())
    from_two = CertificateSigningRequestBuilder().subject_name(twice).sign(key, SHA256())
    with pytest.raises(BadRequest, match="common name is ''"):
        checked_request(pem_of(from_two), NAMES, "Us")


def test_a_request_for_the_station_by_a_key_that_will_do_is_taken() -> None:
    for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()):
        key = ec.generate_private_key(curve)
        taken = checked_request(pem_of(signing_request(key, "SN-1", "Us")), NAMES, "Us")
        assert taken.public_key() == key.public_key()


def test_what_a_refused_request_holds_is_told_without_what_would_break_a_log() -> None:
    request = signing_request(ec.generate_private_key(ec.SECP256R1()), "SN\n1" + "x" * 60, "Us")
    with pytest.raises(BadRequest) as refusal:
        checked_request(pem_of(request), NAMES, "Us")
    assert "\n" not in str(refusal.value)
