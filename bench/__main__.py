"""``python -m bench`` measures the house and writes ``docs/BENCHMARKS.md``; ``--smoke`` shows a little of each.

``python -m bench ocpp`` measures the OCPP front by itself and writes ``docs/BENCHMARKS_OCPP.md``, ``drivers`` what
drivers cost and writes ``docs/BENCHMARKS_DRIVERS.md``.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bench import boots, decisions, drivers, empty, handover, intake, ocpp, wholes
from bench.house import House, standing
from bench.report import Report
from cli.processes import leave_what_is_loaded_alone

DOCS = Path(__file__).parents[1] / "docs"
ENDS_WITHIN_S = 590.0
_ACTIONS_AT_MOST = 80


@dataclass(frozen=True)
class Size:
    """How much is done of each."""

    wholes: int = 20
    boots: int = 200
    intake: int = 1000
    flat_out_s: float = 10.0
    facts: int = 300
    decisions: int = 200


SMOKE = Size(wholes=2, boots=10, intake=50, flat_out_s=1.0, facts=20, decisions=10)


async def measured(size: Size, command: str) -> Report:
    report = Report(command)
    with tempfile.TemporaryDirectory(prefix="stationmaster-bench-") as folder:
        async with standing(Path(folder)) as house, empty.worker(house.temporal):
            await _wholes(house, size, report)
            await _boots(house, size, report)
            references = await _intake(house, size, report)
            await _decisions(house, size, report, references)
    return report


async def _wholes(house: House, size: Size, report: Report) -> None:
    _say(f"{size.wholes} whole placements")
    whole = await wholes.measure(house, size.wholes)
    floor = await wholes.floor(house, whole.steps, size.wholes)
    report.rate(f"Whole placements (empty workflows of {whole.steps} steps)", whole.per_minute, floor, "a minute")
    kinds = ", ".join(f"{count:.1f} {kind}" for kind, count in whole.per_placement.items() if kind != "events")
    report.count("Temporal actions per placement", whole.actions, kinds, at_most=_ACTIONS_AT_MOST)
    report.count("History events per placement", whole.per_placement["events"], "")
    told = await wholes.of_notices(house, size.wholes)
    report.count("Temporal actions for its notices, in the processes of endpoints", told, "")
    ids = [workflow_id for each in whole.placed for workflow_id in each.workflow_ids]
    facts = await handover.of_facts(house, ids)
    report.times("Fact to workflow", facts, await handover.floor(house, size.facts), p50=150)


async def _boots(house: House, size: Size, report: Report) -> None:
    _say(f"{size.boots} boots")
    taken = await boots.measure(house, size.wholes, size.boots)
    report.times("Boot to event stream", taken, await boots.floor(house, size.boots), p50=250)


async def _intake(house: House, size: Size, report: Report) -> list[str]:
    _say(f"{size.intake} requests at {intake.PER_SECOND:g} a second, then as many as there can be")
    requests = intake.Requests(house, size.wholes + 1)
    taken = await intake.measure(requests, size.intake, size.flat_out_s)
    floor = await intake.floor(house, requests.references[0], size.intake, size.flat_out_s)
    report.times(f"Placement intake at {intake.PER_SECOND:g} a second", taken.times, floor.times, p99=100)
    report.rate(f"Placement intake, {intake.HANDS} at once", taken.per_second, floor.per_second, "a second")
    report.notes.append(f"{requests.refused} requests were answered 503 and tried again under the same key.")
    return requests.references


async def _decisions(house: House, size: Size, report: Report, references: list[str]) -> None:
    _say(f"{size.decisions} decisions with {len(references)} open placements")
    await handover.all_heard(house)
    taken = await decisions.approvals(house, references[: size.decisions])
    floor = await decisions.floor(house, size.decisions)
    report.times(f"Decision with {len(references)} open placements", taken, floor, p99=250)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


async def measured_front(size: ocpp.Size, command: str) -> Report:
    report = Report(command)
    with tempfile.TemporaryDirectory(prefix="stationmaster-bench-") as folder:
        await ocpp.measure(Path(folder), size, report)
    return report


@dataclass(frozen=True)
class Part:
    """What is measured by itself and written down in a document of its own."""

    document: str
    command: str
    measured: Callable[[bool, str], Awaitable[Report]]
    """Asked for a little or for all of it, and by which command."""


PARTS = {
    "house": Part("BENCHMARKS.md", "make bench", lambda smoke, said: measured(SMOKE if smoke else Size(), said)),
    "ocpp": Part(
        "BENCHMARKS_OCPP.md",
        "python -m bench ocpp",
        lambda smoke, said: measured_front(ocpp.SMOKE if smoke else ocpp.Size(), said),
    ),
    "drivers": Part(
        "BENCHMARKS_DRIVERS.md",
        "python -m bench drivers",
        lambda smoke, said: drivers.measured(drivers.SMOKE if smoke else drivers.Size(), said),
    ),
}


async def run(part: Part, *, smoke: bool) -> Report:
    """Raises TimeoutError where it is not done in ten minutes."""
    async with asyncio.timeout(ENDS_WITHIN_S):
        return await part.measured(smoke, part.command)


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    arguments.add_argument("part", nargs="?", choices=sorted(PARTS), default="house")
    arguments.add_argument("--smoke", action="store_true", help="a little of each, shown and not written down")
    said = arguments.parse_args()
    # A pause of whoever makes the load would count as one of the house.
    leave_what_is_loaded_alone()
    part = PARTS[said.part]
    report = asyncio.run(run(part, smoke=said.smoke))
    print(report.text())
    if not said.smoke:
        report.write(DOCS / part.document)
        print(f"Written to {DOCS / part.document}.")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # The interpreter's own ending may abort once temporalio was used.
    os._exit(code)
