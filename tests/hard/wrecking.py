"""Kills the programs of a house one after the other, at random moments, and keeps note of when each was away."""

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.cli.house import House

VICTIMS = ("worker", "api", "csms", "temporal", "postgres", "supervisor")
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 7.0


@dataclass(frozen=True)
class Outage:
    """From the kill until another process ran in the program's place."""

    name: str
    began: datetime
    ended: datetime


class Wrecker:
    def __init__(self, house: House, seed: int) -> None:
        self.outages: list[Outage] = []
        self._house = house
        self._chance = random.Random(seed)

    async def rounds(self, count: int) -> None:
        """In each round every program once, in an order and at moments that the seed decides."""
        for _ in range(count):
            for name in self._chance.sample(VICTIMS, len(VICTIMS)):
                await asyncio.sleep(self._chance.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))
                began = datetime.now(UTC)
                await _to_its_end(asyncio.to_thread(self._wreck, name))
                self.outages.append(Outage(name, began, datetime.now(UTC)))

    def _wreck(self, name: str) -> None:
        if name != "supervisor":
            self._house.wait_until_replaced(name, self._house.kill(name))
            return
        self._house.process.kill()
        self._house.process.wait()
        self._house.start()
        self._house.wait_until_up(limit_s=120)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Also where the test has failed meanwhile: what starts here in a thread must not outlive it."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    finally:
        await asyncio.wait({task})


def between(outages: Sequence[Outage], first: datetime, last: datetime) -> list[Outage]:
    """Those of which some part lies between the two moments."""
    return [outage for outage in outages if outage.began <= last and outage.ended >= first]
