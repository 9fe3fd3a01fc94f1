"""Whoever tells partners of something uses an event that they can subscribe to."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.rules.events import Event

ROOT = Path(__file__).parents[3]
_NAME = re.compile(r"(placement|work_order|sat|station|task|endpoint)\.[a-z_]+")


def _named() -> Iterator[tuple[str, str]]:
    """What looks like the name of an event in the use cases, and where."""
    for path in sorted((ROOT / "models" / "usecases").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
                yield node.value, path.name


@pytest.mark.step("N")
def test_every_event_that_a_use_case_tells_of_is_known() -> None:
    named = list(_named())
    assert {"placement.approved", "station.live"} <= {event for event, _ in named}
    unknown = [(event, place) for event, place in named if event not in set(Event)]
    assert unknown == []


@pytest.mark.step("N")
def test_every_event_stands_in_the_document_for_partners() -> None:
    text = (ROOT / "docs" / "NOTICES.md").read_text()
    assert set(re.findall(r"`([a-z_]+\.[a-z_]+)`", text)) == set(Event)
