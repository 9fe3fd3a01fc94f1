"""One timer ends whatever takes too long, and nothing else."""

import asyncio

import pytest

from csms.guard import Guard

SOON_S = 0.05
PLACES = 5


async def done(value: int) -> int:
    await asyncio.sleep(0)
    return value


async def never() -> None:
    await asyncio.Event().wait()


@pytest.mark.step("O21")
async def test_what_takes_too_long_is_ended_and_the_rest_goes_on() -> None:
    guard = Guard(SOON_S, PLACES)
    go = asyncio.Event()
    late = asyncio.create_task(guard.run(never))
    assert await asyncio.gather(*(guard.run(done, number) for number in range(3))) == [0, 1, 2]
    with pytest.raises(TimeoutError):
        await late
    waits = asyncio.create_task(guard.run(go.wait))
    asyncio.get_running_loop().call_later(SOON_S / 2, go.set)
    assert await waits


async def test_each_has_its_whole_time_from_its_own_beginning() -> None:
    guard, loop = Guard(SOON_S, PLACES), asyncio.get_running_loop()
    first = asyncio.create_task(guard.run(never))
    await asyncio.sleep(SOON_S / 2)
    begun_s = loop.time()
    with pytest.raises(TimeoutError):
        await guard.run(never)
    assert loop.time() - begun_s >= SOON_S * 0.99
    assert isinstance(first.exception(), TimeoutError)
    assert await guard.run(done, 7) == 7


async def test_who_is_cancelled_by_somebody_else_is_cancelled() -> None:
    task = asyncio.create_task(Guard(SOON_S, PLACES).run(never))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_place_is_taken_in_turn_and_whoever_gave_up_meanwhile_keeps_it_from_nobody() -> None:
    guard, go, order = Guard(SOON_S * 100, 1), asyncio.Event(), []

    async def note(number: int) -> None:
        await go.wait()
        order.append(number)

    first, second, third = (asyncio.create_task(guard.run(note, number)) for number in range(3))
    await asyncio.sleep(0)
    second.cancel()
    go.set()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert order == [0, 2]
    assert second.cancelled()
    assert await guard.run(done, 7) == 7
