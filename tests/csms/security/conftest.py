from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from activities.gateways.certificate_authority import CertificateAuthority, authority_from
from csms.listener import CsmsServer
from models.settings import Settings
from models.tables.asset import Asset
from models.usecases import commissioning
from models.usecases.work import Desk
from tests.csms.security.secured import TESTS, Trust, front_with
from tests.people import World


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust.made_in(tmp_path)


@pytest.fixture
def authority(settings: Settings, trust: Trust) -> CertificateAuthority:
    named = {"station_ca_certificate": trust.stations.certificate, "station_ca_key": trust.stations.key}
    made = authority_from(settings.model_copy(update=named))
    assert made is not None
    return made


@pytest.fixture
async def asset(world: World) -> Asset:
    """A station whose connection test has begun."""
    (unit,) = await world.book_in("HW-1", holder=world.installer)
    order: Any = SimpleNamespace(owner_id=world.service_partner.id, attempt_id=None, site_id=None)
    async with world.desk.work(TESTS, "test") as work:
        held = await work.session.merge(unit)
        asset = await commissioning.make_station(work, order, held.product_id)
        await commissioning.start_test(work, asset, held)
    return asset


@pytest.fixture
async def front(desk: Desk, trust: Trust, authority: CertificateAuthority, asset: Asset) -> AsyncIterator[CsmsServer]:
    """``asset`` is there to come to it."""
    assert asset.registered_at
    async with front_with(desk, trust, authority) as server:
        yield server
