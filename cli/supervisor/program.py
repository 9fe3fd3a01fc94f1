"""What the supervisor needs to know of a program it runs, and one run of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cli.supervisor.identity import ProcessIdentity, kill_group
from cli.supervisor.logfiles import open_log

LAUNCHER = Path(__file__).with_name("launch.py")

BEHIND_ANSWERS = 10
"""The nice value of what carries facts on once they were answered: whoever waits for an answer comes first."""
BEHIND_WITHIN_S = 300.0
"""So long such a program may start: a busy machine gives it little time, which it would lose by beginning anew."""


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user of the machine."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Program:
    """One program as data.

    ``addresses`` names what it serves, its own name first. ``prepare`` runs before every start, in a thread. ``ready``
    is asked until it says True, which may include a last touch that needs the program running; None: the program runs
    to its end, and is ready when it ended well. It is started when all of ``after`` are ready.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]] | None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    addresses: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    folder: Path = Path("/")
    account: Account | None = None
    prepare: Callable[[], None] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    """Sent by the kernel when the supervisor is no more."""
    nice: int = 0
    """How far it stands back for the others while the machine is busy: 0 to 19, as the kernel takes it."""
    start_within_s: float = 60.0
    stop_within_s: float = 15.0


class Child:
    """One run of a program, as a child of this process.

    It must be made by a thread that lives as long as the child should: the kernel ends the child with it.
    """

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        account = program.account
        user = (str(account.uid), str(account.gid)) if account else ("-", "-")
        how = (str(os.getpid()), str(int(program.death_signal)), str(program.nice))
        launcher = (sys.executable, "-I", "-S", str(LAUNCHER), *how, *user)
        with open_log(log) as output:
            self._process = subprocess.Popen(  # noqa: S603 - the command is our own
                (*launcher, *program.command),
                cwd=program.folder,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.identity = ProcessIdentity.of(self._process.pid)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number where one ended it."""
        return self._process.poll()

    def ask_to_end(self) -> None:
        if self.exit_code() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, self.program.stop_signal)

    def kill(self) -> None:
        if self.exit_code() is None:
            kill_group(self.pid)
        self._process.wait()
