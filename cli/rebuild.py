"""``stationmaster rebuild``: compares rows and workflows, and brings every process back from its rows."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from cli.logs import configure_logging
from cli.processes import load_settings
from cli.supervisor.deployment import environment_of_the_house_in
from models.rules.rebuild import IN_WORDS
from models.settings import Settings
from models.store.database import Database
from models.store.rebuild import alone
from models.usecases.work import Desk, Terms
from workflows.client import connect
from workflows.comparison import Comparer, Comparison, Finding, Watch
from workflows.rebuild import Outcome, Rebuild

AGREES, DIFFERS = 0, 1
_SHOWN = 100
"""So many processes are listed; all of them by ``--json``."""
_WIDTH_OF_A_FILE = 140

_out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
_notes = Console(stderr=True, highlight=False)


class Refused(RuntimeError):  # noqa: N818 - named as the fact
    """Nothing was done, and why."""


def run_rebuild(folder: Path, only: Sequence[str], *, check: bool, anew: bool, as_json: bool) -> int:
    """0 where rows and workflows agree in the end, 1 where they do not, or could not be compared."""
    os.environ.update(environment_of_the_house_in(folder))
    settings = load_settings()
    configure_logging("rebuild", settings.log_format, stream=sys.stderr)
    try:
        comparison, outcome = asyncio.run(_rebuild(settings, only, check=check, anew=anew))
    except (Refused, RPCError, SQLAlchemyError, RuntimeError, OSError) as error:
        print(f"Rows and workflows could not be brought together: {error}", file=sys.stderr)
        return DIFFERS
    if as_json:
        print(json.dumps(_as_json(comparison, outcome), indent=2))
    else:
        _show(comparison, outcome)
    left = comparison.findings if outcome is None else outcome.left
    return DIFFERS if left else AGREES


async def _rebuild(
    settings: Settings, only: Sequence[str], *, check: bool, anew: bool
) -> tuple[Comparison, Outcome | None]:
    database = Database(settings.sqlalchemy_url)
    try:
        desk, client = Desk(database, Terms.of(settings)), await connect(settings)
        with Counted() as watch:
            comparer = Comparer(desk, client, watch)
            if check:
                return await comparer.compare(only), None
            async with alone(database) as mine:
                if not mine:
                    raise Refused("another rebuild is under way; wait for its end")
                comparison = await comparer.compare(only, anew=anew)
                return comparison, await Rebuild(desk, client, watch).bring_back(comparison)
    finally:
        await database.close()


class Counted:
    """Shows on the terminal by which phase how many processes were seen to."""

    def __init__(self) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:.0f}"))
        self._progress = Progress(*columns, TimeElapsedColumn(), console=_notes, transient=True)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Watch:
        self._progress.start()
        return self._note

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _note(self, phase: str, count: int) -> None:
        if phase not in self._tasks:
            self._tasks[phase] = self._progress.add_task(f"Processes {phase}", total=None)
        self._progress.advance(self._tasks[phase], count)


def _as_json(comparison: Comparison, outcome: Outcome | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "looked_at": comparison.looked_at,
        "differences": [_of(each) for each in comparison.findings],
        "lost": [each.workflow_id for each in comparison.lost],
    }
    if outcome is not None:
        told |= {
            "done": [_of(each) for each in outcome.done],
            "left": [_of(each) for each in outcome.left],
            "numbers_passed": outcome.numbers_passed,
        }
    return told


def _of(finding: Finding) -> dict[str, Any]:
    return {
        "workflow_id": finding.workflow_id,
        "kind": finding.kind,
        "difference": finding.difference,
        "remedy": finding.remedy,
        "why": finding.why,
    }


def _show(comparison: Comparison, outcome: Outcome | None) -> None:
    if outcome is None:
        _list("Rows and workflows differ", comparison.findings)
        count = len(comparison.findings)
        verdict = f"{count} differ: `stationmaster rebuild` brings them back." if count else "Rows and workflows agree."
        _out.print(f"{comparison.looked_at} processes. {verdict}", markup=False)
        return
    _list("Brought back", outcome.done)
    _list("Left, and to be looked into", outcome.left)
    told = f"{comparison.looked_at} processes, {len(outcome.done)} brought back, {len(outcome.left)} differ still."
    _out.print(told, markup=False)
    if outcome.numbers_passed:
        _out.print(f"{outcome.numbers_passed} references that were given on the lost day are not given again.")


def _list(title: str, findings: Sequence[Finding]) -> None:
    if not findings:
        return
    counted = Counter(each.difference for each in findings)
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in ("Process", "Kind", "What", "Remedy"):
        table.add_column(column, overflow="fold")
    for each in findings[:_SHOWN]:
        table.add_row(each.workflow_id, each.kind, each.why, each.remedy.value.replace("_", " "))
    _out.print(table)
    if len(findings) > _SHOWN:
        for difference, count in counted.most_common():
            words = "started anew as asked for" if difference is None else IN_WORDS[difference]
            _out.print(f"{count} in all: {words}", markup=False)
