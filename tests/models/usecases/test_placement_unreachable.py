"""A grid operator that can't be reached is seen, and forgotten when it can (P5)."""

import pytest

from models.store import placements
from models.usecases import placement
from tests.people import World
from tests.road import NOBODY, Road


@pytest.mark.step("P5")
async def test_an_unreachable_grid_operator_is_seen_since_its_first_failure_until_it_takes_the_request(
    world: World,
) -> None:
    road = Road(world)
    await road.submit()
    progress = await road.approve()
    for reason in ("connection refused", "503 Service Unavailable"):
        async with road.desk.work(NOBODY, "test") as work:
            await placement.note_grid_unreachable(work, progress.attempt_id, reason)
    (attempt,) = await road.attempts()
    assert attempt.unreachable_since is not None
    assert attempt.unreachable_reason == "503 Service Unavailable"
    async with road.desk.database.transaction() as session:
        entries = await placements.timeline(session, road.placement.id)
    assert [one.why for one in entries if one.what == "grid operator can't be reached"] == ["connection refused"]
    await road.grid_takes()
    (attempt,) = await road.attempts()
    assert (attempt.unreachable_since, attempt.unreachable_reason) == (None, None)
