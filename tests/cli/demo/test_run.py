import os
import subprocess
import sys
from pathlib import Path

from cli.supervisor.records import held


def test_a_demo_on_a_folder_that_is_in_use_says_so_and_leaves_its_report_alone(tmp_path: Path) -> None:
    report = tmp_path / "demo" / "report.json"
    report.parent.mkdir()
    report.write_text("of the one that runs")
    with held(tmp_path):
        done = subprocess.run(
            (sys.executable, "-m", "cli", "demo", "--exit"),
            env=os.environ | {"STATIONMASTER_VAR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert f"The demo failed: Stationmaster already runs on {tmp_path}" in done.stderr
    assert "Traceback" not in done.stderr
    assert report.read_text() == "of the one that runs"
