"""A station asks for a certificate of ours: what is signed, what is not, and what people see of it (A02, A03)."""

import asyncio
import functools
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from activities.gateways.certificate_authority import CertificateAuthority, Signed, authority_from
from activities.gateways.errors import TryAgain
from csms.listener import CsmsServer
from models.rules.station_certificates import REQUESTS_PER_HOUR
from models.settings import Settings
from models.store.database import Database
from models.tables.asset import Asset
from models.tables.station_certificate import StationCertificate
from models.usecases import station_certificate
from models.usecases.work import Desk
from tests.certificates import Certificate, SigningKey, pem_of, signing_request, write_key
from tests.csms.security.secured import OPERATOR, Trust, front_with, told
from tests.csms.standing import SERIAL, TESTS, the
from tests.csms.station import RawStation, until_async

pytestmark = pytest.mark.step("O31")

MINUTE = timedelta(minutes=1)
"""Certificates know no fractions of it."""
WEAK_RSA_BITS = 1024
CERTIFICATE_EVENTS = (
    "certificate_requested",
    "certificate_not_signed",
    "certificate_issued",
    "certificate_installed",
    "certificate_refused",
    "certificate_in_use",
)


async def kinds(database: Database) -> list[str]:
    return [kind for kind, _ in await told(database, *CERTIFICATE_EVENTS)]


async def why_not(database: Database) -> str:
    ((_, detail),) = await told(database, "certificate_not_signed")
    return str(detail["reason"])


async def ask(station: RawStation, key: SigningKey | ed25519.Ed25519PrivateKey, **named: str) -> Any:
    csr = pem_of(signing_request(key, named.get("name", SERIAL), named.get("organisation", OPERATOR)))
    return (await station.call("SignCertificate", {"csr": csr}))["status"]


async def given(station: RawStation, status: str = "Accepted") -> str:
    call = await station.asked()
    assert call[2] == "CertificateSigned"
    await station.answer(call, {"status": status})
    chain: str = call[3]["certificateChain"]
    return chain


@pytest.mark.step("O30")
@pytest.mark.parametrize("kind", ["rsa", "ec"])
async def test_a_station_gets_a_certificate_over_tls_and_comes_back_by_it(
    front: CsmsServer, trust: Trust, database: Database, tmp_path: Path, kind: str
) -> None:
    key: SigningKey = (
        rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    )
    async with trust.logs_in(front) as station:
        await station.boot_and_refuse_the_key(chargePointSerialNumber=SERIAL)
        assert await ask(station, key) == "Accepted"
        chain = await given(station)
        await until_async(lambda: _installed(database))
    file = tmp_path / "given.pem"
    file.write_text(chain)
    async with trust.comes(front, Certificate(file, write_key(tmp_path / "own.key", key))) as station:
        assert await station.call("Heartbeat", {})
    asked = ["certificate_requested", "certificate_issued", "certificate_installed", "certificate_in_use"]
    assert await kinds(database) == asked
    row, made = await the(database, StationCertificate), x509.load_pem_x509_certificate(chain.encode())
    assert (row.serial, row.common_name) == (f"{made.serial_number:x}", SERIAL)
    assert timedelta(days=365) - MINUTE < row.not_after - row.issued_at <= timedelta(days=365)


async def _installed(database: Database) -> bool:
    return "certificate_installed" in await kinds(database)


async def test_what_is_signed_is_for_a_client_and_under_our_words_only(
    authority: CertificateAuthority, desk: Desk
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    signed = await authority.sign(signing_request(key, SERIAL, OPERATOR), SERIAL, OPERATOR, desk.clock())
    made = signed.certificate
    assert made.subject.rfc4514_string() == f"CN={SERIAL},O={OPERATOR}"
    assert made.public_key() == key.public_key()
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert made.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign is False


@pytest.mark.parametrize(
    ("key", "named", "reason"),
    [
        (ec.generate_private_key(ec.SECP256R1()), {"name": "SN-HW-2"}, "common name is 'SN-HW-2'"),
        (ec.generate_private_key(ec.SECP256R1()), {"organisation": "Others"}, "organisation is 'Others'"),
        (rsa.generate_private_key(65537, WEAK_RSA_BITS), {}, "1024 bits"),
        (ec.generate_private_key(ec.SECP224R1()), {}, "secp224r1"),
        (ed25519.Ed25519PrivateKey.generate(), {}, "neither RSA nor ECDSA"),
    ],
)
async def test_a_request_that_is_not_the_stations_or_has_a_weak_key_is_refused_with_the_reason_on_record(
    front: CsmsServer, trust: Trust, database: Database, key: SigningKey, named: dict[str, str], reason: str
) -> None:
    async with trust.logs_in(front) as station:
        await station.boot_and_refuse_the_key(chargePointSerialNumber=SERIAL)
        assert await ask(station, key, **named) == "Rejected"
        assert await station.call("Heartbeat", {})
        assert station.calls_waiting() == 0
    assert reason in await why_not(database)


async def test_a_request_that_its_own_key_has_not_signed_is_refused(
    front: CsmsServer, trust: Trust, database: Database
) -> None:
    pem = pem_of(signing_request(ec.generate_private_key(ec.SECP256R1()), SERIAL, OPERATOR))
    middle = len(pem) - 60
    forged = pem[:middle] + ("A" if pem[middle] != "A" else "B") + pem[middle + 1 :]
    async with trust.logs_in(front) as station:
        await station.boot_and_refuse_the_key(chargePointSerialNumber=SERIAL)
        for csr in (forged, "-----BEGIN CERTIFICATE REQUEST-----\nrubbish", ""):
            assert (await station.call("SignCertificate", {"csr": csr}))["status"] == "Rejected"
    assert len(await told(database, "certificate_not_signed")) == 3


async def test_line_breaks_that_were_escaped_twice_are_read(front: CsmsServer, trust: Trust) -> None:
    pem = pem_of(signing_request(ec.generate_private_key(ec.SECP256R1()), SERIAL, OPERATOR))
    async with trust.logs_in(front) as station:
        await station.boot_and_refuse_the_key(chargePointSerialNumber=SERIAL)
        assert (await station.call("SignCertificate", {"csr": pem.replace("\n", "\\n")}))["status"] == "Accepted"
        await given(station)


async def test_a_station_that_asks_without_end_is_refused_from_some_point_on(
    front: CsmsServer, trust: Trust, database: Database
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    async with trust.logs_in(front) as station:
        await station.boot_and_refuse_the_key(chargePointSerialNumber=SERIAL)
        for number in range(REQUESTS_PER_HOUR):
            assert await ask(station, key) == "Accepted"
            await given(station)
            await until_async(functools.partial(_installed_times, database, number + 1))
        assert await ask(station, key) == "Rejected"
    assert "within the hour" in await why_not(database)


async def _installed_times(database: Database, times: int) -> bool:
    return len(await told(database, "certificate_installed")) == times


async def test_a_station_that_refuses_its_certificate_is_seen(
    front: CsmsServer, trust: Trust, database: Database
) -> None:
    async with trust.logs_in(front) as station:
        await station.boot_and_refuse_the_key(chargePointSerialNumber=SERIAL)
        assert await ask(station, ec.generate_private_key(ec.SECP256R1())) == "Accepted"
        await given(station, "Rejected")
        await until_async(lambda: told(database, "certificate_refused"))
    assert (await the(database, StationCertificate)).refusal == "rejected"


async def test_without_an_authority_the_station_keeps_what_it_has(
    desk: Desk, trust: Trust, asset: Asset, database: Database
) -> None:
    assert asset.registered_at
    async with front_with(desk, trust) as server, trust.logs_in(server) as station:
        await station.boot_and_refuse_the_key(chargePointSerialNumber=SERIAL)
        assert await ask(station, ec.generate_private_key(ec.SECP256R1())) == "Rejected"
    assert "STATIONMASTER_STATION_CA_CERTIFICATE" in await why_not(database)


class AwayAuthority:
    """One that can't be reached."""

    async def sign(self, *_: Any) -> Signed:
        raise TryAgain("the authority does not answer")


async def test_an_authority_that_is_away_is_on_record_and_the_station_serves_on(
    desk: Desk, trust: Trust, asset: Asset, database: Database
) -> None:
    assert asset.registered_at
    async with front_with(desk, trust, AwayAuthority()) as server, trust.logs_in(server) as station:
        await station.boot_and_refuse_the_key(chargePointSerialNumber=SERIAL)
        assert await ask(station, ec.generate_private_key(ec.SECP256R1())) == "Accepted"
        await until_async(lambda: told(database, "certificate_not_signed"))
        assert await station.call("Heartbeat", {})
    assert await why_not(database) == "the authority does not answer"


async def test_a_certificate_that_ends_soon_is_told_once_and_the_station_is_asked_to_want_another(
    settings: Settings, desk: Desk, trust: Trust, asset: Asset, database: Database, tmp_path: Path
) -> None:
    named = {"station_ca_certificate": trust.stations.certificate, "station_ca_key": trust.stations.key}
    authority = authority_from(settings.model_copy(update={**named, "station_certificate_days": 20}))
    assert authority is not None
    key = ec.generate_private_key(ec.SECP256R1())
    signed = await authority.sign(signing_request(key, SERIAL, OPERATOR), SERIAL, OPERATOR, desk.clock())
    async with desk.work(TESTS, "test") as work:
        await station_certificate.issued(work, asset.id, signed.certificate)
    file = tmp_path / "ends-soon.pem"
    file.write_text(signed.pem)
    shown = Certificate(file, write_key(tmp_path / "ends-soon.key", key))
    async with front_with(desk, trust, authority) as server, trust.comes(server, shown) as station:
        assert (await station.boot(chargePointSerialNumber=SERIAL))["status"] == "Accepted"
        asked = await station.asked()
        assert asked[2:] == ["ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}]
        await station.answer(asked, {"status": "Accepted"})
        await asyncio.gather(*(server._watch.look_for_ends() for _ in range(2)))
        assert await station.call("Heartbeat", {})
        assert station.calls_waiting() == 0, "it was asked once on this connection"
    assert len(await told(database, "certificate_ends_soon")) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"station_ca_key": None}, "go together"),
        ({"station_ca_key": "other"}, "is not the key of"),
        ({"station_ca_certificate": "leaf", "station_ca_key": "leaf"}, "not of an authority"),
        ({"station_ca_certificate": "nowhere"}, "holds no certificates"),
        ({"station_ca_key": "nowhere"}, "can't be opened"),
    ],
)
def test_an_authority_that_will_not_do_is_told_at_the_start(
    settings: Settings, trust: Trust, tmp_path: Path, changes: dict[str, str | None], reason: str
) -> None:
    leaf = trust.stations.client("leaf", OPERATOR)
    files = {
        "station_ca_certificate": {"leaf": leaf.certificate},
        "station_ca_key": {"leaf": leaf.key, "other": trust.root.key},
    }
    named: dict[str, Path | None] = {
        "station_ca_certificate": trust.stations.certificate,
        "station_ca_key": trust.stations.key,
    }
    for setting, word in changes.items():
        named[setting] = None if word is None else files[setting].get(word, tmp_path / "nowhere.pem")
    with pytest.raises(ValueError, match=reason):
        authority_from(settings.model_copy(update=named))


async def test_a_station_whose_boot_is_not_accepted_gets_no_certificate(
    front: CsmsServer, trust: Trust, database: Database
) -> None:
    async with trust.logs_in(front) as station:
        assert await ask(station, ec.generate_private_key(ec.SECP256R1())) == "Rejected"
        assert (await station.boot(chargePointSerialNumber="SN-OTHER"))["status"] == "Rejected"
        assert await ask(station, ec.generate_private_key(ec.SECP256R1())) == "Rejected"
    assert {detail["reason"] for _, detail in await told(database, "certificate_not_signed")} == {
        "Its boot is not accepted; it may ask again afterwards"
    }


BOOT_2 = {"reason": "PowerUp", "chargingStation": {"vendorName": "Volta", "model": "One", "serialNumber": SERIAL}}


@pytest.mark.parametrize(
    ("subprotocol", "said", "status"),
    [
        ("ocpp2.0.1", {}, "Accepted"),
        ("ocpp2.1", {"certificateType": "ChargingStationCertificate", "requestId": 0}, "Accepted"),
        ("ocpp2.1", {"requestId": 7}, "Accepted"),
        ("ocpp2.0.1", {"certificateType": "V2GCertificate"}, "Rejected"),
        ("ocpp2.1", {"certificateType": "V2G20Certificate"}, "Rejected"),
    ],
)
async def test_a_station_of_ocpp_2_is_answered_the_same_and_gets_nothing_to_talk_to_cars_with(
    front: CsmsServer, trust: Trust, database: Database, subprotocol: str, said: dict[str, Any], status: str
) -> None:
    csr = pem_of(signing_request(ec.generate_private_key(ec.SECP256R1()), SERIAL, OPERATOR))
    async with trust.logs_in(front, subprotocol=subprotocol) as station:
        assert (await station.call("BootNotification", BOOT_2))["status"] == "Accepted"
        assert (await station.call("SignCertificate", {"csr": csr, **said}))["status"] == status
        if status == "Rejected":
            assert await kinds(database) == []
            return
        sent = await _next_of(station, "CertificateSigned")
        assert sent[3].get("requestId") == said.get("requestId")
        assert sent[3]["certificateType"] == "ChargingStationCertificate"
        await station.answer(sent, {"status": "Accepted"})
        await until_async(lambda: told(database, "certificate_installed"))


async def _next_of(station: RawStation, action: str) -> list[Any]:
    """The next call of this action; the others get no answer."""
    while (call := await station.asked())[2] != action:
        await station.send([4, call[1], "NotSupported", "", {}])
    return call
