"""Every program of the house is killed, again and again, while twenty placements are under way."""

import asyncio
import os
import random
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cli.demo import caller, notices
from cli.demo.story import Subscriber
from cli.demo.waiting import DemoFailed, until
from tests.cli.house import House
from tests.hard.city import City, peopled
from tests.hard.journey import Journey
from tests.hard.wrecking import VICTIMS, Outage, Wrecker, between

pytestmark = [pytest.mark.hard, pytest.mark.house, pytest.mark.timeout(1100)]

PLACEMENTS = 20
REPLACED_EVERY = 5
ROUNDS = 3
WALK_LIMIT_S = 720
NOTICES_LIMIT_S = 120
ONCE = (
    "placement requested",
    "approve",
    "work order made",
    "plan",
    "link hardware",
    "sat submitted",
    "sat approved",
    "SAT report filed",
    "activated",
)
"""What the timeline of each placement has to tell, and no more than once."""
SEED = "STATIONMASTER_HARD_SEED"
"""In the environment: the seed of a run that is to be repeated."""


@pytest.mark.step("H1", "H4", "P1", "P5", "P6", "P7", "P8", "P13", "P14", "P15", "P18", "P19", "N")
async def test_twenty_placements_come_to_operate_with_nothing_done_twice_though_everything_is_killed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Worker, API, CSMS, Temporal, PostgreSQL and supervisor, by SIGKILL; every fifth placement has two locations."""
    monkeypatch.setattr(caller, "BUSY_LIMIT_S", 300.0)
    monkeypatch.setenv("STATIONMASTER_TEST_CHARGE_TIME_LIMIT_S", "45")
    seed = int(os.environ.get(SEED, "") or random.randrange(1_000_000))
    sys.stdout.write(f"{SEED}={seed}\n")
    with House(tmp_path / "var") as house:
        await asyncio.to_thread(house.wait_until_up, 120)
        async with peopled(house) as city:
            wrecker = Wrecker(house, seed)
            journeys = await walked(city, wrecker)
            last = max(journey.arrived_at for journey in journeys if journey.arrived_at)
            assert {outage.name for outage in wrecker.outages if outage.ended < last} == set(VICTIMS)
            for journey in journeys:
                await assert_done_once(city, journey)
            await assert_one_of_each(city, journeys)
            for subscriber in (city.story.city, city.story.installer):
                await assert_told_once(city, subscriber, wrecker.outages)


async def walked(city: City, wrecker: Wrecker) -> list[Journey]:
    """All at once, and the wrecking meanwhile."""
    await city.policy(mode="automatic", delay_s=1.5, reject_when_street_contains="Smalle")
    units = await city.stock(PLACEMENTS)
    journeys = [
        Journey(city, number, unit, replaced=number % REPLACED_EVERY == 0) for number, unit in enumerate(units, 1)
    ]
    try:
        async with asyncio.timeout(WALK_LIMIT_S), asyncio.TaskGroup() as group:
            group.create_task(wrecker.rounds(ROUNDS))
            for journey in journeys:
                group.create_task(journey.walk())
    except TimeoutError:
        left = [str(journey) for journey in journeys if journey.stands != "operating"]
        raise DemoFailed(f"not all arrived within {WALK_LIMIT_S} s: {left}") from None
    return journeys


async def assert_done_once(city: City, journey: Journey) -> None:
    """One grid request per location, one work order, one station on its line, one report, each step once."""
    attempts = (await city.checker.get(f"{journey.path}/attempts"))["items"]
    assert len(attempts) == (2 if journey.replaced else 1)
    for attempt in attempts:
        asked = await city.grid_operator.get(
            "/control/counts", reference=f"{journey.reference}/{attempt['number']}", limit=10
        )
        assert [each["connection_request_id"] for each in asked] == [attempt["connection_request_id"]]
    documents = (await city.checker.get(f"{journey.path}/documents"))["items"]
    assert [each["kind"] for each in documents].count("sat_report") == 1
    order = await city.checker.get(journey.order_path)
    assert (order["stage"], order["placement_request"]) == ("closed", journey.reference)
    assert [line["station"]["name"] for line in order["lines"]] == [journey.station]
    events = (await city.checker.get(f"{journey.path}/timeline"))["items"]
    steps = Counter(each["what"] for each in events if each["kind"] == "event" and not each["refused"])
    assert {step: steps[step] for step in ONCE} == dict.fromkeys(ONCE, 1)
    assert steps["grid connection requested"] == len(attempts)


async def assert_one_of_each(city: City, journeys: list[Journey]) -> None:
    """Nothing was made that belongs to none of the journeys, or twice to one."""
    requests = Counter(each["requester_reference"] for each in await city.all_of("/v1/placement-requests"))
    assert requests == Counter(city.wish(journey.number)["requester_reference"] for journey in journeys)
    orders = Counter(each["placement_request"] for each in await city.all_of("/v1/work-orders"))
    assert orders == Counter(journey.reference for journey in journeys)
    stations = Counter(each["name"] for each in await city.all_of("/v1/stations"))
    assert stations == Counter(journey.station for journey in journeys)


async def assert_told_once(city: City, subscriber: Subscriber, outages: list[Outage]) -> None:
    """Every notice has arrived; one that came again came under its own id, and around a crash."""
    seen = {
        "webhook": [(each["webhook_id"], each) for each in await _calls(city, subscriber)],
        "mail": [(each["message_id"], each) for each in await _mails(city, subscriber)],
    }
    for channel, endpoint_id in subscriber.endpoint_ids.items():
        log = await city.all_of(f"/v1/endpoints/{endpoint_id}/notices")
        told = Counter((each["event"], str(each["data"])) for each in log)
        assert {key: count for key, count in told.items() if count > 1} == {}
        arrived: dict[str, list[datetime]] = {}
        for name, each in seen[channel]:
            arrived.setdefault(name, []).append(datetime.fromisoformat(each["received_at"]))
        assert len(arrived) == len(log)
        again = {name: times for name, times in arrived.items() if len(times) > 1}
        without_crash = {name: times for name, times in again.items() if not between(outages, min(times), max(times))}
        assert without_crash == {}


async def _calls(city: City, subscriber: Subscriber) -> list[dict[str, Any]]:
    """Of the webhook, once its log says that all have arrived."""
    await _all_delivered(city, subscriber.endpoint_ids["webhook"])
    calls = await notices.webhooks(city.partner, subscriber)
    assert [each for each in calls if not each["verified"]] == []
    return calls


async def _mails(city: City, subscriber: Subscriber) -> list[dict[str, Any]]:
    await _all_delivered(city, subscriber.endpoint_ids["mail"])
    mails: list[dict[str, Any]] = await city.mailbox.get("/messages", to=subscriber.mail, limit=1000)
    return mails


async def _all_delivered(city: City, endpoint_id: str) -> None:
    async def delivered() -> bool:
        log = await city.all_of(f"/v1/endpoints/{endpoint_id}/notices")
        return {each["state"] for each in log} == {"delivered"}

    await until(f"all notices to endpoint {endpoint_id} delivered", delivered, NOTICES_LIMIT_S)
