"""The simulator as the program it is: it comes back with its stations after it was killed."""

from pathlib import Path

import httpx
import pytest

from tests.sandbox_programs import start_program

DESCRIBED = {"identity": "CP-1", "key": "factory", "url": "ws://127.0.0.1:9/ocpp", "serial": "SN-1"}


@pytest.mark.step("P14")
def test_the_program_comes_back_with_its_stations_after_a_kill(tmp_path: Path) -> None:
    program = start_program("stations", {"SANDBOX_STATE": str(tmp_path)})
    try:
        assert httpx.post(f"{program.url}/stations", json=DESCRIBED).status_code == 201
        assert httpx.post(f"{program.url}/stations/CP-1/plug-in").json()["connectors"][0]["plugged"] is True
        program.kill()
        program = program.started_again()
        station = httpx.get(f"{program.url}/stations/CP-1").json()
        assert station["powered"] is True
        assert station["connectors"][0]["plugged"] is True
        assert program.stop() == 0
    finally:
        program.kill()
