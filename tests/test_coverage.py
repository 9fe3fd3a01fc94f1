"""docs/COVERAGE.md tells what the tests show, and a mark that names no step is found."""

from pathlib import Path

import pytest

from tests import coverage

EXAMPLE = """
import pytest
pytestmark = [pytest.mark.timeout(5), pytest.mark.step("N")]

@pytest.mark.hard
@pytest.mark.step(
    "P10",
    "P2",
)
async def test_a_fact_is_shown() -> None: ...

@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.step("H1"))])
def test_another_fact_is_shown(x: int) -> None: ...

def not_a_test() -> None: ...
"""


def made(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_example.py").write_text(text)
    return folder


def test_marks_are_read_from_tests_modules_and_cases(tmp_path: Path) -> None:
    shown = coverage.collect(made(tmp_path, EXAMPLE))
    assert [(each.step, each.sentence, each.hard) for each in shown] == [
        ("P2", "a fact is shown", True),
        ("P10", "a fact is shown", True),
        ("N", "a fact is shown", True),
        ("N", "another fact is shown", False),
        ("H1", "another fact is shown", False),
    ]
    text = coverage.written(shown)
    assert text.index("### P2") < text.index("### P10") < text.index("### N") < text.index("### H1")
    assert "- a fact is shown (hard) · `tests/test_example.py`" in text
    assert "### P23: figures\n\nNot shown yet." in text


@pytest.mark.parametrize("step", ['"P99"', '"X1"', '"p1"', "NAME"])
def test_a_mark_that_names_no_step_is_refused_with_its_place(tmp_path: Path, step: str) -> None:
    with pytest.raises(ValueError, match=r"tests/test_example\.py:2"):
        coverage.collect(made(tmp_path, f"import pytest\n@pytest.mark.step({step})\ndef test_a() -> None: ...\n"))


def test_a_report_of_other_tests_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "COVERAGE.md"
    monkeypatch.setattr(coverage, "REPORT", kept)
    monkeypatch.setattr(coverage, "ROOT", tmp_path)
    assert coverage.main(["--check"]) == 1
    assert coverage.main([]) == 0
    assert coverage.main(["--check"]) == 0
    kept.write_text(kept.read_text().replace("Not shown yet.", ""))
    assert coverage.main(["--check"]) == 1
