"""What the documents show is made from the code, and still true."""

from pathlib import Path

import pytest

from models.rules.placement import PLACEMENT
from models.rules.process_map import draw

ROOT = Path(__file__).parent.parent


@pytest.mark.step("P22")
def test_the_map_in_the_readme_is_drawn_from_the_state_table() -> None:
    """To mend it: write ``draw(PLACEMENT)`` and a line end to the file."""
    assert (ROOT / "docs/placement-map.svg").read_text() == draw(PLACEMENT) + "\n"


def test_every_setting_that_the_readme_names_exists() -> None:
    named = set((ROOT / "models/settings.py").read_text().split())
    text = (ROOT / "README.md").read_text()
    settings = {word.removeprefix("`STATIONMASTER_").rstrip("`,") for word in text.split() if "`STATIONMASTER_" in word}
    fields = {name.lower() for name in settings if name.replace("_", "").isalpha()}
    assert fields
    assert all(f"{field}:" in named for field in fields)
