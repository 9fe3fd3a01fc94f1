"""Each fault that is seeded on purpose turns tests red, which are green without it (``make mutants``)."""

from pathlib import Path

import pytest
from rich.console import Console

from tests.mutants import MUTANTS, copied, judged

pytestmark = [pytest.mark.hard, pytest.mark.timeout(1200)]


def test_every_seeded_fault_is_caught(tmp_path: Path) -> None:
    copy = tmp_path / "tree"
    copied(copy)
    verdicts = judged(copy, MUTANTS, Console(quiet=True))
    assert [verdict.mutant.name for verdict in verdicts if not verdict.caught_by] == []
