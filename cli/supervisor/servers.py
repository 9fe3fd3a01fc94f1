"""The embedded servers and our own programs for as long as a block of code runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.supervisor.deployment import Deployment
from cli.supervisor.house import programs_of
from cli.supervisor.records import Address, end_leftovers, held
from cli.supervisor.supervise import Supervisor


@dataclass(frozen=True, slots=True)
class RunningServers:
    """``deployment`` tells ports, secrets and the environment for further programs."""

    deployment: Deployment
    supervisor: Supervisor

    @property
    def addresses(self) -> dict[str, Address]:
        """By name; pids change when a program is started again."""
        return self.supervisor.addresses

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to work with these servers. Holds secrets."""
        return self.deployment.environment()


@asynccontextmanager
async def running_servers(
    folder: Path, only: Collection[str] | None = None, say: Callable[[str], None] = lambda _: None
) -> AsyncIterator[RunningServers]:
    """Starts all programs, or ``only`` those named, and ends them with the block. For the main thread's event loop.

    Raises AlreadyRunning, StartFailed, NotInstalled, and ValueError for bad ports or damaged secrets.
    """
    with held(folder):
        for name in await asyncio.to_thread(end_leftovers, folder):
            say(f"{name} was left running by an earlier start and has been ended.")
        deployment = Deployment.in_folder(folder)
        supervisor = Supervisor(folder, programs_of(deployment, only), say)
        try:
            await supervisor.start()
            yield RunningServers(deployment, supervisor)
        finally:
            await supervisor.stop()
