"""Whole placements: how many a minute, and what each costs of Temporal."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from sqlmodel import col, select

from bench import empty, histories, road
from bench.house import House
from models.tables.handover import Process

AT_ONCE = 10


@dataclass(frozen=True)
class Whole:
    """``placed`` are the processes that ended; ``per_placement`` are actions and ``events`` of one, on average."""

    placed: list[road.Placed]
    per_minute: float
    per_placement: dict[str, float]

    @property
    def actions(self) -> float:
        return sum(count for kind, count in self.per_placement.items() if kind != "events")

    @property
    def steps(self) -> int:
        """How many activities an empty workflow takes to be of the same size."""
        return round(self.per_placement.get("activities", 0) + self.per_placement.get("local activities", 0))


async def measure(house: House, count: int) -> Whole:
    """From request to operating, ten at once, each at the pace of those who act in it: at once."""
    units = await house.stock(count)
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> road.Placed:
        async with room:
            return await road.whole(house, number, units[number])

    began = time.perf_counter()
    placed = list(await asyncio.gather(*(one(number) for number in range(count))))
    per_minute = count / (time.perf_counter() - began) * 60
    ids = [workflow_id for each in placed for workflow_id in each.workflow_ids]
    return Whole(placed, per_minute, _average(await histories.counted(house.temporal, ids), count))


async def floor(house: House, steps: int, count: int) -> float:
    """Empty workflows of as many steps, a minute."""
    return await empty.per_minute(house.temporal, steps, count)


async def of_notices(house: House, count: int) -> float:
    """Actions per placement of the processes that bring notices: they serve all placements together."""
    async with house.database.transaction() as session:
        found = await session.execute(select(Process.workflow_id).where(col(Process.kind) == "delivery"))
        counted = await histories.counted(house.temporal, found.scalars().all())
    return (counted.total() - counted["events"]) / count


def _average(counted: Counter[str], count: int) -> dict[str, float]:
    return {kind: total / count for kind, total in sorted(counted.items())}
