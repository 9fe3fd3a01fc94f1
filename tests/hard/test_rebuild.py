"""Temporal's store is lost, or the database is a day old: ``stationmaster rebuild`` brings everything back (rule 4)."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.demo import caller
from tests.cli.house import House, until
from tests.cli.test_up import database_url
from tests.hard.city import City, peopled
from tests.hard.journey import Journey
from tests.hard.test_bad_days import assert_done_once
from tests.yesterday import Yesterday

pytestmark = [
    pytest.mark.hard,
    pytest.mark.house,
    pytest.mark.timeout(600),
    pytest.mark.step("H1", "H4", "P22"),
]

STEPS = ("ask", "connect_to_the_grid", "prepare", "test", "charge", "accept", "go_live")
WALK_LIMIT_S = 240
AGREE_LIMIT_S = 60


async def walk(journey: Journey, *steps: str) -> None:
    for step in steps:
        await getattr(journey, step)()


async def rebuild(house: House, *words: str) -> tuple[int, dict[str, Any]]:
    """As an engineer runs it on the machine of the house."""
    surroundings = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "rebuild", "--json", *words),
        env=surroundings | {"STATIONMASTER_VAR": str(house.folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, told = await process.communicate()
    assert process.returncode is not None
    assert out, told.decode()
    said: dict[str, Any] = json.loads(out)
    return process.returncode, said


async def assert_agreeing(house: House) -> None:
    """What is on its way arrives, and then there is no difference."""
    async with asyncio.timeout(AGREE_LIMIT_S):
        while (seen := await rebuild(house, "--check"))[0] != 0:
            assert seen[1]["differences"]


def lose_temporal(house: House) -> None:
    with house.without("temporal"):
        for file in (house.folder / "temporal").glob("temporal.db*"):
            file.unlink()
    until(lambda: _works(house), 60)


def _works(house: House) -> bool:
    """The worker is there, and has found Temporal again."""
    worker = house.addresses().get("worker")
    if worker is None or not worker.process.runs():
        return False
    try:
        return httpx.get(f"{worker.url}/readyz", trust_env=False, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.step("P5", "P18", "P19")
async def test_placements_at_every_stage_go_on_to_their_ends_after_temporal_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller, "BUSY_LIMIT_S", 120.0)
    with House(tmp_path / "var") as house:
        await asyncio.to_thread(house.wait_until_up, 120)
        async with peopled(house) as city:
            await city.policy(mode="automatic", delay_s=0.5)
            journeys = [Journey(city, number, unit) for number, unit in enumerate(await city.stock(len(STEPS) - 1), 1)]
            walked = {journey: STEPS[: journey.number] for journey in journeys}
            await _together(*(walk(journey, *steps) for journey, steps in walked.items()))
            await asyncio.to_thread(lose_temporal, house)
            code, said = await rebuild(house, "--check")
            assert (code, {each["difference"] for each in said["differences"]}) == (1, {"no_workflow"})
            code, said = await rebuild(house)
            assert (code, said["left"]) == (0, [])
            assert len(said["done"]) > len(journeys)
            await _together(*(walk(journey, *STEPS[len(steps) :]) for journey, steps in walked.items()))
            for journey in journeys:
                await assert_done_once(city, journey)
            await assert_agreeing(house)


async def test_a_database_of_yesterday_and_a_temporal_of_today_are_brought_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller, "BUSY_LIMIT_S", 120.0)
    with House(tmp_path / "var") as house:
        addresses = await asyncio.to_thread(house.wait_until_up, 120)
        async with peopled(house) as city:
            await city.policy(mode="automatic", delay_s=0.5)
            units = await city.stock(3)
            kept, lost, new = (Journey(city, number, unit) for number, unit in enumerate(units, 1))
            await walk(kept, *STEPS[:4])
            await assert_agreeing(house)
            yesterday = Yesterday(database_url(house.folder, addresses))
            await _together(walk(kept, *STEPS[4:]), walk(lost, *STEPS[:2]))
            await asyncio.to_thread(yesterday.restore)
            code, said = await rebuild(house)
            assert (code, said["left"]) == (0, [])
            why = {each["workflow_id"]: each["difference"] for each in said["done"]}
            # Its workflow has ended on the lost day, or was about to.
            assert why[f"placement-{kept.reference}"] in {"no_workflow", "ahead"}
            assert why[f"placement-{lost.reference}"] == "unknown"
            assert said["numbers_passed"] >= 1
            await _together(walk(kept, *STEPS[4:]), walk(new, *STEPS))
            assert new.reference != lost.reference
            for journey in (kept, new):
                await assert_done_once(city, journey)
            await _assert_unknown(city, lost)
            await assert_agreeing(house)


async def _together(*walks: Any) -> None:
    async with asyncio.timeout(WALK_LIMIT_S):
        await asyncio.gather(*walks)


async def _assert_unknown(city: City, journey: Journey) -> None:
    wishes = {each["requester_reference"] for each in await city.all_of("/v1/placement-requests")}
    assert city.wish(journey.number)["requester_reference"] not in wishes
