"""Starts programs in order, keeps them running, and ends them in reverse order."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from cli.supervisor.logfiles import keep_within_bounds, last_lines
from cli.supervisor.program import Child, Program
from cli.supervisor.records import Address, forget_addresses, write_addresses

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
STEADY_AFTER_S = 60.0
"""A program that ran for so long is started again at once when it ends."""
FIRST_START_TRIES = 3

_LOOK_EVERY_S = 0.05
_LOGS_EVERY_S = 30.0


class StartFailed(RuntimeError):  # noqa: N818 - named as the fact
    """A program did not become ready; the message holds the end of its log."""


class _Watched:
    """A program, its present run, and whether it has been ready."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.child: Child | None = None
        self.first_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Supervisor:
    """Runs ``programs`` with their logs and addresses under ``folder``.

    It is made and used in the main thread's event loop: its children end with that thread.
    """

    def __init__(self, folder: Path, programs: Sequence[Program], say: Callable[[str], None] = lambda _: None) -> None:
        self.folder = folder.absolute()
        self._layers = _in_layers(programs)
        self._say = say
        self._watched = {program.name: _Watched(program) for program in programs}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns when every program is ready. Raises StartFailed; what runs by then runs until ``stop``."""
        keepers = [asyncio.create_task(self._keep(w), name=w.program.name) for w in self._watched.values()]
        self._tasks = [*keepers, asyncio.create_task(self._bound_logs())]
        await asyncio.gather(*(watched.first_ready for watched in self._watched.values()))
        self._record()

    async def stop(self) -> None:
        """Ends all programs, each before those it was started after, and those that take too long by force."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for watched in self._watched.values():
            if not watched.first_ready.cancel() and not watched.first_ready.cancelled():
                watched.first_ready.exception()  # seen: `start` told of the first one only
        for names in reversed(self._layers):
            await asyncio.gather(*(self._end(self._watched[name]) for name in names))
        forget_addresses(self.folder)

    @property
    def addresses(self) -> dict[str, Address]:
        found: dict[str, Address] = {}
        for name, watched in self._watched.items():
            child = watched.child
            if child is None or child.identity is None or child.exit_code() is not None:
                continue
            for label, url in (watched.program.addresses or {name: ""}).items():
                found[label] = Address(url, child.identity)
        return found

    def log_of(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    async def _keep(self, watched: _Watched) -> None:
        """Runs a program again and again, until cancelled or (one that is to end) until it has ended well."""
        loop = asyncio.get_running_loop()
        for name in watched.program.after:
            await asyncio.shield(self._watched[name].first_ready)
        failures = 0
        while True:
            began = loop.time()
            why = await self._run(watched)
            if why is None:
                return
            failures = 0 if loop.time() - began > STEADY_AFTER_S else failures + 1
            if not watched.first_ready.done() and failures >= FIRST_START_TRIES:
                watched.first_ready.set_exception(self._failure(watched.program.name, why))
                return
            self._say(f"{watched.program.name} {why}; it is started again.")
            await asyncio.sleep(min(FIRST_PAUSE_S * 2 ** min(failures, 10), LONGEST_PAUSE_S))

    async def _run(self, watched: _Watched) -> str | None:
        """Runs a program once; says why it ended, or None where that is as it should be."""
        program = watched.program
        try:
            if program.prepare:
                await asyncio.to_thread(program.prepare)
            child = watched.child = Child(program, self.log_of(program.name))
            self._record()
            trouble = await self._until_ready(child)
        except Exception as error:  # noqa: BLE001 - whatever one start meets, the next is tried and the reason told
            trouble = f"failed: {error}"
        if trouble is not None:
            await self._end(watched)
            return trouble
        if not watched.first_ready.done():
            watched.first_ready.set_result(None)
        if program.ready is None:
            return None
        code = await _exit_of(child)
        self._record()
        return _ending(code)

    def _record(self) -> None:
        write_addresses(self.folder, self.addresses)

    async def _until_ready(self, child: Child) -> str | None:
        """None once the program is ready, else what is wrong."""
        loop = asyncio.get_running_loop()
        program = child.program
        deadline = loop.time() + program.start_within_s
        while loop.time() < deadline:
            code = child.exit_code()
            if code is not None:
                return None if program.ready is None and code == 0 else _ending(code)
            if program.ready is not None and await program.ready() and child.exit_code() is None:
                return None
            await asyncio.sleep(_LOOK_EVERY_S)
        return f"was not ready within {program.start_within_s:.0f} s"

    async def _end(self, watched: _Watched) -> None:
        child = watched.child
        if child is None:
            return
        child.ask_to_end()
        with suppress(TimeoutError):
            async with asyncio.timeout(watched.program.stop_within_s):
                await _exit_of(child)
        if child.exit_code() is None:
            self._say(f"{watched.program.name} did not end in time and is killed.")
            child.kill()

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.sleep(_LOGS_EVERY_S)
            for name in self._watched:
                keep_within_bounds(self.log_of(name))

    def _failure(self, name: str, why: str) -> StartFailed:
        log = self.log_of(name)
        return StartFailed(f"{name} {why}. The end of {log}:\n{last_lines(log)}")


async def _exit_of(child: Child) -> int:
    while (code := child.exit_code()) is None:  # noqa: ASYNC110 - only the kernel knows of a child's end
        await asyncio.sleep(_LOOK_EVERY_S)
    return code


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _in_layers(programs: Iterable[Program]) -> list[list[str]]:
    """Names such that each stands in a later layer than all it is started after."""
    left = {program.name: set(program.after) for program in programs}
    layers: list[list[str]] = []
    while left:
        layer = [name for name, after in left.items() if not after & left.keys()]
        if not layer:
            raise ValueError(f"Programs wait for each other: {', '.join(left)}.")
        layers.append(layer)
        for name in layer:
            del left[name]
    return layers
