import socket
from pathlib import Path

import pytest

from cli.supervisor.ports import WANTED, BadPort, choose_ports, free_port


def anywhere(**asked: int) -> dict[str, str]:
    """An environment that asks for some ports, and for any free one for the others."""
    numbers = dict.fromkeys(WANTED, 0) | asked
    return {f"STATIONMASTER_PORT_{name.upper()}": str(port) for name, port in numbers.items()}


def test_a_taken_port_moves_and_the_wanted_one_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ports = choose_ports(tmp_path / "ports.json", anywhere(api=taken))
    assert ports["api"] > taken
    assert ports.moved == {"api": taken}


def test_a_free_port_that_was_asked_for_is_taken(tmp_path: Path) -> None:
    asked = free_port()
    ports = choose_ports(tmp_path / "ports.json", anywhere(csms=asked))
    assert ports["csms"] == asked
    assert ports.moved == {}


def test_the_next_start_takes_the_same_ports(tmp_path: Path) -> None:
    first = choose_ports(tmp_path / "ports.json", anywhere())
    assert choose_ports(tmp_path / "ports.json", anywhere()).numbers == first.numbers
    assert choose_ports(tmp_path / "ports.json", {}).numbers == first.numbers


def test_no_two_servers_share_a_port(tmp_path: Path) -> None:
    asked = free_port()
    ports = choose_ports(tmp_path / "ports.json", anywhere(api=asked, csms=asked))
    assert len(set(ports.numbers.values())) == len(WANTED)


@pytest.mark.parametrize("text", ["x", "-1", "65536", "80.5"])
def test_a_port_that_is_none_is_named_with_its_remedy(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadPort, match=r"STATIONMASTER_PORT_API is .*: give a port from 1 to 65535"):
        choose_ports(tmp_path / "ports.json", anywhere() | {"STATIONMASTER_PORT_API": text})


def test_a_damaged_file_of_kept_ports_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text("{")
    assert choose_ports(tmp_path / "ports.json", anywhere())["api"]
