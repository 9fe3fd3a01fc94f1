"""PostgreSQL by its driver itself, in the transaction of a session: arrays in, COPY where rows are added.

SQLAlchemy has no COPY, and takes longer for a statement than PostgreSQL does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

_KEY = "driver"


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[str, ...]


async def rows(session: AsyncSession, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What the statement gives, if it gives anything."""
    driver = await _driver(session)
    cursor = await driver.execute(statement.encode(), values, prepare=True)
    return await cursor.fetchall() if cursor.description else []


async def copy(session: AsyncSession, table: Table, added: Iterable[tuple[Any, ...]]) -> None:
    """Adds the rows. Raises psycopg.DataError where a value is none that the database takes."""
    text = "".join(["\t".join(map(_written, row)) + "\n" for row in added])
    if not text:
        return
    driver = await _driver(session)
    statement = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
    async with driver.cursor() as cursor, cursor.copy(statement.encode()) as into:
        await into.write(text)


def _written(value: Any) -> str:
    """As COPY reads it. The driver asks for the type of each value, which takes longer than all else about a row."""
    if value is None:
        return r"\N"
    if not isinstance(value, str):
        return str(value)
    text = value.replace("\\", r"\\")
    return text.replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


def columns(of: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    """The rows as one array for each of their columns."""
    return [list(column) for column in zip(*of, strict=True)] if of else [[] for _ in range(count)]


async def _driver(session: AsyncSession) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """Asked for once in a transaction, which a session has only one of."""
    known = session.info.get(_KEY)
    if isinstance(known, psycopg.AsyncConnection):
        return known
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"{type(driver)} is no connection of psycopg")
    session.info[_KEY] = driver
    return driver
