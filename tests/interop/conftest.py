from collections.abc import AsyncIterator

import pytest

from csms.listener import CsmsServer
from models.rules.authorisation import TokenKind
from models.rules.commissioning import CommissioningStage
from models.tables.asset import Asset
from models.tables.charging import IdToken
from models.usecases.work import Desk
from tests.csms.standing import TESTS, front_on, station_in_test
from tests.people import World


@pytest.fixture
async def active(world: World) -> Asset:
    """A station in operation, at which one card may charge."""
    asset = await station_in_test(world)
    async with world.desk.work(TESTS, "test") as work:
        asset = await work.session.merge(asset)
        asset.stage = CommissioningStage.ACTIVE
        work.session.add(IdToken(token="CARD-1", kind=TokenKind.CARD))
    return asset


@pytest.fixture
async def front(desk: Desk) -> AsyncIterator[CsmsServer]:
    async with front_on(desk) as server:
        yield server
