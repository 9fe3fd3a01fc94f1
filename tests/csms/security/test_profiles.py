"""Security profiles 1 and 2: who may come how, and that nobody goes back to less."""

import asyncio
import shutil
import socket
import ssl
from pathlib import Path

import pytest
import uvloop
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage

from csms.entrance import Proxies, check_proxies
from csms.listener import CsmsServer, Ports
from csms.server import ports_of
from csms.tls import Tls, TlsFiles
from models.rules.station_certificates import SecurityProfile
from models.settings import Settings
from models.store.database import Database
from models.tables.asset import Asset, StationConnection
from models.tables.unit import Unit
from models.usecases import station_certificate
from models.usecases.work import Desk
from tests.certificates import SigningKey, client_context
from tests.csms.memory import FACTORY_KEY as MEMORY_KEY
from tests.csms.memory import SERIAL as SERIAL_IN_MEMORY
from tests.csms.memory import MemoryRecords
from tests.csms.security.secured import OPERATOR, TLS, Trust, front_with, status_of_refusal, told
from tests.csms.standing import IDENTITY, SERIAL, TESTS, the
from tests.csms.station import basic, station_at, until, until_async
from tests.people import FACTORY_KEY


async def own_key(server: CsmsServer, trust: Trust, database: Database) -> str:
    """The station boots over TLS and takes a key of ours."""
    async with trust.logs_in(server) as station:
        assert (await station.boot(chargePointSerialNumber=SERIAL))["status"] == "Accepted"
        call = await station.asked()
        await station.answer(call, {"status": "Accepted"})
        await until_async(lambda: _key_of(database))
    key: str = call[3]["value"]
    return key


async def _key_of(database: Database) -> str | None:
    key: str | None = (await the(database, Unit)).key_hash
    return key


@pytest.mark.step("O29", "O30")
async def test_over_tls_a_station_logs_in_with_its_key_which_is_changed_by_command(
    front: CsmsServer, trust: Trust, database: Database
) -> None:
    key = await own_key(front, trust, database)
    assert await status_of_refusal(trust.logs_in(front)) == 401
    assert await status_of_refusal(trust.logs_in(front, "guessed")) == 401
    async with trust.logs_in(front, key) as station:
        assert await station.call("Heartbeat", {})
        held = await the(database, StationConnection)
        assert held.security_profile == TLS
        unit = await the(database, Unit)
        assert unit.key_hash.startswith("$argon2id$")
        assert key not in str(unit.model_dump())


@pytest.mark.step("O30")
async def test_a_station_that_has_used_tls_logs_in_no_more_without_until_an_engineer_says_so(
    front: CsmsServer, trust: Trust, desk: Desk, asset: Asset, database: Database
) -> None:
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        assert await station.call("Heartbeat", {})
    async with trust.logs_in(front) as station:
        assert await station.call("Heartbeat", {})
    assert await status_of_refusal(station_at(front, IDENTITY, FACTORY_KEY)) == 403
    assert await told(database, "security_profile_raised") == [("security_profile_raised", {"from": 1, "to": 2})]
    async with desk.work(TESTS, "test") as work:
        await station_certificate.settle_profile(work, asset, SecurityProfile.BASIC, "its new modem knows no TLS")
    async with station_at(front, IDENTITY, FACTORY_KEY) as station:
        assert await station.call("Heartbeat", {})


@pytest.mark.step("O30")
async def test_the_key_is_not_looked_at_where_it_came_in_a_way_that_is_too_weak(
    desk: Desk, trust: Trust, asset: Asset
) -> None:
    async with front_with(desk, trust, lowest=SecurityProfile.TLS) as server:
        assert asset.registered_at
        for key in (FACTORY_KEY, "guessed"):
            assert await status_of_refusal(station_at(server, IDENTITY, key)) == 403
        async with trust.logs_in(server) as station:
            assert await station.call("Heartbeat", {})


@pytest.mark.step("O30")
@pytest.mark.parametrize(
    ("lowest", "proxies", "plain"), [(1, "", 9000), (2, "", None), (3, "", None), (2, "10.0.0.0/8", 9000)]
)
def test_the_plain_port_is_closed_where_no_station_may_use_it(
    settings: Settings, lowest: int, proxies: str, plain: int | None
) -> None:
    named = {"csms_lowest_profile": lowest, "csms_proxies": proxies, "csms_tls_port": 9443}
    assert ports_of(settings.model_copy(update=named)) == Ports(plain, 9443, None)


@pytest.mark.step("O30")
@pytest.mark.parametrize(("proxies", "comes_in"), [("127.0.0.1", True), ("10.0.0.0/8", False), ("", False)])
async def test_a_proxy_of_ours_may_end_tls_and_nobody_else_can_say_so(
    desk: Desk, trust: Trust, asset: Asset, database: Database, proxies: str, comes_in: bool
) -> None:
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.9, 203.0.113.7"}
    assert asset.registered_at
    async with front_with(desk, trust, lowest=SecurityProfile.TLS, proxies=Proxies(proxies)) as server:
        coming = station_at(server, IDENTITY, FACTORY_KEY, headers=said)
        if not comes_in:
            assert await status_of_refusal(coming) == 403
            return
        async with coming as station:
            assert await station.call("Heartbeat", {})
            held = await the(database, StationConnection)
            assert (held.remote_ip, held.security_profile) == ("203.0.113.7", 2)


def test_a_proxy_that_is_no_network_is_named_with_its_setting() -> None:
    with pytest.raises(ValueError, match="STATIONMASTER_CSMS_PROXIES"):
        check_proxies("10.0.0.0/8, the-balancer")


SUITES = [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", "ec"),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", "ec"),
    ("ECDHE-RSA-AES128-GCM-SHA256", "rsa"),
    ("AES128-GCM-SHA256", "rsa"),
    ("AES256-GCM-SHA384", "rsa"),
]


@pytest.mark.step("O30")
@pytest.mark.parametrize(("suite", "kind"), SUITES)
async def test_every_suite_that_the_standard_wants_is_spoken(tmp_path: Path, suite: str, kind: str) -> None:
    key: SigningKey = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    trust = Trust.made_in(tmp_path)
    server = trust.root.server("of-this-kind", key=key)
    context = client_context(trust.root.certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    assert await handshake(TlsFiles(server.certificate, server.key), context) == suite


@pytest.mark.step("O30")
@pytest.mark.parametrize(
    ("suite", "version"),
    [("ECDHE-ECDSA-AES128-SHA", ssl.TLSVersion.TLSv1_2), ("ALL:@SECLEVEL=0", ssl.TLSVersion.TLSv1_1)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_older_suites_and_versions_are_not(trust: Trust, suite: str, version: ssl.TLSVersion) -> None:
    context = client_context(trust.root.certificate)
    context.minimum_version = context.maximum_version = version
    context.set_ciphers(suite)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await handshake(trust.files, context)


async def handshake(files: TlsFiles, context: ssl.SSLContext) -> str:
    records = MemoryRecords()
    async with CsmsServer(records, host="127.0.0.1", node="n", ports=Ports(tls=0), tls=Tls(files)) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port_of(TLS), ssl=context)
        suite: str = writer.get_extra_info("cipher")[0]
        writer.close()
        await writer.wait_closed()
    return suite


@pytest.mark.step("O30")
async def test_a_new_certificate_is_shown_without_a_restart_and_open_sockets_stay(
    front: CsmsServer, trust: Trust
) -> None:
    tls = front._tls
    assert tls is not None
    async with trust.logs_in(front) as station:
        before = await shown_by(front, trust)
        fresh = trust.root.server("fresh")
        shutil.copy(fresh.certificate, trust.files.certificate)
        assert not await tls.look_again(), "half of it is no pair"
        assert await shown_by(front, trust) == before
        shutil.copy(fresh.key, trust.files.key)
        assert await tls.look_again()
        assert await shown_by(front, trust) != before
        assert not await tls.look_again()
        assert await station.call("Heartbeat", {})


async def shown_by(server: CsmsServer, trust: Trust) -> bytes:
    context = client_context(trust.root.certificate)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port_of(TLS), ssl=context)
    shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return shown


@pytest.mark.step("O30")
async def test_plain_words_to_the_port_of_tls_end_nothing_but_themselves(front: CsmsServer, trust: Trust) -> None:
    address = f"ws://127.0.0.1:{front.port_of(TLS)}/ocpp/{IDENTITY}"
    with pytest.raises((InvalidMessage, OSError)):
        await connect(address, additional_headers=basic(IDENTITY, FACTORY_KEY), open_timeout=5)
    async with trust.logs_in(front) as station:
        assert await station.call("Heartbeat", {})


@pytest.mark.step("O30")
@pytest.mark.parametrize("missing", ["certificate", "key", "client_ca"])
def test_files_that_are_not_there_are_told_at_the_start_with_their_setting(trust: Trust, missing: str) -> None:
    getattr(trust.files, missing).unlink()
    with pytest.raises(ValueError, match="STATIONMASTER_CSMS_TLS_"):
        Tls(trust.files)


@pytest.mark.step("O30")
def test_a_port_for_tls_without_a_certificate_is_told_at_the_start(settings: Settings, trust: Trust) -> None:
    with pytest.raises(ValueError, match="STATIONMASTER_CSMS_TLS_CERTIFICATE"):
        TlsFiles.of(settings.model_copy(update={"csms_tls_port": 9443}))
    named = {
        "csms_tls_client_port": 9444,
        "csms_tls_certificate": trust.files.certificate,
        "csms_tls_key": trust.files.key,
    }
    with pytest.raises(ValueError, match="STATIONMASTER_CSMS_TLS_CLIENT_CA"):
        TlsFiles.of(settings.model_copy(update=named))
    assert TlsFiles.of(settings) is None


@pytest.mark.step("O30", "O21")
async def test_who_keeps_silent_in_the_tls_handshake_keeps_nobody_out(front: CsmsServer, trust: Trust) -> None:
    silent = [socket.create_connection(("127.0.0.1", front.port_of(TLS))) for _ in range(30)]
    async with trust.logs_in(front) as station:
        assert await station.call("Heartbeat", {})
    assert len(front._crowd) == 30
    for each in silent:
        each.close()


@pytest.mark.step("O30", "O31")
async def test_the_event_loop_of_production_serves_both_kinds_of_tls(trust: Trust) -> None:
    """Its transports are others than those of asyncio, on which the other tests run."""
    shown = trust.stations.client(SERIAL_IN_MEMORY, OPERATOR)

    async def come() -> list[bool]:
        records = MemoryRecords()
        records.register("CP-1")
        ports = Ports(tls=0, client_tls=0)
        async with CsmsServer(records, host="127.0.0.1", node="n", ports=ports, tls=Tls(trust.files)) as server:
            answers = []
            for coming in (trust.logs_in(server, MEMORY_KEY, "CP-1"), trust.comes(server, shown, "CP-1")):
                async with coming as station:
                    answers.append("currentTime" in await station.call("Heartbeat", {}))
            for _ in range(20):
                _, writer = await asyncio.open_connection("127.0.0.1", server.port_of(TLS))
                writer.write(b"this is no TLS")
                writer.close()
            assert await status_of_refusal(trust.logs_in(server, "guessed", "CP-1")) == 401
            await until(lambda: len(server._crowd) == 0)
        return answers

    def in_a_loop_of_its_own() -> list[bool]:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(come())

    assert await asyncio.to_thread(in_a_loop_of_its_own) == [True, True]
