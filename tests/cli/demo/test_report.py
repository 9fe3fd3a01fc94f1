import json
from pathlib import Path

import pytest
from rich.console import Console

from cli.demo import report
from cli.demo.checker import Check
from cli.demo.progress import Progress
from cli.demo.report import Outcome
from cli.demo.story import Story

GOOD = Check("stages", passed=True, detail="as they should be")
BAD = Check("notices", passed=False, detail="one came twice")


@pytest.mark.parametrize(
    ("checks", "error", "passed"),
    [
        ([GOOD], None, True),
        ([GOOD, BAD], None, False),
        ([], None, False),
        ([GOOD], "The grid operator did not answer.", False),
    ],
)
def test_the_demo_has_passed_only_where_every_check_was_made_and_passed(
    tmp_path: Path, checks: list[Check], error: str | None, *, passed: bool
) -> None:
    assert Outcome(tmp_path, checks=checks, error=error).passed is passed


def test_the_report_tells_where_the_road_ended_and_holds_no_password(tmp_path: Path) -> None:
    progress = Progress(Console(quiet=True))
    story = Story("1A2B3C", "a very secret password", placement="PR-2026-000042")
    progress.chapter("The house")
    with progress.step("Everything starts") as step:
        step.note("data in var")
    report.write(Outcome(tmp_path / "demo", error="The station did not boot."), story, progress)
    written = (tmp_path / "demo" / "report.json").read_text()
    told = json.loads(written)
    assert (told["passed"], told["error"]) == (False, "The station did not boot.")
    assert told["references"]["placement"] == "PR-2026-000042"
    assert told["steps"][0] | {"seconds": 0} == {
        "chapter": "The house",
        "title": "Everything starts",
        "seconds": 0,
        "notes": ["data in var"],
    }
    assert story.password not in written
