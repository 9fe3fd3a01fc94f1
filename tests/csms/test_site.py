"""A station that came without a placement request opens its first connection with the key that it had (L6)."""

from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import InvalidStatus

from api.auth.passwords import Hashing
from csms.listener import CsmsServer
from models.store import units
from models.store.viewer import EVERYTHING
from models.usecases import site
from models.usecases.work import Desk
from tests.csms.standing import front_on
from tests.csms.station import station_at, until_async
from tests.people import FACTORY_KEY, World
from tests.site_road import SiteRoad, garage

pytestmark = pytest.mark.step("L6", "P13", "P14")


@pytest.fixture
async def front(desk: Desk) -> AsyncIterator[CsmsServer]:
    async with front_on(desk) as server:
        yield server


@pytest.fixture
async def road(world: World) -> SiteRoad:
    hashing = Hashing()
    road = SiteRoad(world)
    hashes = await hashing.factory_keys([FACTORY_KEY])
    hashing.close()
    road.order = await road.do(world.operations, lambda work: site.enter(work, garage(world), hashes))
    return road


async def test_it_is_refused_until_its_test_begins_then_boots_with_its_old_key_and_gets_one_of_ours(
    front: CsmsServer, road: SiteRoad
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with station_at(front, "CP-HW-1", FACTORY_KEY):
            pass
    assert refused.value.response.status_code == 404
    await road.start_test()
    async with station_at(front, "CP-HW-1", FACTORY_KEY) as station:
        assert (await station.boot(chargePointSerialNumber="SN-HW-1"))["status"] == "Accepted"
        call = await station.asked()
        await station.answer(call, {"status": "Accepted"})

        async def replaced() -> bool:
            async with road.desk.database.transaction() as session:
                its = await units.find(session, "HW-1", EVERYTHING)
            return its is not None and its.factory_key_closed_at is not None

        await until_async(replaced)
    await road.call_off()
    with pytest.raises(InvalidStatus) as gone:
        async with station_at(front, "CP-HW-1", call[3]["value"]):
            pass
    assert gone.value.response.status_code == 404


async def test_one_that_is_entered_again_is_let_in_with_our_key_and_with_the_key_that_was_entered_now(
    front: CsmsServer, road: SiteRoad
) -> None:
    await road.start_test()
    async with station_at(front, "CP-HW-1", FACTORY_KEY) as station:
        await station.boot(chargePointSerialNumber="SN-HW-1")
        call = await station.asked()
        await station.answer(call, {"status": "Accepted"})
    await road.call_off()
    hashing = Hashing()
    hashes = await hashing.factory_keys(["another key of 20 ch"])
    hashing.close()
    road.order = await road.do(road.world.operations, lambda work: site.enter(work, garage(road.world), hashes))
    await road.start_test()
    for key in ("another key of 20 ch", call[3]["value"]):
        async with station_at(front, "CP-HW-1", key) as station:
            assert await station.call("Heartbeat", {})
    with pytest.raises(InvalidStatus):
        async with station_at(front, "CP-HW-1", FACTORY_KEY):
            pass
