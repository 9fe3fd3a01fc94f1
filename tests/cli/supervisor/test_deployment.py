"""What the embedded house's programs are told by the environment that they are started in."""

import pytest

from cli.supervisor.deployment import bare_environment


@pytest.mark.parametrize("name", ["TEMPORAL_ADDRESS", "PGHOST", "DATABASE_URL", "STATIONMASTER_PORT_API"])
def test_what_the_caller_says_of_other_servers_is_kept_from_ours(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("STATIONMASTER_LANGUAGE", "nl")
    told = bare_environment()
    assert name not in told
    assert told["STATIONMASTER_LANGUAGE"] == "nl"


def test_our_programs_keep_what_python_has_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in bare_environment()
