"""Certificates of stations in the rows: kept before they are sent, revoked for good, told of before they end."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from sqlmodel import col, select

from models.clock import utc_now
from models.rules.station_certificates import Presented, SecurityProfile, Verdict
from models.tables.asset import Asset, StationEvent
from models.tables.unit import Unit
from models.usecases import station_certificate
from models.usecases.work import Desk
from tests.certificates import Authority
from tests.csms.standing import TESTS, station_in_test
from tests.people import World

pytestmark = pytest.mark.step("O31")

SERIAL = "SN-HW-1"


@pytest.fixture
async def asset(world: World) -> Asset:
    return await station_in_test(world)


@pytest.fixture
def certificate(desk: Desk, tmp_path: Path) -> x509.Certificate:
    made = Authority(tmp_path, "stations").client(SERIAL, desk.terms.operator_name, valid=timedelta(days=20))
    return x509.load_pem_x509_certificate(made.certificate.read_bytes())


async def events(desk: Desk, prefix: str) -> list[str]:
    async with desk.database.transaction() as session:
        found = (await session.execute(select(StationEvent.kind).order_by(col(StationEvent.id)))).scalars().all()
    return [kind for kind in found if kind.startswith(prefix)]


async def issued(desk: Desk, asset: Asset, certificate: x509.Certificate) -> str:
    async with desk.work(TESTS, "test") as work:
        return await station_certificate.issued(work, asset.id, certificate)


async def verdict(desk: Desk, asset: Asset, certificate: x509.Certificate) -> Verdict:
    async with desk.work(TESTS, "test") as work:
        return (await station_certificate.judge(work, asset.id, Presented.read(certificate))).verdict


async def test_a_certificate_opens_from_when_it_is_kept_until_it_is_revoked(
    desk: Desk, asset: Asset, certificate: x509.Certificate
) -> None:
    assert await verdict(desk, asset, certificate) is Verdict.UNKNOWN
    serial = await issued(desk, asset, certificate)
    assert await verdict(desk, asset, certificate) is Verdict.ACCEPTED
    for _ in range(2):
        async with desk.work(TESTS, "test") as work:
            await station_certificate.revoke(work, asset, serial, "the station was stolen")
    assert await verdict(desk, asset, certificate) is Verdict.REVOKED
    assert await events(desk, "certificate_revoked") == ["certificate_revoked"]


async def test_a_security_profile_rises_by_use_and_falls_by_an_engineers_word_only(desk: Desk, asset: Asset) -> None:
    async def now() -> int:
        async with desk.database.transaction() as session:
            return (await session.execute(select(Unit))).scalar_one().security_profile

    for profile in (SecurityProfile.TLS, SecurityProfile.BASIC):
        async with desk.work(TESTS, "test") as work:
            await station_certificate.used(work, asset.id, profile, None)
        assert await now() == SecurityProfile.TLS
    async with desk.work(TESTS, "test") as work:
        await station_certificate.settle_profile(work, asset, SecurityProfile.BASIC, "a new board")
    assert await now() == SecurityProfile.BASIC
    assert await events(desk, "security_profile") == ["security_profile_raised", "security_profile_settled"]


async def test_people_are_told_once_of_a_certificate_in_use_that_ends_soon(
    desk: Desk, asset: Asset, certificate: x509.Certificate
) -> None:
    await issued(desk, asset, certificate)
    async with desk.work(TESTS, "test") as work:
        assert await station_certificate.warn_of_ends(work) == 0
    async with desk.work(TESTS, "test") as work:
        fingerprint = Presented.read(certificate).fingerprint
        await station_certificate.used(work, asset.id, SecurityProfile.CLIENT_CERTIFICATE, fingerprint)
    for told in (1, 0):
        async with replace(desk, clock=lambda: utc_now() + timedelta(minutes=1)).work(TESTS, "test") as work:
            assert await station_certificate.warn_of_ends(work) == told
    assert await events(desk, "certificate_ends") == ["certificate_ends_soon"]
