"""The main road while processes are killed with SIGKILL at random moments: it is finished, with nothing done twice."""

import asyncio
import contextlib
import os
import random
import secrets
import signal
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from rich.console import Console

from cli.demo import notices
from cli.demo.caller import Caller
from cli.demo.checker import Check, Checker, sources_of
from cli.demo.player import play
from cli.demo.progress import Progress
from cli.demo.report import Outcome
from cli.demo.run import addresses_of
from cli.demo.story import Login, Story, Subscriber
from cli.supervisor.credentials import ADMINISTRATOR_EMAIL
from cli.supervisor.ports import PREFIX, WANTED
from cli.supervisor.servers import RunningServers, running_servers

pytestmark = [pytest.mark.hard, pytest.mark.house, pytest.mark.timeout(600)]

SEED = 20261121
LONGEST_LIFE_S = 6.0
ONCE_BUT_FOR_CRASHES = "No notice has come more than once"
"""A crash between the sending of a notice and the note of it sends it again at once, under the same id."""
IN_TIME_BUT_FOR_CRASHES = "Who pays ahead got no more than was paid for"
"""A station thirty times faster than in life charges on while the session's process or its node is away: three minutes
of lead are six seconds. What it costs then is a debt, which another check sees to."""
CRASHES_SHOW_IN: dict[str, set[str]] = {
    "worker": {ONCE_BUT_FOR_CRASHES, IN_TIME_BUT_FOR_CRASHES},
    "csms": {IN_TIME_BUT_FOR_CRASHES},
    "api": set(),
}
"""By the process that is killed."""


async def kill_now_and_then(servers: RunningServers, name: str, killed: list[int]) -> None:
    """Ends the program with SIGKILL again and again; the supervisor starts it again. Only processes of our own."""
    chance = random.Random(SEED)
    while True:
        await asyncio.sleep(chance.uniform(0.5, LONGEST_LIFE_S))
        pid = servers.addresses[name].process.pid
        if pid not in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)


async def played_while_killed(folder: Path, name: str) -> tuple[list[Check], list[Counter[str]], int]:
    """The checker's verdicts, the webhooks of city and installer by event over distinct ids, and the kills."""
    story, outcome = Story(secrets.token_hex(3).upper(), secrets.token_urlsafe(12)), Outcome(folder / "demo")
    progress = Progress(Console(quiet=True))
    killed: list[int] = []
    async with running_servers(folder) as servers:
        addresses = addresses_of(servers.deployment)
        root = Login("the first administrator", "Operator", ADMINISTRATOR_EMAIL)
        killer = asyncio.create_task(kill_now_and_then(servers, name, killed))
        try:
            password = servers.deployment.credentials.administrator_password
            await play(story, addresses, root, password, outcome.folder, progress)
        finally:
            killer.cancel()
        async with AsyncExitStack() as stack:
            sources = await sources_of(story, addresses, stack)
            checks = await Checker(story, sources, outcome.sat_report(story), folder).run(progress)
            told = [await distinct(sources.partner, each) for each in (story.city, story.installer)]
    return checks, told, len(killed)


async def distinct(partner: Caller, subscriber: Subscriber) -> Counter[str]:
    calls = await notices.webhooks(partner, subscriber)
    return Counter(event for event, _ in {(call["body"]["type"], call["webhook_id"]) for call in calls})


@pytest.mark.step("H1", "H4", "P5", "P8", "P15", "P18", "P19")
@pytest.mark.parametrize("name", CRASHES_SHOW_IN)
async def test_the_road_is_finished_with_nothing_done_twice_though_a_process_is_killed_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for each in WANTED:
        monkeypatch.setenv(f"{PREFIX}{each.upper()}", "0")
    checks, told, times = await played_while_killed(tmp_path / "var", name)
    assert times >= 2
    assert [check for check in checks if not check.passed and check.name not in CRASHES_SHOW_IN[name]] == []
    city, installer = told
    assert city["placement.operating"] == 1
    assert installer["work_order.closed"] == 1
