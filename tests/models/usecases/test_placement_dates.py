"""The date that the grid operator has told last is not overwritten by a call that was overtaken (P7)."""

import pytest

from models.rules.grid import GridEvent
from tests.people import World
from tests.road import Road


@pytest.mark.step("P7")
async def test_a_call_that_was_overtaken_leaves_the_date_of_the_later_step(world: World) -> None:
    road = Road(world)
    await road.submit()
    await road.approve()
    connection = await road.grid_takes()
    await road.grid_says(connection, GridEvent.CONNECTION_SCHEDULED, scheduled_for="2026-12-10")
    await road.grid_says(connection, GridEvent.PREPARATION_SCHEDULED, scheduled_for="2026-11-25")
    assert (await road.attempts())[-1].scheduled_for == "2026-12-10"
    await road.grid_says(connection, GridEvent.CONNECTION_SCHEDULED, scheduled_for="2026-12-17")
    assert (await road.attempts())[-1].scheduled_for == "2026-12-17"
