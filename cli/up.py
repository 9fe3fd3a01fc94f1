"""``stationmaster up``: the whole house until Ctrl-C."""

import asyncio
import sys
from collections.abc import Collection
from pathlib import Path

from rich.console import Console

from cli.foreground import in_foreground
from cli.supervisor.installation import NotInstalled
from cli.supervisor.records import AlreadyRunning
from cli.supervisor.servers import running_servers
from cli.supervisor.supervise import StartFailed
from cli.table import addresses_table

_WIDTH_OF_A_FILE = 140


def run_up(folder: Path, only: Collection[str] | None = None) -> int:
    """Runs all programs, or those named, until SIGINT, SIGTERM or SIGHUP; gives the exit code."""
    if sys.platform != "linux":
        print("The embedded servers need Linux (/proc and parent-death signals).", file=sys.stderr)
        return 1
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    try:
        asyncio.run(_up(folder, only, console))
    except (AlreadyRunning, NotInstalled, StartFailed, ValueError, OSError) as error:
        print(f"Stationmaster did not start: {error}", file=sys.stderr)
        return 1
    return 0


async def _up(folder: Path, only: Collection[str] | None, console: Console) -> None:
    console.print(f"Starting, with data in {folder} ...", markup=False, soft_wrap=True)
    await in_foreground(_run(folder, only, console), console.print)
    console.print("Ended.")


async def _run(folder: Path, only: Collection[str] | None, console: Console) -> None:
    """Until it is cancelled, which ends all programs in good order."""

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    async with running_servers(folder, only, say) as servers:
        console.print(addresses_table(servers.deployment, servers.addresses))
        say(f"Secrets: {folder / 'secrets.json'}. Logs: {folder / 'log'}. Ctrl-C ends everything.")
        await asyncio.get_running_loop().create_future()
