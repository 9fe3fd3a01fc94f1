"""A person's decision, from the click to its answer."""

from bench import empty
from bench.house import House
from bench.measured import Times, at_pace, one_by_one

PER_SECOND = 4.0


async def approvals(house: House, references: list[str]) -> Times:
    """Approved one after the other at a steady pace, as busy people do."""

    async def approve(number: int) -> None:
        await house.operations.post(f"/v1/placement-requests/{references[number]}/approve")

    return Times.of(await at_pace(approve, PER_SECOND, len(references)))


async def floor(house: House, count: int) -> Times:
    """An Update with one empty step, to a process that has nothing else to do."""
    handle = await house.temporal.start_workflow(empty.Waiting.run, id="bench-decisions", task_queue=empty.QUEUE)

    async def decide(_: int) -> None:
        await handle.execute_update(empty.Waiting.decide)

    taken = await one_by_one(decide, count)
    await handle.signal(empty.Waiting.end)
    return Times.of(taken)
