"""Other hardware on a line has to speak for itself (P12, P14)."""

import pytest

from models.store import assets
from models.usecases import station
from tests.people import World
from tests.road import NOBODY, Road


@pytest.mark.step("P12", "P14")
async def test_what_the_old_hardware_told_of_its_connectors_is_forgotten_with_it(world: World) -> None:
    road = Road(world)
    asset = await road.to_checked()
    await road.do(NOBODY, lambda work: station.status(work, asset.id, 1, "Available", "NoError", work.now, None))
    await road.unlink()
    async with road.desk.database.transaction() as session:
        assert {evse.status for evse in await assets.evses(session, asset.id)} == {None}
