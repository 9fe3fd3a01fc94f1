"""The one way to open a transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

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


class Database:
    """A pool of connections to PostgreSQL. ``url`` as SQLAlchemy's asyncio takes it."""

    def __init__(self, url: str, *, pool_size: int = POOL_SIZE) -> None:
        self.engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=POOL_WAIT_S,
            pool_pre_ping=True,
            connect_args=_CONNECTION,
            # Errors are logged: what was to be stored (hashes, addresses, names) is not to be in their text.
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value, default=str).decode(),
            json_deserializer=orjson.loads,
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end of the block, or not at all."""
        with tracing.timed("transaction"):
            async with self._sessions.begin() as session:
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
