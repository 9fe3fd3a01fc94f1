"""``stationmaster demo``: starts the house, plays the road, restarts everything, has the outcome checked."""

import asyncio
import secrets
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from cli.demo import report
from cli.demo.caller import logged_in
from cli.demo.checker import Checker, sources_of
from cli.demo.player import play
from cli.demo.progress import Progress
from cli.demo.report import Outcome
from cli.demo.story import Addresses, Login, Story
from cli.demo.waiting import DemoFailed
from cli.foreground import in_foreground
from cli.supervisor.credentials import ADMINISTRATOR_EMAIL
from cli.supervisor.deployment import Deployment
from cli.supervisor.installation import NotInstalled
from cli.supervisor.records import AlreadyRunning
from cli.supervisor.servers import RunningServers, running_servers
from cli.supervisor.supervise import StartFailed
from cli.table import addresses_table

_WIDTH_OF_A_FILE = 100


def run_demo(folder: Path, *, leave: bool) -> int:
    """The exit code: 0 where every check has passed. With ``leave`` everything ends with the checks, else at Ctrl-C."""
    if sys.platform != "linux":
        print("The embedded servers need Linux (/proc and parent-death signals).", file=sys.stderr)
        return 1
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    demo = _Demo(folder, console)
    try:
        asyncio.run(in_foreground(demo.run(leave=leave), console.print))
    except (AlreadyRunning, NotInstalled, StartFailed, DemoFailed, ValueError, OSError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    return 0 if demo.outcome.passed else 1


class _Demo:
    def __init__(self, folder: Path, console: Console) -> None:
        self.outcome = Outcome(folder / "demo")
        self._folder = folder
        self._console = console
        self._progress = Progress(console)
        self._story = Story(secrets.token_hex(3).upper(), secrets.token_urlsafe(12))

    async def run(self, *, leave: bool) -> None:
        """Raises what the supervisor raises, and DemoFailed; all but AlreadyRunning stand in the report too."""
        self._console.print(
            "Everything starts on this machine; then a city's request becomes stations where drivers charge."
        )
        try:
            await self._play()
            async with AsyncExitStack() as house:
                servers = await self._start(house, "The whole house starts again, with the same data")
                await self._check(addresses_of(servers.deployment))
                if not leave:
                    await self._stay(servers)
        except (StartFailed, NotInstalled, DemoFailed) as error:
            self._give_up(str(error))
            raise
        except asyncio.CancelledError:
            if not self.outcome.checks:
                self._give_up("It was ended before the outcome was checked.")
            raise

    def _give_up(self, why: str) -> None:
        self.outcome.error = why
        report.write(self.outcome, self._story, self._progress)

    async def _play(self) -> None:
        self._progress.chapter("The house")
        async with AsyncExitStack() as house:
            servers = await self._start(house, "PostgreSQL, Temporal, our processes and the stand-ins start")
            root = Login("the first administrator", "Operator", ADMINISTRATOR_EMAIL)
            password = servers.deployment.credentials.administrator_password
            addresses = addresses_of(servers.deployment)
            await play(self._story, addresses, root, password, self.outcome.folder, self._progress)
            self._progress.chapter("Restart")
            with self._progress.step("Every process ends in good order"):
                await house.aclose()

    async def _start(self, house: AsyncExitStack, title: str) -> RunningServers:
        with self._progress.step(title) as step:
            servers = await house.enter_async_context(running_servers(self._folder, say=self._say))
            step.note(f"data in {self._folder}")
        return servers

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    async def _check(self, addresses: Addresses) -> None:
        self._progress.chapter("Checked from outside")
        async with AsyncExitStack() as stack:
            sources = await sources_of(self._story, addresses, stack)
            checker = Checker(self._story, sources, self.outcome.sat_report(self._story), self._folder)
            self.outcome.checks = await checker.run(self._progress)
            self.outcome.final_states = checker.final_states
        report.write(self.outcome, self._story, self._progress)
        report.show(self._console, self._story, addresses, self.outcome)
        self._say_outcome()

    def _say_outcome(self) -> None:
        failed = [check.name for check in self.outcome.checks if not check.passed]
        said = "[red]Failed:[/red] " + "; ".join(failed) if failed else "[green]Every check has passed.[/green]"
        self._console.print(f"\n{said} Report: {self.outcome.report}", soft_wrap=True)

    async def _stay(self, servers: RunningServers) -> None:
        """Until it is cancelled."""
        self._console.print()
        self._console.print(addresses_table(servers.deployment, servers.addresses))
        report.show_logins(self._console, self._story)
        await self._show_a_call(servers.deployment.http("api"))
        self._console.print("Everything runs on; Ctrl-C ends it.")
        await asyncio.get_running_loop().create_future()

    async def _show_a_call(self, api: str) -> None:
        login = self._story.logins["checker"]
        async with await logged_in(login.name, api, login.email, self._story.password) as caller:
            token = caller.http.headers["Authorization"]
        self._say("\nTo look around in the API, with a session of Chris:")
        self._say(f"curl -H 'Authorization: {token}' {api}/v1/placement-requests/{self._story.placement}\n")


def addresses_of(deployment: Deployment) -> Addresses:
    names = ("api", "temporal_ui", "grid_operator", "mailbox", "partner", "sms_provider")
    named = {name: deployment.http(name) for name in names}
    return Addresses(csms=deployment.public_csms_url, stations=deployment.http("stations"), **named)
