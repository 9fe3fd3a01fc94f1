"""What drivers cost the house: deciding on their cards, holding their money, pricing their sessions, and taking those
from their start to settled (``docs/BENCHMARKS_DRIVERS.md``).
"""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bench import authorising, holds, pricing, sessions
from bench.report import Report

HEAD = """# What drivers cost

Written by `python -m bench drivers`; nothing here is written by hand. A floor is what the same machine does in the same
run for the least that could do: it tells how much of a figure is ours.
"""


@dataclass(frozen=True)
class Size:
    """How much is done of each."""

    pricing_s: float = 5.0
    held: holds.Size = field(default_factory=holds.Size)
    authorised: authorising.Size = field(default_factory=authorising.Size)
    charged: sessions.Size = field(default_factory=sessions.Size)


SMOKE = Size(pricing_s=0.3, held=holds.SMOKE, authorised=authorising.SMOKE, charged=sessions.SMOKE)


async def measured(size: Size, command: str) -> Report:
    report = Report(command, HEAD)
    pricing.measure(report, size.pricing_s)
    with tempfile.TemporaryDirectory(prefix="stationmaster-bench-") as folder:
        await holds.measure(Path(folder) / "holds", size.held, report)
        await authorising.measure(Path(folder) / "authorising", size.authorised, report)
        await sessions.measure(Path(folder) / "sessions", size.charged, report)
    return report
