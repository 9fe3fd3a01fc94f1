from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from activities.courier import Courier
from csms.adapters import UseCaseRecords
from csms.listener import CsmsServer
from models.messages.base import Actor
from models.rules.authorisation import TokenKind
from models.rules.commissioning import CommissioningStage
from models.tables.asset import Asset
from models.tables.charging import IdToken
from models.usecases import commissioning
from models.usecases.work import Desk
from tests.people import World
from tests.recording import RecordingRelay

TESTS = Actor(id=None, name="tests")


@pytest.fixture
async def active(world: World) -> Asset:
    """A station in operation, at which one card may charge."""
    (unit,) = await world.book_in("HW-1", holder=world.installer)
    order: Any = SimpleNamespace(owner_id=world.service_partner.id, attempt_id=None)
    async with world.desk.work(TESTS, "test") as work:
        held = await work.session.merge(unit)
        asset = await commissioning.make_station(work, order, held.product_id)
        await commissioning.start_test(work, asset, held)
        asset.stage = CommissioningStage.ACTIVE
        work.session.add(IdToken(token="CARD-1", kind=TokenKind.CARD))
    return asset


@pytest.fixture
async def front(desk: Desk) -> AsyncIterator[CsmsServer]:
    courier = Courier(RecordingRelay())
    async with CsmsServer(UseCaseRecords(desk, courier), host="127.0.0.1", port=0, node="n1") as server:
        yield server
    await courier.close()
