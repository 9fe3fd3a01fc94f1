"""Which programs run under a folder: for readers beside the supervisor, and for the next supervisor."""

import fcntl
import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.supervisor.files import write_whole
from cli.supervisor.identity import ProcessIdentity

ADDRESSES_FILE = "addresses.json"
_LEFTOVER_LIMIT_S = 10.0


class AlreadyRunning(RuntimeError):  # noqa: N818 - named as the fact
    """Another supervisor holds the folder."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is served, and by which process; ``url`` is empty for a program that serves nothing."""

    url: str
    process: ProcessIdentity


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds the folder for this process alone: let go by the kernel, however the process ends.

    Raises AlreadyRunning.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "supervisor.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise AlreadyRunning(
                f"Stationmaster already runs on {folder} (process {holder}): end that one first, "
                "or set STATIONMASTER_VAR to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def write_addresses(folder: Path, addresses: Mapping[str, Address]) -> None:
    """Writes ``addresses.json``: ``{name: {url, pid, started}}``, without secrets."""
    rows = {
        name: {"url": address.url, "pid": address.process.pid, "started": address.process.started}
        for name, address in addresses.items()
    }
    write_whole(folder / ADDRESSES_FILE, json.dumps(rows, indent=2))


def read_addresses(folder: Path) -> dict[str, Address]:
    """What runs under the folder, or ran when its supervisor was killed; empty after a clean end."""
    try:
        rows: dict[str, dict[str, Any]] = json.loads((folder / ADDRESSES_FILE).read_text())
        return {
            name: Address(row["url"], ProcessIdentity(int(row["pid"]), int(row["started"])))
            for name, row in rows.items()
        }
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def end_leftovers(folder: Path) -> list[str]:
    """Ends what a killed supervisor left behind, gives their names, and forgets them.

    Only for the holder of the folder. A number that another process has by now is left alone.
    """
    leftovers = {name: a.process for name, a in read_addresses(folder).items() if a.process.runs()}
    for process in leftovers.values():
        process.send(signal.SIGINT)
    for process in leftovers.values():
        process.end(signal.SIGINT, _LEFTOVER_LIMIT_S)
    forget_addresses(folder)
    return list(leftovers)


def forget_addresses(folder: Path) -> None:
    (folder / ADDRESSES_FILE).unlink(missing_ok=True)
