"""``stationmaster station`` on the public API."""

import json
from pathlib import Path

import pytest

from models.rules.access import Role
from tests.api.road import Road
from tests.api.test_station_entries import new
from tests.api.test_station_imports import row, written
from tests.cli.commands import Terminal, program
from tests.people import FACTORY_KEY, World

pytestmark = [pytest.mark.hard, pytest.mark.step("L6")]


@pytest.mark.step("P20")
async def test_stations_are_entered_shown_and_called_off(
    road: Road, terminal: Terminal, world: World, tmp_path: Path
) -> None:
    operations = await program(world, world.operator, Role.OPERATIONS)
    file = tmp_path / "stations.json"
    file.write_text(json.dumps(new(world)))
    made = (await terminal.run(operations, "station", "enter", str(file), "--key", "k-1", "--json")).said
    again = await terminal.run(operations, "station", "enter", "-", "--key", "k-1", stdin=json.dumps(new(world)))
    assert made["reference"] in again.out
    assert "Garage Noord" in again.out
    assert FACTORY_KEY not in again.out
    await road.processes.hear_everything()
    words = ("work-order", "cancel", made["reference"], "--reason", "Entered twice", "--json")
    assert (await terminal.run(operations, *words)).said["stage"] == "cancelled"
    twice = await terminal.run(operations, "station", "enter", str(file), "--json")
    assert twice.said["reference"] != made["reference"]
    refused = await terminal.run(operations, "station", "enter", str(file))
    assert refused.code == 1
    assert "/stations/0/unit/serial: There is a unit with 'SN-VW-7' already" in refused.err
    assert (await terminal.run(operations, "station", "enter", "/none/such.json")).code == 2


async def test_a_list_is_checked_then_imported_and_refused_rows_are_told(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    operations = await program(world, world.operator, Role.OPERATIONS)
    file = tmp_path / "stations.csv"
    file.write_bytes(written([row("A1"), row("A2", product="NONE")]))
    checked = await terminal.run(operations, "station", "import", str(file), "--check")
    assert (checked.code, "1 possible, 0 known, 1 refused" in checked.out) == (1, True)
    done = await terminal.run(operations, "station", "import", str(file))
    assert done.code == 1
    assert "1 entered, 0 known, 1 refused" in done.out
    assert "There is no product 'NONE'" in done.out
    assert "WO-" in done.out
    file.write_bytes(written([row("A1"), row("A2")]))
    corrected = (await terminal.run(operations, "station", "import", str(file), "--json")).said
    assert [item["status"] for item in corrected["items"]] == ["known", "entered"]
    wrong = await terminal.run(operations, "station", "import", "-", stdin="colour\nred\n")
    assert wrong.code == 1
    assert "'serial' is missing" in wrong.err
    assert (await terminal.run(operations, "station", "import", "/none/such.csv")).code == 2
