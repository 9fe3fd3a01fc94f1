"""Which process a recorded pid meant: numbers are given out again, numbers with a start time are not."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_STATE, _STARTED = 0, 19
"""Places in ``/proc/<pid>/stat`` behind the program's name: proc_pid_stat(5), fields 3 and 22."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """``started`` counts clock ticks from the machine's boot."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity | None":
        """None where no such process runs; one that has ended and was not yet waited for runs no more."""
        fields = _stat(pid)
        if fields is None or fields[_STATE] in {"Z", "X"}:
            return None
        return cls(pid, int(fields[_STARTED]))

    def runs(self) -> bool:
        return ProcessIdentity.of(self.pid) == self

    def send(self, number: signal.Signals) -> None:
        if self.runs():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def gone_within(self, limit_s: float) -> bool:
        """Waits until it runs no more; False where it still does after ``limit_s``."""
        deadline = time.monotonic() + limit_s
        while self.runs():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True

    def end(self, number: signal.Signals, limit_s: float) -> None:
        """Asks it to end by a signal, and kills it with its process group where it has not within ``limit_s``."""
        self.send(number)
        if not self.gone_within(limit_s) and self.runs():
            kill_group(self.pid)
            self.gone_within(limit_s)


def kill_group(pid: int) -> None:
    """Kills a program that leads its own process group, with what it started there."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in brackets and may hold spaces and brackets itself.
    return text.rpartition(")")[2].split()
