"""Writes the figures down (``docs/BENCHMARKS.md``), each with its aim and its floor."""

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.measured import Times

_HEAD = """# What it costs

Written by `make bench`; nothing here is written by hand. The whole house ran with real processes on one machine, and
whoever made the load ran beside it on the same cores. A floor is what the same servers take in the same run for the
least that could do: it tells how much of a figure is ours. All times are in ms; p99 is a time that was measured.
"""


@dataclass
class Figure:
    """One line: what was measured, what it is measured against, and the aim where there is one."""

    name: str
    measured: str
    floor: str
    aim: str = ""
    met: bool | None = None


@dataclass
class Report:
    command: str
    head: str = _HEAD
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def times(self, name: str, measured: Times, floor: Times, **aims_ms: float) -> None:
        """``aims_ms`` such as ``p99=100``."""
        aim = ", ".join(f"{point} < {limit:g} ms" for point, limit in aims_ms.items())
        met = all(getattr(measured, f"{point}_ms") < limit for point, limit in aims_ms.items()) if aims_ms else None
        self.figures.append(Figure(f"{name} ({measured.count} times)", _told(measured), _told(floor), aim, met))

    def rate(self, name: str, measured: float, floor: float, unit: str) -> None:
        self.figures.append(Figure(name, f"{measured:.1f} {unit}", f"{floor:.1f} {unit}"))

    def count(
        self, name: str, measured: float, floor: str, *, at_most: float | None = None, at_least: float | None = None
    ) -> None:
        bounds = {"at most": at_most, "at least": at_least}
        aim = ", ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)
        met = None if not aim else (at_least or 0) <= measured <= (at_most or float("inf"))
        told = f"{measured:.2f}" if measured < 1 else f"{measured:.1f}"
        self.figures.append(Figure(name, told, floor, aim, met))

    @property
    def missed(self) -> list[str]:
        return [each.name for each in self.figures if each.met is False]

    def write(self, path: Path) -> None:
        path.write_text(self.text())

    def text(self) -> str:
        rows = [
            f"| {each.name} | {each.measured} | {each.floor} | {each.aim} | {_VERDICT[each.met]} |"
            for each in self.figures
        ]
        table = ["| what | measured | floor | aim | |", "|---|---|---|---|---|", *rows]
        ran = f"`{self.command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}."
        return "\n".join([self.head, ran, "", *table, "", *self.notes]).rstrip() + "\n"


_VERDICT = {None: "", True: "met", False: "**missed**"}


def machine() -> str:
    """Without its name."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({platform.machine()}), {memory_gib:.0f} GiB, Linux, Python {platform.python_version()}"


def _told(times: Times) -> str:
    return f"p50 {times.p50_ms:.0f}, p99 {times.p99_ms:.0f}, worst {times.worst_ms:.0f}"
