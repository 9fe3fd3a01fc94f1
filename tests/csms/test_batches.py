"""Group commit by itself: what gathers is done together, what fails is told to whom it belongs."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from csms.batches import Batches


class Doing:
    """Doubles numbers; each batch can be held, and what is done to it changed."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()
        self.refuse: Callable[[list[int]], Exception | None] = lambda _: None

    async def __call__(self, items: list[int]) -> list[int]:
        self.batches.append(items)
        await self.go.wait()
        if error := self.refuse(items):
            raise error
        return [item * 2 for item in items]


async def begun(doing: Doing, count: int) -> None:
    async with asyncio.timeout(5):
        while len(doing.batches) < count:  # noqa: ASYNC110 - the batches do not tell
            await asyncio.sleep(0)


async def test_what_gathers_while_one_batch_is_under_way_is_the_next() -> None:
    doing = Doing()
    doing.go.clear()
    batches = Batches(doing, at_once=1)
    first = batches.put(1)
    await begun(doing, 1)
    others = [batches.put(number) for number in range(2, 7)]
    doing.go.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6, 8, 10, 12]
    assert doing.batches == [[1], [2, 3, 4, 5, 6]]


async def test_a_batch_is_bounded() -> None:
    doing = Doing()
    batches = Batches(doing, at_most=3, at_once=1)
    assert await asyncio.gather(*map(batches.put, range(8))) == [number * 2 for number in range(8)]
    assert [len(batch) for batch in doing.batches] == [3, 3, 2]


async def test_one_that_fails_takes_no_other_with_it() -> None:
    doing = Doing()
    doing.refuse = lambda items: psycopg.DataError("bad") if 5 in items else None
    batches = Batches(doing, at_once=1)
    results = await asyncio.gather(*map(batches.put, range(8)), return_exceptions=True)
    assert isinstance(results.pop(5), psycopg.DataError)
    assert results == [number * 2 for number in (0, 1, 2, 3, 4, 6, 7)]


async def test_while_the_database_is_away_all_are_told_so_at_once() -> None:
    doing = Doing()
    doing.refuse = lambda _: psycopg.OperationalError("away")
    batches = Batches(doing, at_once=1)
    results = await asyncio.gather(*map(batches.put, range(100)), return_exceptions=True)
    assert {type(result) for result in results} == {psycopg.OperationalError}
    assert len(doing.batches) == 1


async def test_a_deadlock_is_tried_again_in_halves() -> None:
    doing = Doing()
    doing.refuse = lambda items: psycopg.errors.DeadlockDetected("x") if len(items) == 8 else None
    batches = Batches(doing, at_once=1)
    assert await asyncio.gather(*map(batches.put, range(8))) == [number * 2 for number in range(8)]


async def test_who_has_given_up_is_not_served_any_more() -> None:
    doing = Doing()
    doing.go.clear()
    batches = Batches(doing, at_once=1)
    first = batches.put(1)
    await begun(doing, 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(batches.put(2), 0.01)
    third = batches.put(3)
    doing.go.set()
    assert [await first, await third] == [2, 6]
    assert doing.batches == [[1], [3]]


async def test_what_can_not_be_done_now_is_done_a_little_later() -> None:
    tries = 0

    async def do(items: list[int]) -> list[int]:
        nonlocal tries
        tries += 1
        return [-1 if item == 7 and tries < 4 else item * 2 for item in items]

    batches = Batches(do, later=lambda result: result == -1)
    assert await asyncio.gather(*map(batches.put, (7, 8))) == [14, 16]
    assert tries == 4
    await batches.close()


async def test_those_that_can_not_be_done_now_keep_nobody_else_waiting() -> None:
    away = {1, 2}

    async def do(items: list[int]) -> list[int]:
        if items == [3]:
            away.clear()
        return [-1 if item in away else item * 2 for item in items]

    batches = Batches(do, at_most=1, at_once=1, later=lambda result: result == -1)
    async with asyncio.timeout(5):
        assert await asyncio.gather(*map(batches.put, (1, 2, 3))) == [2, 4, 6]
