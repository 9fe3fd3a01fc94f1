"""The whole house with real processes, as ``make demo EXIT=1`` runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.supervisor.ports import PREFIX, WANTED
from cli.supervisor.records import read_addresses

pytestmark = [pytest.mark.hard, pytest.mark.house, pytest.mark.timeout(600)]

LIMIT_S = 280


def play(folder: Path) -> dict[str, Any]:
    """Runs the demo to its end on free ports; gives its report."""
    ports = {f"{PREFIX}{name.upper()}": "0" for name in WANTED}
    done = subprocess.run(
        (sys.executable, "-m", "cli", "demo", "--exit"),
        env=os.environ | ports | {"STATIONMASTER_VAR": str(folder)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads((folder / "demo" / "report.json").read_text())
    return report


@pytest.mark.step(
    "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P10", "P11", "P12", "P13", "P14", "P15", "P16", "P17"
)
@pytest.mark.step("P18", "P19", "P20", "P21", "P22", "N", "L5")
@pytest.mark.step("S1", "S2", "S3", "S4", "C1", "C2", "C3", "C5", "C10", "B1", "B8")
def test_the_main_road_is_played_on_real_parts_survives_a_restart_and_is_played_again(tmp_path: Path) -> None:
    first = play(tmp_path / "var")
    assert first["passed"]
    assert [check["name"] for check in first["checks"] if not check["passed"]] == []
    told = [step["title"] for step in first["steps"] if step["chapter"] == "In operation"]
    assert len(told) == 2
    told = [step["title"] for step in first["steps"] if step["chapter"] == "Drivers"]
    assert len(told) == 16
    assert [len(sessions) for sessions in first["sessions"].values()] == [4, 1]
    ended = [*["active"] * 3, "cancelled", "closed", "operating", "rejected", *["settled"] * 5, "withdrawn"]
    assert sorted(first["final_states"].values()) == ended
    assert Path(first["sat_report"]).read_bytes().startswith(b"%PDF-")
    assert read_addresses(tmp_path / "var") == {}
    second = play(tmp_path / "var")
    assert second["passed"]
    assert first["references"].keys() == second["references"].keys()
    assert not set(first["references"].values()) & set(second["references"].values())
