"""The OCPP front by itself (``python -m bench ocpp``): messages a second, memory of idle stations, all coming back.

Whoever answers has one core, the stations and PostgreSQL share the others.
"""

import asyncio
import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.measured import Times, one_by_one
from bench.ocpp_load import TOKENS, InTurn, Seen, connected, token_of
from bench.ocpp_rows import fill
from bench.report import Report
from cli.supervisor.ports import free_port
from cli.supervisor.postgres import EmbeddedPostgres
from models.migrate import upgrade
from models.settings import Settings

_KEYS = "bench:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
_READY_WITHIN_S = 30.0
_OURS_CORE = 0
ASKING = 50
"""Stations that ask in turn."""
_STEP = 487
_ASKED_WITHIN_S = 120.0


@dataclass(frozen=True)
class Size:
    """``stations`` talk at once in mixed traffic, ``idle`` are connected and silent."""

    stations: int = 1_000
    seconds: float = 12.0
    idle: int = 10_000
    selects: int = 2_000


SMOKE = Size(stations=50, seconds=2.0, idle=200, selects=100)


@dataclass(frozen=True)
class Rate:
    """``per_second`` as it came, ``per_cpu_second`` of the answering process alone."""

    per_second: float
    per_cpu_second: float
    p99_ms: dict[str, float]


class Process:
    """One that answers, on a core of its own."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self._process = process

    @property
    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory_kib(self) -> int:
        """What is its own alone (USS): libraries that it shares with others are not its stations' doing."""
        rows = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(row.split()[1]) for row in rows if row.startswith(("Private_Clean", "Private_Dirty")))


async def measure(folder: Path, size: Size, report: Report) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    postgres = EmbeddedPostgres(folder)
    postgres.start()
    try:
        _say(f"{size.idle} stations and a million id tokens into the rows")
        settings = await filled(postgres.url(), size.idle)
        await _mixed(settings, size, report)
        await _idle(settings, size, report)
    finally:
        postgres.stop()


async def filled(url: str, stations: int, accounts: int = 0) -> dict[str, str]:
    """The environment of a node, on a database that has these stations, a million id tokens, and so many accounts."""
    await asyncio.to_thread(upgrade, Settings.model_validate({"database_url": url, "keys": _KEYS}))
    await fill(url, stations, accounts)
    return {"DATABASE_URL": url, "STATIONMASTER_KEYS": _KEYS}


async def _mixed(settings: dict[str, str], size: Size, report: Report) -> None:
    _say(f"mixed traffic of {size.stations} stations: echo, stock library, ours")
    async with bare("echo") as echo:
        limit = await _rate(echo, size)
    async with bare("stock") as stock:
        floor = await _rate(stock, size)
    async with node(settings) as ours:
        taken = await _rate(ours, size)
    report.rate(
        f"Mixed traffic of {size.stations} stations, everything stored (stock library, nothing stored)",
        taken.per_second,
        floor.per_second,
        "a second",
    )
    report.count("... times the stock library", taken.per_second / floor.per_second, "", at_least=1)
    report.rate("... for each second of the process's time", taken.per_cpu_second, floor.per_cpu_second, "messages")
    report.rate("Echo of the same frames, nothing read", limit.per_second, limit.per_second, "a second")
    told = ", ".join(f"{action} {ms:.0f}" for action, ms in sorted(taken.p99_ms.items()))
    report.notes.append(f"Mixed traffic flat out, p99 in ms by message: {told}.")


async def _rate(answering: Process, size: Size) -> Rate:
    async with load("mixed", answering.port, stations=size.stations, seconds=size.seconds) as stations:
        await stations.told()
        cpu_s = answering.cpu_s
        seen = await stations.told()
        cpu_s = answering.cpu_s - cpu_s
    if seen["errors"]:
        raise RuntimeError(f"{seen['errors']} messages were answered with errors")
    return Rate(seen["answers"] / seen["seconds"], seen["answers"] / cpu_s, seen["p99_ms"])


async def _idle(settings: dict[str, str], size: Size, report: Report) -> None:
    _say(f"{size.idle} stations connect, stay, and come back to a node that has started anew")
    async with node(settings) as ours:
        empty = ours.memory_kib
        async with load("storm", ours.port, stations=size.idle, action="Heartbeat") as stations:
            await stations.told()
            report.count("Memory of an idle station in KiB", (ours.memory_kib - empty) / size.idle, "", at_most=30)
            stations.enough()
            await stations.told()
    async with node(settings) as ours, load("storm", ours.port, stations=size.idle, action="Authorize") as stations:
        seen = await stations.told()
        report.count(f"All {size.idle} come at once: s until the last is served", seen["seconds"], "")
        report.count("... p99 of Authorize meanwhile in ms", seen["p99_ms"], "")
        report.notes.append(f"{seen['refused']} handshakes were refused for a while when all came at once.")
        stations.enough()
        await stations.told()
    await _authorise(settings, size, report)


async def _authorise(settings: dict[str, str], size: Size, report: Report) -> None:
    _say("Authorize beside one indexed SELECT")
    async with node(settings) as ours:
        taken = await asked(ours.port, size.selects)
    floor = await selects(settings["DATABASE_URL"], size.selects)
    report.times("Authorize with a million id tokens", taken, floor)


async def asked(port: int, count: int, every: int = 1) -> Times:
    """About every so many of the cards, by stations in turn: one alone would meet the bound on what it may send."""
    seen, asking = Seen(), InTurn(count, _STEP * every)
    asking.stations, _ = await connected(port, range(ASKING), seen, asking)
    asking.stations[0].say()
    async with asyncio.timeout(_ASKED_WITHIN_S):
        while seen.answers < count:  # noqa: ASYNC110 - counted where the answers come in
            await asyncio.sleep(0.02)
    for station in asking.stations:
        station.end()
    if seen.cards_refused:
        raise RuntimeError(f"{seen.cards_refused} cards were refused")
    return Times.of(seen.latencies_s["Authorize"])


async def selects(url: str, count: int, every: int = 1) -> Times:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:

        async def one(number: int) -> None:
            token = token_of(number * _STEP * every % TOKENS)
            found = await connection.execute("SELECT kind FROM id_token WHERE token = %s", (token,), prepare=True)
            await found.fetchone()

        return Times.of(await one_by_one(one, count))


class Load:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def told(self) -> dict[str, Any]:
        """What the stations say next."""
        if self._process.stdout is None:
            raise RuntimeError("the stations have no voice")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the stations have ended")
        said: dict[str, Any] = json.loads(line)
        return said

    def enough(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(b"\n")


@asynccontextmanager
async def load(kind: str, port: int, **options: Any) -> AsyncIterator[Load]:
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.ocpp_load", kind, "--port", str(port), *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    os.sched_setaffinity(process.pid, _others())
    try:
        yield Load(process)
    finally:
        await _ended(process)


def bare(kind: str) -> contextlib.AbstractAsyncContextManager[Process]:
    """What we are measured against: ``stock`` or ``echo``."""
    port = free_port()
    return _answering(("-m", "bench.ocpp_servers", kind, str(port)), port, {})


def node(settings: dict[str, str]) -> contextlib.AbstractAsyncContextManager[Process]:
    """The OCPP front as it is run in life; Temporal is not needed for what is measured here."""
    port, probes = free_port(), free_port()
    ports = {"STATIONMASTER_CSMS_PORT": str(port), "STATIONMASTER_PROBE_PORT": str(probes)}
    return _answering(("-m", "cli", "csms"), port, {**settings, **ports})


@asynccontextmanager
async def _answering(arguments: tuple[str, ...], port: int, environment: dict[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.sched_setaffinity(process.pid, {_OURS_CORE})
    try:
        await _listening(port)
        yield Process(process, port)
    finally:
        await _ended(process)


def _others() -> set[int]:
    cores = set(range(os.cpu_count() or 1))
    return cores - {_OURS_CORE} or cores


async def _listening(port: int) -> None:
    async with asyncio.timeout(_READY_WITHIN_S):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


async def _ended(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(10):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)
