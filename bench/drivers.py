"""What drivers cost the house: pricing their sessions (``docs/BENCHMARKS_DRIVERS.md``)."""

from dataclasses import dataclass

from bench import pricing
from bench.report import Report

HEAD = """# What drivers cost

Written by `python -m bench drivers`; nothing here is written by hand. A floor is what the same machine does in the same
run for the least that could do: it tells how much of a figure is ours.
"""


@dataclass(frozen=True)
class Size:
    """How much is done of each."""

    pricing_s: float = 5.0


SMOKE = Size(pricing_s=0.3)


async def measured(size: Size, command: str) -> Report:
    report = Report(command, HEAD)
    pricing.measure(report, size.pricing_s)
    return report
