import asyncio
import dataclasses
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.supervisor import supervise
from cli.supervisor.identity import ProcessIdentity
from cli.supervisor.logfiles import LOG_LIMIT_BYTES
from cli.supervisor.program import Program
from cli.supervisor.records import read_addresses
from cli.supervisor.supervise import StartFailed, Supervisor

# Says when it starts and ends, and is ready once it takes SIGTERM.
STEADY = """
import signal, sys, time
diary = open(sys.argv[1], "a", buffering=1)
def leave(*_):
    diary.write("end " + sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
diary.write("start " + sys.argv[2] + "\\n")
open(sys.argv[3], "w").close()
while True:
    time.sleep(60)
"""
STUBBORN = STEADY.replace("signal.signal(signal.SIGTERM, leave)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")


# Ends, and not well, as soon as somebody has seen that it is ready.
BRIEF = STEADY.replace("while True:\n    time.sleep(60)", "while os.path.exists(sys.argv[3]):\n    pass\nsys.exit(3)")
BRIEF = BRIEF.replace("import signal", "import os, signal")


def python(folder: Path, name: str, code: str, *, after: tuple[str, ...] = (), stop_within_s: float = 10) -> Program:
    """A program that is ready when it has made its file ``<name>.ready``."""
    flag = folder / f"{name}.ready"

    async def ready() -> bool:
        return flag.exists()

    return Program(
        name=name,
        command=(sys.executable, "-c", code, str(folder / "diary"), name, str(flag)),
        ready=ready,
        environment={"A_SECRET": "hush"},
        addresses={name: f"http://{name}"},
        after=after,
        folder=folder,
        prepare=lambda: flag.unlink(missing_ok=True),
        start_within_s=10,
        stop_within_s=stop_within_s,
    )


def until_it_is_seen(program: Program) -> Program:
    """Its file goes with the first look at it."""
    flag = Path(program.command[-1])

    async def seen() -> bool:
        return await asyncio.to_thread(taken)

    def taken() -> bool:
        there = flag.exists()
        flag.unlink(missing_ok=True)
        return there

    return dataclasses.replace(program, ready=seen)


def diary(folder: Path) -> list[str]:
    return (folder / "diary").read_text().splitlines()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - files and processes tell nobody
            await asyncio.sleep(0.02)


async def test_programs_start_in_order_and_end_in_the_reverse_order(tmp_path: Path) -> None:
    names = ("csms", "migrate", "postgres")
    after = {"csms": ("migrate",), "migrate": ("postgres",), "postgres": ()}
    supervisor = Supervisor(tmp_path, [python(tmp_path, name, STEADY, after=after[name]) for name in names])
    await supervisor.start()
    pids = {name: address.process for name, address in read_addresses(tmp_path).items()}
    await supervisor.stop()
    starts = [f"start {name}" for name in reversed(names)]
    assert diary(tmp_path) == starts + [f"end {name}" for name in names]
    assert not any(process.runs() for process in pids.values())
    assert read_addresses(tmp_path) == {}


async def test_a_program_that_stands_back_does_so_with_its_whole_session(tmp_path: Path) -> None:
    programs = [python(tmp_path, "api", STEADY), dataclasses.replace(python(tmp_path, "worker", STEADY), nice=7)]
    supervisor = Supervisor(tmp_path, programs)
    await supervisor.start()
    pids = {name: address.process.pid for name, address in read_addresses(tmp_path).items()}
    values = {name: os.getpriority(os.PRIO_PROCESS, pid) for name, pid in pids.items()}
    sessions = {name: session_value(pid) for name, pid in pids.items()}
    await supervisor.stop()
    assert values["worker"] - values["api"] == 7
    assert sessions in ({"api": 0, "worker": 7}, {"api": None, "worker": None})


def session_value(pid: int) -> int | None:
    """What the kernel takes for the program's whole session; None where it shares by program."""
    told = Path(f"/proc/{pid}/autogroup")
    return int(told.read_text().split()[-1]) if told.exists() else None


async def test_a_killed_program_comes_back_and_its_new_number_is_written_down(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, [python(tmp_path, "worker", STEADY)], said.append)
    await supervisor.start()
    first = read_addresses(tmp_path)["worker"].process
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: diary(tmp_path).count("start worker") == 2)
    await until(lambda: read_addresses(tmp_path).get("worker"))
    second = read_addresses(tmp_path)["worker"].process
    assert second != first
    assert second.runs()
    assert said == ["worker was ended by signal 9; it is started again."]
    await supervisor.stop()


async def test_a_program_that_keeps_ending_is_started_again_with_growing_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervise, "LONGEST_PAUSE_S", 0.05)
    said: list[str] = []
    supervisor = Supervisor(tmp_path, [until_it_is_seen(python(tmp_path, "api", BRIEF))], said.append)
    await supervisor.start()
    await until(lambda: len(said) >= 4)
    assert set(said) == {"api ended with exit code 3; it is started again."}
    await supervisor.stop()


async def test_a_first_start_that_fails_says_why_and_shows_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "FIRST_PAUSE_S", 0.01)
    failing = python(tmp_path, "migrate", "import sys; print('no such column'); sys.exit(1)")
    supervisor = Supervisor(tmp_path, [failing, python(tmp_path, "worker", STEADY, after=("migrate",))])
    with pytest.raises(StartFailed, match=r"migrate ended with exit code 1.*\n.*no such column"):
        await supervisor.start()
    await supervisor.stop()
    assert not (tmp_path / "diary").exists(), "what comes after it was not started"


async def test_a_program_that_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, [python(tmp_path, "worker", STUBBORN, stop_within_s=0.2)], said.append)
    await supervisor.start()
    process = supervisor.addresses["worker"].process
    await supervisor.stop()
    assert said == ["worker did not end in time and is killed."]
    assert not process.runs()


async def test_a_program_that_runs_to_its_end_is_done_when_it_ended_well(tmp_path: Path) -> None:
    once = Program("migrate", (sys.executable, "-c", "print('done')"), ready=None, folder=tmp_path)
    supervisor = Supervisor(tmp_path, [once, python(tmp_path, "worker", STEADY, after=("migrate",))])
    await supervisor.start()
    assert list(read_addresses(tmp_path)) == ["worker"]
    await supervisor.stop()
    assert supervisor.log_of("migrate").read_text() == "done\n"


async def test_a_log_that_has_grown_too_long_is_put_aside_at_the_start(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, [python(tmp_path, "worker", STEADY)])
    log = supervisor.log_of("worker")
    log.parent.mkdir()
    log.write_bytes(b"x" * (LOG_LIMIT_BYTES + 1))
    await supervisor.start()
    await supervisor.stop()
    assert log.stat().st_size < LOG_LIMIT_BYTES
    assert log.with_name("worker.log.1").stat().st_size == LOG_LIMIT_BYTES + 1


async def test_a_program_takes_ctrl_c_even_where_the_supervisor_was_started_in_the_background(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for what it starts with "&"
    try:
        supervisor = Supervisor(tmp_path, [python(tmp_path, "worker", STEADY)])
        await supervisor.start()
    finally:
        signal.signal(signal.SIGINT, before)
    process: ProcessIdentity = supervisor.addresses["worker"].process
    assert signal.SIGINT not in ignored_signals(process.pid)
    await supervisor.stop()


def ignored_signals(pid: int) -> set[int]:
    """proc_pid_status(5): SigIgn is a mask, bit 0 is signal 1."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(int(line.split()[1], 16) for line in lines if line.startswith("SigIgn"))
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


async def test_programs_that_wait_for_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wait for each other: a, b"):
        Supervisor(tmp_path, [python(tmp_path, "a", STEADY, after=("b",)), python(tmp_path, "b", STEADY, after=("a",))])
