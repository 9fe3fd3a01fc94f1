"""What the documents show is made from the code, and still true."""

from dataclasses import is_dataclass
from pathlib import Path

import pytest
from ocpp.v16 import call

from csms.v16 import inbound
from csms.v16.requests import request_of
from models.messages import commands
from models.rules.placement import PLACEMENT
from models.rules.process_map import draw
from tests.csms.test_commands_whole import SENT

ROOT = Path(__file__).parent.parent
COMMANDS = [
    *(command for command, _, _ in SENT),
    commands.ReadConfiguration(),
    commands.ChangeConfiguration(key="A", value="1"),
    commands.TriggerMessage(message=commands.Trigger.BOOT),
    commands.StopCharging(transaction=5),
    commands.Reset(),
    commands.Unlock(connector=1),
]


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


def test_every_message_of_ocpp_1_6_stands_in_its_table_with_tests_that_are_there() -> None:
    text = (ROOT / "docs/OCPP.md").read_text()
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| ")}
    messages = {name for name, kind in vars(call).items() if is_dataclass(kind) and kind.__module__ == call.__name__}
    assert messages
    assert messages - rows.keys() == set()
    ours = {type(request_of(command)).__name__ for command in COMMANDS}
    assert ours | inbound.ACTIONS == messages
    for tests in (rows[message].split("|")[-2] for message in messages):
        assert all((ROOT / "tests/csms" / each.strip(" `")).is_file() for each in tests.split(","))
