"""The one way to open a transaction."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from models import tracing

POOL_SIZE = 10
POOL_WAIT_S = 10
_CONNECTION = {
    # The locks of a machine that lost its power are free again within a minute.
    "options": "-c idle_in_transaction_session_timeout=60000",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


RESTED_S = 1.0
"""A connection that was used less long ago is taken without asking first whether it is still there."""


class Database:
    """A pool of connections to PostgreSQL. ``url`` as SQLAlchemy's asyncio takes it."""

    def __init__(self, url: str, *, pool_size: int = POOL_SIZE) -> None:
        self.engine = create_async_engine(
            url,
            # Kept once they are open: to open one, password and all, costs as much as a whole request.
            pool_size=2 * pool_size,
            max_overflow=0,
            pool_use_lifo=True,  # so that those in use need not be asked whether they are still there
            pool_timeout=POOL_WAIT_S,
            connect_args=_CONNECTION,
            # Errors are logged: what was to be stored (hashes, addresses, names) is not to be in their text.
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value, default=str).decode(),
            json_deserializer=orjson.loads,
        )
        _ping_what_has_rested(self.engine.sync_engine)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        each_by_itself = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._statements = async_sessionmaker(each_by_itself, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end of the block, or not at all."""
        with tracing.timed("transaction"):
            async with self._sessions.begin() as session:
                yield session

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[AsyncSession]:
        """A session whose statements are each committed by themselves, which saves two round trips."""
        async with self._statements() as session:
            yield session

    async def is_ready(self) -> bool:
        """Whether the database answers and its schema is there."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(sa.text("SELECT 1 FROM alembic_version"))
        except (sa.exc.SQLAlchemyError, OSError):
            return False
        return True

    async def close(self) -> None:
        await self.engine.dispose()


def _ping_what_has_rested(engine: sa.Engine) -> None:
    """As the pool's own ``pool_pre_ping`` does before each use, which costs a round trip every time."""

    @sa.event.listens_for(engine, "checkin")
    def note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_s"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def ask(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        rested_s = time.monotonic() - record.info.get("used_s", time.monotonic())
        if rested_s > RESTED_S and not _is_there(engine, connection):
            raise InvalidatePoolError


def _is_there(engine: sa.Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False
