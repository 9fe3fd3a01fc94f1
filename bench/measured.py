"""Times as they are told: percentiles, and load that comes at its own pace."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cli.processes import leave_what_is_loaded_alone


@dataclass(frozen=True)
class Times:
    """What the same thing took, in ms."""

    count: int
    p50_ms: float
    p99_ms: float
    worst_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        """Raises ValueError where nothing was measured."""
        if not seconds:
            raise ValueError("nothing was measured")
        ordered = sorted(seconds)
        return cls(len(ordered), _nearest(ordered, 0.50), _nearest(ordered, 0.99), ordered[-1] * 1000)


def _nearest(ordered: Sequence[float], share: float) -> float:
    """The nearest rank, in ms: a time that was really measured."""
    return ordered[math.ceil(share * len(ordered)) - 1] * 1000


async def at_pace(one: Callable[[int], Awaitable[None]], per_second: float, count: int) -> list[float]:
    """Does ``one`` at fixed instants, however long the ones before take; seconds from each instant to its end.

    Whoever waits for the last answer before the next call measures the server's best moments only. Nor is the load's
    own garbage looked for meanwhile: what was done before leaves so much that it would pause for 160 ms.
    """
    leave_what_is_loaded_alone()
    began = time.perf_counter()

    async def timed(number: int) -> float:
        due = began + number / per_second
        await asyncio.sleep(due - time.perf_counter())
        await one(number)
        return time.perf_counter() - due

    return list(await asyncio.gather(*(timed(number) for number in range(count))))


async def flat_out(one: Callable[[int], Awaitable[None]], hands: int, seconds: float) -> float:
    """How many a second, where each of the hands begins the next as soon as it has done one."""
    numbers = iter(range(10**9))
    began = time.perf_counter()

    async def work() -> int:
        done = 0
        while time.perf_counter() - began < seconds:
            await one(next(numbers))
            done += 1
        return done

    done = sum(await asyncio.gather(*(work() for _ in range(hands))))
    return done / (time.perf_counter() - began)


async def one_by_one(one: Callable[[int], Awaitable[None]], count: int) -> list[float]:
    """Seconds that each took, with nothing else going on."""
    taken = []
    for number in range(count):
        began = time.perf_counter()
        await one(number)
        taken.append(time.perf_counter() - began)
    return taken
