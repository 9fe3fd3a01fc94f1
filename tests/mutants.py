"""Faults seeded one by one into a copy of the tree: each has to turn tests red (``python -m tests.mutants``).

A fault that no test notices is a hole in the suite. Exit code 1 where one survives, or where the tests are red already.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
RUN_LIMIT_S = 300
_WIDTH_OF_A_FILE = 160
_PASSED, _FAILED = 0, 1
_ASSERTED = ("AssertionError", "assert ", "Failed: DID NOT RAISE")
"""How pytest begins to tell of a fact that does not hold; whatever else goes wrong in a test shows nothing."""


class NotRunnable(RuntimeError):  # noqa: N818 - named as the fact
    """The tests did not run to their end, so they show nothing."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """``before`` stands exactly once in ``file``; ``tests`` are files, or single tests, that ought to notice."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    def applied(self, source: str) -> str:
        """Raises ValueError where the source has changed, so that the fault is in no one place any more."""
        if (found := source.count(self.before)) != 1:
            raise ValueError(f"{self.file} holds {self.before!r} {found} times, not once: look where it is now.")
        return source.replace(self.before, self.after)


_RELAY = "tests/activities/test_relay.py"
_SAT = "tests/models/usecases/test_sat.py"
_HEARD_ONCE = "tests/workflows/test_handover.py::test_a_fact_that_is_delivered_twice_or_late_is_heard_once"
_DRIVERS = "tests/models/usecases/test_random_sessions.py"
_UNDONE = "test_a_withdrawal_on_site_undoes_everything_in_order_and_ends_all_three_processes[in_test]"

MUTANTS = (
    Mutant(
        "the relay drops a row",
        "activities/relay.py",
        "else self._signal(row))",
        "else asyncio.sleep(0) if row.number == 3 else self._signal(row))",
        (
            f"{_RELAY}::test_a_process_is_started_before_its_facts_reach_it_in_order",
            f"{_RELAY}::test_while_temporal_is_away_nothing_fails_and_the_sweep_delivers_when_it_is_back",
            _HEARD_ONCE,
        ),
    ),
    Mutant(
        "the four-eyes check is off",
        "models/usecases/sat.py",
        "if str(_person(work)) in test.filled_in_by:",
        "if str(_person(work)) in ():",
        (
            f"{_SAT}::test_whoever_wrote_one_draft_answer_can_neither_approve_nor_return_the_test",
            f"{_SAT}::test_whoever_sent_the_test_in_can_not_approve_it",
            "tests/api/test_sats.py::test_whoever_filled_the_test_in_cannot_approve_it",
        ),
    ),
    Mutant(
        "the organisation filter is off",
        "models/store/viewer.py",
        "return sa.or_(*(owner == self.organisation_id for owner in owners))",
        "return sa.true()",
        (
            "tests/api/test_placements.py::test_a_requester_sees_nothing_of_anothers",
            "tests/api/test_work_orders.py::test_another_installer_sees_nothing_of_a_work_order",
        ),
    ),
    Mutant(
        "a repeated call of the grid operator is not recognised",
        "models/usecases/placement.py",
        "if await placements.grid_call(work.session, call.webhook_id) is not None:",
        'if call.webhook_id == "":',
        (
            "tests/api/test_grid_replays.py",
            "tests/api/test_webhooks.py::test_a_call_that_comes_again_or_twice_at_once_is_kept_once",
        ),
    ),
    Mutant(
        "a repeated fact is not recognised",
        "workflows/process.py",
        "if fact.number > self._heard:",
        "if fact.number > 0:",
        (_HEARD_ONCE,),
    ),
    Mutant(
        "a compensation is skipped",
        "activities/placement.py",
        "await self._grid_operator.cancel(",
        "(lambda *_: None)(",
        (f"tests/workflows/test_undoing.py::{_UNDONE}",),
    ),
    Mutant(
        "a stop that comes late corrects no bill",
        "models/usecases/session_settling.py",
        "elif transaction.stopped_at is not None and not transaction.is_open:",
        "elif False:",
        (_DRIVERS,),
    ),
    Mutant(
        "a correction takes nothing back in the ledger",
        "models/usecases/session_settling.py",
        "reversal = await ledger.reverse(work, wrong.ledger_transaction_id, STOP_CAME)",
        "pass",
        (_DRIVERS,),
    ),
    Mutant(
        "what is told late is judged as of now",
        "models/usecases/session_late.py",
        "if place in then else judged",
        "if False else judged",
        (_DRIVERS,),
    ),
    Mutant(
        "a prepaid session is stopped when the money is spent, not before",
        "models/rules/session_guard.py",
        "LEAD = timedelta(minutes=3)",
        "LEAD = timedelta(0)",
        (_DRIVERS,),
    ),
    Mutant(
        "a session by a lost card is billed unseen",
        "models/usecases/session_settling.py",
        "if price.gross and await session_deciding.set_aside(work, session):",
        "if False:",
        ("tests/models/usecases/test_session_deciding.py",),
    ),
    Mutant(
        "a car has no rate of its own",
        "models/usecases/session_price.py",
        "            session.vehicle_id,\n",
        "            None,\n",
        ("tests/models/usecases/test_vehicle.py::test_a_car_has_a_rate_of_its_own_before_that_of_its_account",),
    ),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``caught_by`` names the tests that failed by what they assert; none: the fault survives."""

    mutant: Mutant
    caught_by: list[str]
    seconds: float


def main() -> int:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    try:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            copy = Path(folder) / "tree"
            copied(copy)
            verdicts = judged(copy, MUTANTS, console)
    except (NotRunnable, ValueError) as error:
        console.print(f"[red]{error}[/red]")
        return 1
    console.print(_table(verdicts))
    return 0 if all(verdict.caught_by for verdict in verdicts) else 1


def copied(target: Path) -> None:
    """What git tracks, or would, as it stands in the tree."""
    listed = subprocess.run(
        ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"),  # noqa: S607 - from the path, as make does
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def judged(copy: Path, mutants: Sequence[Mutant], console: Console) -> list[Verdict]:
    """Raises NotRunnable, and ValueError where a mutant's text is not there any more."""
    with console.status("The tests without a fault"):
        tests = sorted({test for mutant in mutants for test in mutant.tests})
        if red := failures(copy, tests):
            raise NotRunnable("These tests are red without any fault: " + ", ".join(red))
    verdicts = []
    for mutant in mutants:
        with console.status(mutant.name):
            verdicts.append(_judged(copy, mutant))
        console.print(f"{mutant.name}: {'caught' if verdicts[-1].caught_by else '[red]survived[/red]'}")
    return verdicts


def _judged(copy: Path, mutant: Mutant) -> Verdict:
    file = copy / mutant.file
    source = file.read_text()
    began = time.monotonic()
    file.write_text(mutant.applied(source))
    try:
        caught_by = failures(copy, mutant.tests)
    finally:
        file.write_text(source)
    return Verdict(mutant, caught_by, time.monotonic() - began)


def failures(copy: Path, tests: Iterable[str]) -> list[str]:
    """The tests that fail in the copy by what they assert. Raises NotRunnable."""
    report = copy.with_name("report.xml")
    report.unlink(missing_ok=True)
    options = ("-q", "-m", "not hard", "-p", "no:cacheprovider", f"--junitxml={report}")
    try:
        # By its module name: so the copy, where it runs, comes before the installed tree in the search for modules.
        done = subprocess.run(  # noqa: S603 - the command is our own
            (sys.executable, "-m", "pytest", *options, *tests),
            cwd=copy,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=RUN_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotRunnable(f"The tests took longer than {RUN_LIMIT_S} s: {', '.join(tests)}") from error
    if done.returncode not in {_PASSED, _FAILED} or not report.exists():
        raise NotRunnable(f"pytest ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    found = asserted(report.read_text())
    if done.returncode == _FAILED and not found:
        raise NotRunnable(f"Tests failed, but none by what it asserts:\n{done.stdout[-3000:]}")
    return found


def asserted(report: str) -> list[str]:
    """Names of the tests of a JUnit report that failed by an assertion, as ``file::test``."""
    cases = ET.fromstring(report).iter("testcase")  # noqa: S314 - written by our own pytest just now
    return [
        f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        for case in cases
        for failure in case.findall("failure")
        if failure.get("message", "").startswith(_ASSERTED)
    ]


def _table(verdicts: Iterable[Verdict]) -> Table:
    table = Table(title="Seeded faults, and the tests that caught them", title_justify="left")
    table.add_column("Fault")
    table.add_column("Caught by", overflow="fold")
    table.add_column("Seconds", justify="right")
    for verdict in verdicts:
        caught = "\n".join(verdict.caught_by) or "[red]SURVIVED[/red]"
        table.add_row(verdict.mutant.name, caught, f"{verdict.seconds:.0f}", end_section=True)
    return table


if __name__ == "__main__":
    sys.exit(main())
