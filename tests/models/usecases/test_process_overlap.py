"""A step that is tried again while its first try still runs: both give what the first one did (rule 3)."""

import asyncio

from models.messages.placement import PlacementProgress
from models.usecases import placement, process
from tests.people import World
from tests.road import Road


async def test_a_retry_that_overlaps_with_the_first_try_gives_its_result_instead_of_a_refusal(world: World) -> None:
    road = Road(world)
    request = await road.submit()
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def approve(*, slowly: bool) -> PlacementProgress:
        async with road.desk.work(world.operations.actor, "test") as work:

            async def take() -> PlacementProgress:
                progress = await placement.approve(work, request.id)
                if slowly:
                    begun.set()
                    await may_end.wait()
                return progress

            return await process.once(work, "placement-x", "approve_placement", "d-1", PlacementProgress, take)

    first = asyncio.create_task(approve(slowly=True))
    await begun.wait()
    second = asyncio.create_task(approve(slowly=False))
    done, _ = await asyncio.wait([second], timeout=0.3)
    assert not done
    may_end.set()
    assert await first == await second
    assert (await road.said()).count("approve") == 1
