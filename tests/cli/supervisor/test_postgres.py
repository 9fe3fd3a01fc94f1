import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from cli.supervisor import installation
from cli.supervisor.identity import ProcessIdentity
from cli.supervisor.postgres import EmbeddedPostgres, PostgresFailed
from tests.cli.house import until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="shows what root alone meets")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    postgres.start()
    yield postgres
    postgres.stop()


def write_row(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'here' AS word")


def row(server: EmbeddedPostgres) -> str:
    with psycopg.connect(server.url()) as connection:
        found = connection.execute("SELECT word FROM kept").fetchone()
    assert found is not None
    return str(found[0])


def pid_of(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def test_the_server_serves_loopback_only_and_asks_for_the_password(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url()) as connection:
        asked = "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        assert connection.execute(asked).fetchone() == ("127.0.0.1", "")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url().replace(server.password, "wrong"))
    assert "scram-sha-256" in (server.data / "pg_hba.conf").read_text()
    assert "trust" not in [line.split()[-1] for line in (server.data / "pg_hba.conf").read_text().splitlines() if line]


def test_data_is_there_again_after_a_stop(server: EmbeddedPostgres) -> None:
    write_row(server)
    server.stop()
    server.start()
    assert row(server) == "here"


def test_data_is_there_again_after_a_kill(server: EmbeddedPostgres) -> None:
    write_row(server)
    os.kill(pid_of(server), signal.SIGKILL)
    server.stop()
    server.start()
    assert row(server) == "here"


def test_a_lock_file_whose_number_another_process_has_by_now_is_in_nobodys_way(server: EmbeddedPostgres) -> None:
    lock = server.data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    server.stop()
    user = server.account.uid if server.account else None
    with subprocess.Popen(("/bin/sleep", "60"), user=user) as bystander:
        lock.write_text("\n".join([str(bystander.pid), *lines[1:]]))
        if server.account:
            os.chown(lock, server.account.uid, server.account.gid)
        server.start()
        assert bystander.poll() is None
        bystander.kill()


def test_a_server_that_still_serves_the_data_is_ended_first(server: EmbeddedPostgres) -> None:
    write_row(server)
    first = ProcessIdentity.of(pid_of(server))
    second = EmbeddedPostgres(server.folder, password=server.password, durable=False)
    second.start()
    assert first is not None
    assert not first.runs()
    assert row(second) == "here"
    second.stop()


def test_a_dead_servers_busy_backend_is_not_waited_for(server: EmbeddedPostgres) -> None:
    write_row(server)
    with closing(psycopg.connect(server.url(), autocommit=True)) as busy:
        backend = ProcessIdentity.of(busy.info.backend_pid)
        assert backend is not None
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000000)")
        until(lambda: "SELECT" in Path(f"/proc/{backend.pid}/cmdline").read_text())
        os.kill(pid_of(server), signal.SIGKILL)
        server.stop()
        assert backend.runs()
        server.start()
    assert not backend.runs()
    assert row(server) == "here"


def test_another_password_than_the_datas_is_said_at_once(server: EmbeddedPostgres) -> None:
    server.stop()
    with pytest.raises(PostgresFailed, match=r"password does not fit .* put the secrets.json"):
        EmbeddedPostgres(server.folder, durable=False).start()


def test_a_folder_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data.unfinished"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    postgres = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    postgres.start()
    postgres.stop()
    assert not half.exists()


def test_the_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from cli.supervisor.postgres import EmbeddedPostgres\n"
        "EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False).start()\n"
        "print('up', flush=True)\n"
        "sys.stdin.read()\n"
    )
    folder = tmp_path / "postgres"
    with subprocess.Popen(  # noqa: S603 - the command is our own
        (sys.executable, "-c", program, str(folder)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        server = ProcessIdentity.of(int((folder / "data" / "postmaster.pid").read_text().splitlines()[0]))
        assert server is not None
        parent.kill()
    until(lambda: not server.runs())


@as_root
def test_root_runs_the_server_as_another_user_even_below_a_folder_closed_to_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    postgres = EmbeddedPostgres(closed / "postgres", durable=False)
    postgres.start()
    status = Path(f"/proc/{pid_of(postgres)}/status").read_text()
    write_row(postgres)
    postgres.stop()
    assert postgres.account is not None
    assert f"Uid:\t{postgres.account.uid}" in status
    assert postgres.data.stat().st_uid == postgres.account.uid


@as_root
def test_programs_that_another_user_cant_reach_are_copied_to_where_it_can(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = installation._package()
    closed = tmp_path_factory.mktemp("closed")
    reachable = Path("/tmp") / f"stationmaster-test-{os.getpid()}"  # noqa: S108 - the point: whoever may enter it
    for part in installation._parts(package):
        shutil.copytree(part, closed / part.name)
    monkeypatch.setattr(installation, "_package", lambda: closed / package.name)
    account = installation.server_account()
    assert account is not None
    try:
        programs = installation.postgres_programs(account, reachable)
        assert programs.is_relative_to(reachable)
        done = subprocess.run(  # noqa: S603 - the command is our own
            (programs / "initdb", "--version"), user=account.uid, env={}, capture_output=True, check=True
        )
        assert b"PostgreSQL" in done.stdout
        assert installation.postgres_programs(account, reachable) == programs
    finally:
        shutil.rmtree(reachable, ignore_errors=True)
