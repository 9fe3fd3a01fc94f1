"""The figures of the benchmark tell what was measured."""

import asyncio

import pytest

from bench.measured import Times, at_pace, flat_out, one_by_one
from bench.report import Report


def test_a_percentile_is_a_time_that_was_measured() -> None:
    times = Times.of([number / 1000 for number in range(1, 201)])
    assert (times.count, times.p50_ms, times.p99_ms, times.worst_ms) == (200, 100, 198, 200)
    assert Times.of([0.005]).p99_ms == 5
    with pytest.raises(ValueError, match="nothing was measured"):
        Times.of([])


async def test_load_comes_at_its_own_pace_and_a_wait_counts_from_the_instant_at_which_it_was_due() -> None:
    door = asyncio.Lock()

    async def one(_number: int) -> None:
        async with door:
            await asyncio.sleep(0.05)

    taken = await at_pace(one, 1000, 4)
    assert taken[3] > taken[0]
    assert taken[3] >= 0.19


async def test_hands_work_side_by_side_for_as_long_as_they_are_told() -> None:
    async def one(_number: int) -> None:
        await asyncio.sleep(0.02)

    assert await flat_out(one, 4, 0.2) > await flat_out(one, 1, 0.2)
    assert len(await one_by_one(one, 3)) == 3


def test_an_aim_that_was_missed_is_told() -> None:
    report = Report("make bench")
    report.times("Intake", Times.of([0.2]), Times.of([0.01]), p99=100)
    report.times("Boot", Times.of([0.2]), Times.of([0.01]), p50=250)
    report.count("Actions", 81, "", at_most=80)
    report.rate("Placements", 12.0, 40.0, "a minute")
    assert report.missed == ["Intake (1 times)", "Actions"]
    text = report.text()
    assert (
        "| Intake (1 times) | p50 200, p99 200, worst 200 | p50 10, p99 10, worst 10 | p99 < 100 ms | **missed** |"
        in text
    )
    assert "| Placements | 12.0 a minute | 40.0 a minute |  |  |" in text
