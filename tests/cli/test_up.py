import json
import os
import signal
import socket
from pathlib import Path

import httpx
import psycopg
import pytest

from cli.supervisor.records import Address, read_addresses
from tests.cli.house import House, until


def database_url(folder: Path, addresses: dict[str, Address]) -> str:
    password = json.loads((folder / "secrets.json").read_text())["postgres_password"]
    return addresses["postgres"].url.replace("@", f":{password}@")


def write_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")


def row(url: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT word FROM kept").fetchone()


def accepts(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_signal_ends_everything_in_good_order(tmp_path: Path) -> None:
    with House(tmp_path / "var", "postgres", "partner") as house:
        addresses = house.wait_until_up()
        assert set(addresses) == {"postgres", "partner"}
        assert all(address.process.runs() for address in addresses.values())
        assert house.end(signal.SIGTERM) == 0
    assert not any(address.process.runs() for address in addresses.values())
    assert read_addresses(house.folder) == {}
    assert "database system is shut down" in (house.folder / "log" / "postgres.log").read_text()


def test_a_signal_during_the_start_ends_what_has_started(tmp_path: Path) -> None:
    with House(tmp_path / "var", "postgres", "partner") as house:
        until(lambda: read_addresses(house.folder))
        begun = read_addresses(house.folder)
        assert house.end(signal.SIGINT) == 0
    assert not any(address.process.runs() for address in begun.values())


def test_data_and_ports_are_there_again_at_the_next_start(tmp_path: Path) -> None:
    with House(tmp_path / "var", "postgres") as house:
        first = house.wait_until_up()
        write_row(database_url(house.folder, first))
        assert house.end(signal.SIGHUP) == 0, "as when its terminal is closed"
    with House(tmp_path / "var", "postgres") as house:
        second = house.wait_until_up()
        assert second["postgres"].url == first["postgres"].url
        assert row(database_url(house.folder, second)) == ("here",)


@pytest.mark.hard
def test_a_killed_server_comes_back_with_its_data(tmp_path: Path) -> None:
    with House(tmp_path / "var", "postgres") as house:
        first = house.wait_until_up()["postgres"]
        url = database_url(house.folder, {"postgres": first})
        write_row(url)
        os.kill(first.process.pid, signal.SIGKILL)
        until(lambda: not first.process.runs())
        until(lambda: accepts(url))
        assert row(url) == ("here",)
        assert "postgres was ended by signal 9; it is started again." in house.said()


@pytest.mark.hard
def test_after_a_kill_of_the_supervisor_nothing_is_left_and_the_next_start_just_works(tmp_path: Path) -> None:
    with House(tmp_path / "var", "postgres", "partner") as house:
        first = house.wait_until_up()
        write_row(database_url(house.folder, first))
        house.end(signal.SIGKILL)
    until(lambda: not any(address.process.runs() for address in first.values()))
    with House(tmp_path / "var", "postgres", "partner") as house:
        second = house.wait_until_up()
        assert second["postgres"].url == first["postgres"].url
        assert row(database_url(house.folder, second)) == ("here",)


def test_a_second_one_on_the_same_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with House(tmp_path / "var", "postgres") as first:
        addresses = first.wait_until_up()
        with House(tmp_path / "var", "postgres") as second:
            assert second.process.wait(30) == 1
        assert f"already runs on {tmp_path / 'var'} (process {first.process.pid})" in second.said()
        assert accepts(database_url(first.folder, addresses))


def test_a_taken_port_is_told_in_the_table(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with House(tmp_path / "var", "postgres", ports={"postgres": taken}) as house:
            addresses = house.wait_until_up()
            assert f":{taken}/" not in addresses["postgres"].url
            assert f"({taken} was taken)" in house.said()


def test_no_secret_is_in_a_log_or_in_the_addresses(tmp_path: Path) -> None:
    programs = ("postgres", "migrate", "grid_operator", "mailbox", "partner")
    with House(tmp_path / "var", *programs) as house:
        house.wait_until_up()
        secrets = json.loads((house.folder / "secrets.json").read_text())
        readable = [house.folder / "addresses.json", *(house.folder / "log").iterdir()]
        written = "".join(path.read_text() for path in readable)
        del secrets["administrator_password"]  # the one that the table is there to show
        shown = house.said()
        house.end()
    assert {path.stem for path in readable} >= set(programs)
    assert not [name for name, secret in secrets.items() if secret in written + shown]
    assert (house.folder / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_an_unknown_program_or_port_is_said_in_one_line(tmp_path: Path) -> None:
    with House(tmp_path / "var", "postgress") as house:
        assert house.process.wait(30) == 1
    assert "There is no program named postgress." in house.said()
    assert "Traceback" not in house.said()
    with House(tmp_path / "other", "postgres", ports={"api": -1}) as house:
        assert house.process.wait(30) == 1
    assert "STATIONMASTER_PORT_API is '-1'" in house.said()


@pytest.mark.hard
def test_temporal_starts_with_its_ui_and_keeps_its_state_when_it_is_killed(tmp_path: Path) -> None:
    with House(tmp_path / "var", "temporal") as house:
        first = house.wait_until_up()
        assert httpx.get(first["temporal_ui"].url, follow_redirects=True, trust_env=False).status_code == 200
        os.kill(first["temporal"].process.pid, signal.SIGKILL)
        until(lambda: "temporal was ended by signal 9" in house.said())
        until(lambda: read_addresses(house.folder).get("temporal", first["temporal"]) != first["temporal"])
        again = read_addresses(house.folder)
        assert {name: a.url for name, a in again.items()} == {name: a.url for name, a in first.items()}
        assert house.end() == 0
    assert (house.folder / "temporal" / "temporal.db").stat().st_size > 0
