"""Security profile 3: the certificate names the station, and nobody else comes in by it (OCPP.md 14, 28)."""

import shutil
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import InvalidMessage

from activities.gateways.certificate_authority import CertificateAuthority
from csms.listener import CsmsServer
from csms.watch import Watch
from models.rules.commissioning import CommissioningStage
from models.store.database import Database
from models.tables.asset import Asset, StationConnection
from models.tables.station_certificate import StationCertificate
from models.tables.unit import Unit
from models.usecases import station_certificate
from models.usecases.work import Desk
from tests.certificates import Certificate, signing_request, write_key
from tests.csms.security.secured import CERTIFIED, OPERATOR, Trust, status_of_refusal, told
from tests.csms.standing import IDENTITY, SERIAL, TESTS, the
from tests.csms.station import station_at, until, until_async
from tests.people import FACTORY_KEY, World

pytestmark = pytest.mark.step("O31")


class Issuing:
    """Certificates of ours, as they are issued to the station: signed and on record."""

    def __init__(self, desk: Desk, asset: Asset, authority: CertificateAuthority, folder: Path) -> None:
        self._desk, self._asset, self._authority, self._folder = desk, asset, authority, folder
        self._number = 0

    async def issue(self, name: str = SERIAL, *, on_record: bool = True) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        signed = await self._authority.sign(signing_request(key, name, OPERATOR), name, OPERATOR, self._desk.clock())
        if on_record:
            async with self._desk.work(TESTS, "test") as work:
                await station_certificate.issued(work, self._asset.id, signed.certificate)
        self._number += 1
        file = self._folder / f"issued-{self._number}.pem"
        file.write_text(signed.pem)
        return Certificate(file, write_key(file.with_suffix(".key"), key))


@pytest.fixture
def issuing(desk: Desk, asset: Asset, authority: CertificateAuthority, tmp_path: Path) -> Issuing:
    return Issuing(desk, asset, authority, tmp_path)


def serial_in(certificate: Certificate) -> str:
    return f"{x509.load_pem_x509_certificate(certificate.certificate.read_bytes()).serial_number:x}"


async def test_a_station_comes_in_by_its_certificate_without_a_key_and_gets_none(
    front: CsmsServer, trust: Trust, issuing: Issuing, database: Database
) -> None:
    shown = await issuing.issue()
    async with trust.comes(front, shown) as station:
        assert (await station.boot(chargePointSerialNumber=SERIAL))["status"] == "Accepted"
        assert await station.call("Heartbeat", {})
        assert station.calls_waiting() == 0, "a certificate needs no key beside it"
        assert (await the(database, StationConnection)).security_profile == CERTIFIED
    assert (await the(database, Unit)).security_profile == CERTIFIED
    assert (await the(database, StationCertificate)).used_at is not None
    for kind in ("certificate_in_use", "security_profile_raised"):
        assert len(await told(database, kind)) == 1


async def test_a_certificate_may_name_the_identity_as_well(front: CsmsServer, trust: Trust, issuing: Issuing) -> None:
    async with trust.comes(front, await issuing.issue(IDENTITY)) as station:
        assert await station.call("Heartbeat", {})


@pytest.mark.step("O28")
@pytest.mark.parametrize("stage", [CommissioningStage.REGISTERED, CommissioningStage.ACTIVE])
async def test_another_serial_than_the_certificates_does_not_boot_at_any_stage(
    front: CsmsServer, trust: Trust, issuing: Issuing, database: Database, stage: CommissioningStage
) -> None:
    async with database.transaction() as session:
        await session.execute(sa.update(Asset).values(stage=stage))
    async with trust.comes(front, await issuing.issue()) as station:
        assert (await station.boot(chargePointSerialNumber="SN-STOLEN"))["status"] == "Rejected"
        assert (await station.boot(chargePointSerialNumber=SERIAL))["status"] == "Accepted"
    assert len(await told(database, "boot_refused")) == 1


async def test_whom_no_authority_of_ours_vouches_for_is_refused_in_the_tls_handshake(
    front: CsmsServer, trust: Trust, capfd: pytest.CaptureFixture[str]
) -> None:
    foreign = trust.root.client(SERIAL, OPERATOR)
    ended = trust.stations.client(SERIAL, OPERATOR, valid=timedelta(minutes=-1), begun=timedelta(days=2))
    for shown in (None, foreign, ended):
        # By TLS 1.3 a station hears of it after it has sent its request.
        with pytest.raises((ssl.SSLError, ConnectionError, InvalidMessage)):
            async with trust.comes(front, shown):
                pass
    await until(lambda: len(front._crowd) == 0)
    assert capfd.readouterr().out.count("tls_handshake_failed") == 3


async def test_a_servers_certificate_is_no_stations(front: CsmsServer, trust: Trust) -> None:
    shutil.copy(trust.root.certificate, trust.files.client_ca or "")
    assert front._tls is not None
    assert await front._tls.look_again()
    assert await status_of_refusal(trust.comes(front, trust.root.server(SERIAL))) == 403


@pytest.mark.parametrize(
    ("name", "on_record", "reason"),
    [
        ("SN-HW-2", True, "certificate_of_another_station"),
        (SERIAL, False, "certificate_unknown"),
        ("", False, "certificate_of_another_organisation"),
    ],
)
async def test_a_certificate_of_ours_that_is_not_this_stations_is_refused(
    front: CsmsServer,
    trust: Trust,
    issuing: Issuing,
    capfd: pytest.CaptureFixture[str],
    name: str,
    on_record: bool,
    reason: str,
) -> None:
    shown = await issuing.issue(name, on_record=on_record) if name else trust.stations.client(SERIAL, "Somebody else")
    assert await status_of_refusal(trust.comes(front, shown)) == 403
    assert reason in capfd.readouterr().out


async def test_a_certificate_that_another_station_was_given_under_this_name_is_refused(
    front: CsmsServer, trust: Trust, issuing: Issuing, database: Database, world: World
) -> None:
    shown = await issuing.issue()
    (other,) = await world.book_in("HW-2", holder=world.installer)
    async with database.transaction() as session:
        await session.execute(sa.update(StationCertificate).values(unit_id=other.id))
    assert await status_of_refusal(trust.comes(front, shown)) == 403


async def test_a_revoked_certificate_opens_nothing_and_what_it_holds_open_is_closed(
    front: CsmsServer, trust: Trust, issuing: Issuing, desk: Desk, asset: Asset
) -> None:
    shown = await issuing.issue()
    watch = Watch(front.registry, front._front.records, front._tls)
    async with trust.comes(front, shown) as station:
        assert await station.call("Heartbeat", {})
        await watch.close_revoked()
        assert await station.call("Heartbeat", {})
        async with desk.work(TESTS, "test") as work:
            await station_certificate.revoke(work, asset, serial_in(shown).upper(), "the station was stolen")
        await watch.close_revoked()
        assert await station.closed() == 1008
    assert await status_of_refusal(trust.comes(front, shown)) == 403


async def test_an_old_certificate_opens_until_the_new_one_was_used(
    front: CsmsServer, trust: Trust, issuing: Issuing
) -> None:
    old, new = await issuing.issue(), await issuing.issue()
    for shown in (old, new):
        async with trust.comes(front, shown) as station:
            assert await station.call("Heartbeat", {})
    assert await status_of_refusal(trust.comes(front, old)) == 403
    async with trust.comes(front, new) as station:
        assert await station.call("Heartbeat", {})


async def test_the_makers_certificate_opens_until_one_of_ours_was_used_and_the_station_is_asked_to_want_one(
    front: CsmsServer, trust: Trust, issuing: Issuing
) -> None:
    made = trust.maker.client(SERIAL, "Voltwerk")
    async with trust.comes(front, made) as station:
        assert (await station.boot(chargePointSerialNumber=SERIAL))["status"] == "Accepted"
        asked = await station.asked()
        assert asked[2:] == ["ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}]
        await station.answer(asked, {"status": "Accepted"})
    assert await status_of_refusal(trust.comes(front, trust.maker.client("SN-HW-2", "Voltwerk"))) == 403
    async with trust.comes(front, await issuing.issue()) as station:
        assert await station.call("Heartbeat", {})
    assert await status_of_refusal(trust.comes(front, made)) == 403


@pytest.mark.step("O30")
async def test_no_key_opens_what_a_certificate_has_opened(front: CsmsServer, trust: Trust, issuing: Issuing) -> None:
    async with trust.comes(front, await issuing.issue()) as station:
        assert await station.call("Heartbeat", {})
    assert await status_of_refusal(trust.logs_in(front)) == 403
    assert await status_of_refusal(station_at(front, IDENTITY, FACTORY_KEY)) == 403


@pytest.mark.step("O14")
async def test_no_stranger_takes_over_or_disturbs_the_session_that_a_certificate_has_opened(
    front: CsmsServer, trust: Trust, issuing: Issuing, database: Database
) -> None:
    shown = await issuing.issue()
    strangers = [
        await issuing.issue("SN-HW-2"),
        trust.stations.client(SERIAL, OPERATOR),
        trust.stations.client(SERIAL, "Somebody else"),
    ]
    async with trust.comes(front, shown) as station:
        assert await station.call("Heartbeat", {})
        mine = (await the(database, StationConnection)).connection_id
        for stranger in strangers:
            assert await status_of_refusal(trust.comes(front, stranger)) == 403
        assert await status_of_refusal(trust.logs_in(front)) == 403
        assert await status_of_refusal(station_at(front, IDENTITY, "guessed")) == 403
        assert (await the(database, StationConnection)).connection_id == mine
        assert await station.call("Heartbeat", {})


@pytest.mark.step("O14")
async def test_the_station_itself_replaces_its_older_socket_and_stays_online(
    front: CsmsServer, trust: Trust, issuing: Issuing, database: Database
) -> None:
    shown = await issuing.issue()
    async with trust.comes(front, shown) as old:
        assert await old.call("Heartbeat", {})
        first = (await the(database, StationConnection)).connection_id
        async with trust.comes(front, shown) as new:
            assert await old.closed() == 1000
            assert await new.call("Heartbeat", {})
            assert (await the(database, StationConnection)).connection_id != first
    await until_async(lambda: _told_of_the_end(database))


async def _told_of_the_end(database: Database) -> bool:
    return len(await told(database, "disconnected")) == 1


@pytest.mark.step("O14", "O30")
async def test_no_stranger_disturbs_the_session_of_a_station_that_logs_in_over_tls(
    front: CsmsServer, trust: Trust, database: Database
) -> None:
    async with trust.logs_in(front) as station:
        assert await station.call("Heartbeat", {})
        mine = (await the(database, StationConnection)).connection_id
        for guess in ("guessed", FACTORY_KEY.lower(), b"\xff" * 20):
            assert await status_of_refusal(trust.logs_in(front, guess)) == 401
        assert (await the(database, StationConnection)).connection_id == mine
        assert await station.call("Heartbeat", {})
