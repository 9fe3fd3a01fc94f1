"""``stationmaster up`` as a person runs it: a process of its own, watched from outside."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from cli.supervisor.ports import PREFIX, WANTED
from cli.supervisor.records import Address, read_addresses

_starts = itertools.count()


class House:
    """``stationmaster up`` on a folder, with programs of ``only``, on free ports."""

    def __init__(self, folder: Path, *only: str, ports: dict[str, int] | None = None) -> None:
        self.folder = folder
        self.output = folder.with_name(f"{folder.name}.{next(_starts)}.out")
        options = [word for name in only for word in ("--only", name)]
        numbers = dict.fromkeys(WANTED, 0) | (ports or {})
        environment = os.environ | {f"{PREFIX}{name.upper()}": str(port) for name, port in numbers.items()}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - the command is our own
                (sys.executable, "-m", "cli", "up", *options),
                env=environment | {"STATIONMASTER_VAR": str(folder)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_up(self, limit_s: float = 60) -> dict[str, Address]:
        until(lambda: "Ctrl-C ends everything" in self.said() or self.process.poll() is not None, limit_s)
        assert self.process.poll() is None, self.said()
        return read_addresses(self.folder)

    def end(self, number: signal.Signals = signal.SIGINT, limit_s: float = 60) -> int:
        self.process.send_signal(number)
        return self.process.wait(limit_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def until(holds: Callable[[], object], limit_s: float = 20) -> None:
    """Waits for a condition. Raises TimeoutError."""
    deadline = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {limit_s} s: {holds}")
        time.sleep(0.02)
