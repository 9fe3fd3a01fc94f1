from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.gateways.certificate_authority import CertificateAuthority, authority_from
from csms.listener import CsmsServer
from models.settings import Settings
from models.tables.asset import Asset
from models.usecases.work import Desk
from tests.csms.security.secured import Trust, front_with


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
async def front(desk: Desk, trust: Trust, authority: CertificateAuthority, asset: Asset) -> AsyncIterator[CsmsServer]:
    """``asset`` is there to come to it."""
    assert asset.registered_at
    async with front_with(desk, trust, authority) as server:
        yield server
