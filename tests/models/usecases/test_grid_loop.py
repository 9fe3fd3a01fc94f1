"""Whatever the grid operator tells of whichever attempt, in any order, the rows follow the present one (P6, P7)."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.rules.grid import GridEvent
from models.rules.placement import PLACEMENT, PlacementEvent, PlacementStage
from models.tables.placement import LocationAttempt
from tests.models.rules.test_grid_loop import Loop, moves
from tests.people import World
from tests.road import Road

pytestmark = pytest.mark.step("P6", "P7")
Told = list[tuple[int, GridEvent] | str]


@given(taken=moves.filter(lambda found: 4 <= len(found) <= 16), again=st.booleans())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
async def test_rows_follow_the_table_and_no_late_call_moves_the_present_attempt(
    world: World,
    taken: Told,
    again: bool,
) -> None:
    road, loop = await requested(world), Loop()
    for move in taken:
        before = await present(road)
        await take(road, loop, move)
        loop.take(move)
        if isinstance(move, tuple) and again:
            await take(road, loop, move)
        await assert_same(road, loop)
        if is_late(loop, move):
            assert await present(road) == before


async def requested(world: World) -> Road:
    road = Road(world)
    await road.submit()
    await road.approve()
    await road.grid_takes()
    return road


async def take(road: Road, loop: Loop, move: tuple[int, GridEvent] | str) -> None:
    """What the table refuses is not decided by anybody."""
    if isinstance(move, tuple):
        back, event = move
        attempts = await road.attempts()
        about = attempts[max(len(attempts) - 1 - back, 0)]
        await road.grid_says(str(about.connection_request_id), event)
    elif PLACEMENT.allows(loop.stage, PlacementEvent.PROPOSE_LOCATION):
        await road.propose()
        await road.grid_takes()


async def present(road: Road) -> tuple[PlacementStage | str, dict[str, Any]]:
    """The stage, and the attempt in play with all that is kept of it."""
    stage = (await road.stages())[0]
    attempt: LocationAttempt = (await road.attempts())[-1]
    return stage, attempt.model_dump()


async def assert_same(road: Road, loop: Loop) -> None:
    assert (await road.stages())[0] == loop.stage
    assert [attempt.state for attempt in await road.attempts()] == loop.attempts


def is_late(loop: Loop, move: tuple[int, GridEvent] | str) -> bool:
    return isinstance(move, tuple) and move[0] > 0 and len(loop.attempts) > 1
