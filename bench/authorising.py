"""The decision on a card, from the station's question over OCPP to its answer, with a million cards."""

from dataclasses import dataclass
from pathlib import Path

from bench import ocpp
from bench.ocpp_rows import held_every
from bench.report import Report
from cli.supervisor.postgres import EmbeddedPostgres


@dataclass(frozen=True)
class Size:
    """``asked`` times, one after the other, each about a card that has one of the ``accounts``."""

    accounts: int = 100_000
    asked: int = 2_000


SMOKE = Size(accounts=1_000, asked=50)


async def measure(folder: Path, size: Size, report: Report) -> None:
    """On a PostgreSQL and a node of its own."""
    postgres = EmbeddedPostgres(folder)
    postgres.start()
    try:
        settings = await ocpp.filled(postgres.url(), ocpp.ASKING, size.accounts)
        every = held_every(size.accounts)
        async with ocpp.node(settings) as ours:
            taken = await ocpp.asked(ours.port, size.asked, every)
        floor = await ocpp.selects(postgres.url(), size.asked, every)
    finally:
        postgres.stop()
    report.times(f"Decision on a card over OCPP, a million cards and {size.accounts} accounts", taken, floor)
    report.notes.append("The floor of a decision is one indexed SELECT of its card, asked by the driver alone.")
