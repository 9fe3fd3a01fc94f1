"""What the documents show is made from the code, and still true."""

import re
from dataclasses import is_dataclass
from pathlib import Path
from types import ModuleType

import pytest
from ocpp.v16 import call

from csms import v21, v201
from csms.v16 import inbound, outbound
from csms.v21.outbound import MORE
from csms.v201.outbound import Outbound
from models.messages import commands
from models.rules.placement import PLACEMENT
from models.rules.process_map import draw
from tests.csms.test_commands_whole import SENT
from tests.csms.test_v21_commands import SENT_IN_21
from tests.csms.test_v201_commands import SENT as SENT_OF_2
from tests.csms.test_v201_upkeep import UPKEEP

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
    messages = _messages(call)
    assert messages
    from_stations, to_stations = _rows("OCPP 1.6: from the station"), _rows("OCPP 1.6: to the station")
    assert from_stations.keys() == inbound.ACTIONS
    assert to_stations.keys() == {outbound.WORDING.request_of(command).action for command in COMMANDS}
    assert from_stations.keys() | to_stations.keys() == messages
    for message, row in [*from_stations.items(), *to_stations.items()]:
        assert _tests_of(row), message


def test_every_message_that_stations_of_ocpp_2_send_stands_in_its_table_with_tests_that_name_it() -> None:
    common = _rows("OCPP 2.0.1 and 2.1: from the station")
    more = _rows("OCPP 2.1: from the station, beyond 2.0.1")
    assert common.keys() == v201.PROTOCOL.actions
    assert common.keys() | more.keys() == v21.PROTOCOL.actions
    assert v201.PROTOCOL.actions < _messages(v201.DIALECT.call)
    assert v21.PROTOCOL.actions < _messages(v21.DIALECT.call)
    for message, row in [*common.items(), *more.items()]:
        assert all(message in each.read_text() for each in _tests_of(row) if "adapters" not in each.name), message


def test_every_message_that_stations_of_ocpp_2_are_sent_stands_in_its_table_with_its_command() -> None:
    common = _rows("OCPP 2.0.1 and 2.1: to the station")
    more = _rows("OCPP 2.1: to the station, beyond 2.0.1")
    of_201, of_21 = Outbound(v201.DIALECT).wording, Outbound(v21.DIALECT, MORE).wording
    assert common.keys() == of_201.actions
    assert common.keys() | more.keys() == of_21.actions
    assert of_201.actions | v201.PROTOCOL.actions == _messages(v201.DIALECT.call)
    assert of_21.actions | v21.PROTOCOL.actions == _messages(v21.DIALECT.call)
    for message, row in [*common.items(), *more.items()]:
        named = set(re.findall(r"`([a-z_0-9]+)`", row))
        assert named, message
        assert named <= commands.COMMANDS.keys(), message
        assert all(message in each.read_text() for each in _tests_of(row)), message
    kinds = {arguments: kind for kind, arguments in commands.COMMANDS.items()}
    for command, message, _ in [*SENT_OF_2, *UPKEEP, *SENT_IN_21]:
        if not isinstance(command, commands.SendMessage):
            assert f"`{kinds[type(command)]}`" in {**common, **more}[message], message


def _messages(module: ModuleType) -> set[str]:
    return {name for name, kind in vars(module).items() if is_dataclass(kind) and kind.__module__ == module.__name__}


def _rows(heading: str) -> dict[str, str]:
    """The rows of the table under a heading of docs/OCPP.md, by their messages."""
    _, _, text = (ROOT / "docs/OCPP.md").read_text().partition(f"\n## {heading}\n")
    lines = text.partition("\n## ")[0].splitlines()
    return {line.split("|")[1].strip(): line for line in lines if line.startswith("| ") and "| message |" not in line}


def _tests_of(row: str) -> list[Path]:
    """The tests that a row names, each of which is there."""
    tests = [ROOT / "tests/csms" / each.strip(" `") for each in row.split("|")[-2].split(",")]
    assert all(each.is_file() for each in tests), row
    return tests
