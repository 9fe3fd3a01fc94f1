"""``stationmaster up`` as a person runs it: a process of its own, watched from outside."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from cli.supervisor.identity import ProcessIdentity
from cli.supervisor.ports import PREFIX, WANTED
from cli.supervisor.records import Address, read_addresses

_starts = itertools.count()


class House:
    """``stationmaster up`` on a folder, with programs of ``only``, on free ports."""

    def __init__(self, folder: Path, *only: str, ports: dict[str, int] | None = None) -> None:
        self.folder = folder
        self._options = [word for name in only for word in ("--only", name)]
        numbers = dict.fromkeys(WANTED, 0) | (ports or {})
        self._ports = {f"{PREFIX}{name.upper()}": str(port) for name, port in numbers.items()}
        self.start()

    def start(self) -> None:
        """Once more where it has ended: with the ports, the secrets and the data of the first time."""
        self.output = self.folder.with_name(f"{self.folder.name}.{next(_starts)}.out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - the command is our own
                (sys.executable, "-m", "cli", "up", *self._options),
                env=os.environ | self._ports | {"STATIONMASTER_VAR": str(self.folder)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_up(self, limit_s: float = 60) -> dict[str, Address]:
        until(lambda: "Ctrl-C ends everything" in self.said() or self.process.poll() is not None, limit_s)
        assert self.process.poll() is None, self.said()
        return self.addresses()

    def addresses(self) -> dict[str, Address]:
        return read_addresses(self.folder)

    def kill(self, name: str) -> ProcessIdentity:
        """SIGKILL for the program that runs under this name; gives who that was. Raises TimeoutError."""
        until(lambda: self._running(name) is not None, 60)
        victim = self._running(name)
        assert victim is not None
        victim.send(signal.SIGKILL)
        until(lambda: not victim.runs())
        return victim

    def wait_until_replaced(self, name: str, killed: ProcessIdentity, limit_s: float = 60) -> None:
        """Until another process runs under the name. Raises TimeoutError."""
        until(lambda: self._running(name) not in {None, killed}, limit_s)

    @contextlib.contextmanager
    def without(self, name: str) -> Iterator[None]:
        """The program is killed and stays away during the block: the supervisor, which would start it, is held."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            killed = self.kill(name)
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)
        self.wait_until_replaced(name, killed)

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

    def _running(self, name: str) -> ProcessIdentity | None:
        address = self.addresses().get(name)
        return address.process if address is not None and address.process.runs() else None


def until(holds: Callable[[], object], limit_s: float = 20) -> None:
    """Waits for a condition. Raises TimeoutError."""
    deadline = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {limit_s} s: {holds}")
        time.sleep(0.02)
