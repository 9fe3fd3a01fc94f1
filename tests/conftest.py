"""Real PostgreSQL: one server and one migrated template per run, and a database of its own for each test."""

import asyncio
import dataclasses
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import psycopg
import pytest
import sqlalchemy as sa
import structlog
from fastapi import FastAPI
from hypothesis import HealthCheck
from pydantic import SecretStr
from structlog.processors import JSONRenderer

from api.app import create_app, serving
from cli.supervisor.postgres import EmbeddedPostgres
from models.clock import utc_now
from models.migrate import upgrade
from models.settings import Settings
from models.store.database import Database
from models.tables.base import new_id
from models.usecases.work import Desk, Terms
from tests.people import World, populate
from tests.recording import RecordingRelay

# How quick it is no test judges: they run beside each other on few cores.
hypothesis.settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.load_profile("anywhere")

EMPTY, PEOPLED = "empty", "peopled"
MEMORY, MEMORY_NEEDED_BYTES = Path("/dev/shm"), 2 * 2**30  # noqa: S108 - only for a folder of our own in it
KEYS = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        JSONRenderer(default=str),
    ]
)


_COMPILED: dict[Any, Any] = {}
_DIALECTS: dict[type[sa.Dialect], sa.Dialect] = {}


@sa.event.listens_for(sa.Engine, "engine_connect")
def _compile_once(connection: sa.Connection) -> None:
    """What a statement was compiled to is kept for its dialect, and each engine has a dialect of its own. Here, where
    each test has an engine, all take the first one's, or as much time would go into compiling as into many a test."""
    if connection.dialect.is_async:
        connection.dialect = _DIALECTS.setdefault(type(connection.dialect), connection.dialect)
        connection.execution_options(compiled_cache=_COMPILED)


class Server:
    """A server with databases to copy from. The next copy is made while a test runs on the last one."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self.postgres = postgres
        self._connection = psycopg.connect(postgres.url("postgres"), autocommit=True)
        self._one_at_a_time = ThreadPoolExecutor(1)
        self._next: dict[str, Future[str]] = {}
        self._made: dict[str, Any] = {}

    def execute(self, statement: str) -> None:
        self._connection.execute(statement.encode())

    def copy(self, template: str, name: str) -> str:
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def made(self, name: str, source: str, make: Callable[[Settings], Coroutine[Any, Any, Any]]) -> Any:
        """What was said where the template of this name was made from a copy of the source: once a run."""
        if name not in self._made:
            made = make(settings_for(self.postgres.url(self.copy(source, name))))
            with ThreadPoolExecutor(1) as aside:  # the tests' own loop stays as it is
                self._made[name] = aside.submit(asyncio.run, made).result()
        return self._made[name]

    @contextmanager
    def copied(self, template: str) -> Iterator[Settings]:
        name = (self._next.pop(template, None) or self._prepared(template)).result()
        self._next[template] = self._prepared(template)
        yield settings_for(self.postgres.url(name))
        self._one_at_a_time.submit(self.execute, f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._one_at_a_time.shutdown()
        self._connection.close()
        self.postgres.stop()

    def _prepared(self, template: str) -> Future[str]:
        return self._one_at_a_time.submit(self.copy, template, f"test_{new_id().hex}")


def settings_for(url: str) -> Settings:
    return Settings(database_url=SecretStr(url), keys=SecretStr(KEYS), operator_name="Test Charging")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="stationmaster-test-", dir=_in_memory()) as folder:
        embedded = EmbeddedPostgres(Path(folder), durable=False)
        embedded.start()
        server = Server(embedded)
        try:
            server.execute(f"CREATE DATABASE {EMPTY}")
            upgrade(settings_for(embedded.url(EMPTY)))
            yield server
        finally:
            server.stop()


def _in_memory() -> Path | None:
    """Where files need no disk; None where there is no such place with room. A disk spends more time on our thousands
    of copies than the tests themselves take."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED_BYTES else None


@pytest.fixture(scope="session")
async def peopled(postgres: Server) -> World:
    """A world in a template of its own: made once, copied for each test."""
    settings = settings_for(postgres.postgres.url(postgres.copy(EMPTY, PEOPLED)))
    database = Database(settings.sqlalchemy_url)
    world = await populate(Desk(database, Terms.of(settings)))
    await database.close()
    return world


@asynccontextmanager
async def at_desk(peopled: World, settings: Settings) -> AsyncIterator[World]:
    """The world as these settings lead to it."""
    database = Database(settings.sqlalchemy_url)
    yield dataclasses.replace(peopled, desk=Desk(database, Terms.of(settings)))
    await database.close()


@pytest.fixture
def step(request: pytest.FixtureRequest) -> str | None:
    """How far the road is to be walked before the test."""
    mark = request.node.get_closest_marker("walked")
    return mark and str(mark.args[0])


@pytest.fixture
def template(request: pytest.FixtureRequest) -> str:
    """What the test's database is a copy of: with the world in it where the test asks for that."""
    if "world" not in request.fixturenames:
        return EMPTY
    request.getfixturevalue("peopled")
    return PEOPLED


@pytest.fixture
def settings(postgres: Server, template: str) -> Iterator[Settings]:
    """Settings that lead to a fresh database of this test's own."""
    with postgres.copied(template) as own:
        yield own


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = Database(settings.sqlalchemy_url)
    yield opened
    await opened.close()


@pytest.fixture
def desk(database: Database, settings: Settings) -> Desk:
    return Desk(database, Terms.of(settings))


@pytest.fixture
def world(peopled: World, desk: Desk) -> World:
    """The operator and its partners with their people, products with their questions, one tender."""
    return dataclasses.replace(peopled, desk=desk)


@pytest.fixture
def relay() -> RecordingRelay:
    return RecordingRelay()


@pytest.fixture(scope="session")
def routed() -> FastAPI:
    """The API's routes, which take their time to be put together; each test serves them from a database of its own."""
    return create_app(settings_for("postgresql://"))


@pytest.fixture
async def app(routed: FastAPI, settings: Settings, relay: RecordingRelay) -> AsyncIterator[FastAPI]:
    async with serving(settings, utc_now, lambda _desk, _client: relay, routed):
        yield routed


def calling(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://stationmaster.test")


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the API without a login; ``world`` has people whose ``headers`` log in."""
    async with calling(app) as client:
        yield client


_STATUS = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """A process that has used temporalio may die while it exits (sdk-python #300): everything is said and done here."""
    status = config.stash.get(_STATUS, None)
    if status is not None and "temporalio.bridge" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
