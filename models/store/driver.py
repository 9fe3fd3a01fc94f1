"""PostgreSQL by its driver itself, in the transaction of a session: arrays in, COPY where rows are added.

SQLAlchemy has no COPY, and takes longer for a statement than PostgreSQL does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

_KEY = "driver"


_WHOLE_NUMBER = "int4"
_WHOLE_NUMBERS = range(-(2**31), 2**31)


@dataclass(frozen=True)
class Table:
    """Columns with the types that the database has for them; what is of type jsonb is written as JSON."""

    name: str
    columns: Mapping[str, str]

    @cached_property
    def copying(self) -> bytes:
        return f"COPY {self.name} ({', '.join(self.columns)}) FROM STDIN (FORMAT binary)".encode()

    @cached_property
    def whole_numbers(self) -> tuple[int, ...]:
        """The places of these among the columns."""
        return tuple(place for place, type_ in enumerate(self.columns.values()) if type_ == _WHOLE_NUMBER)


async def rows(
    session: AsyncSession, statement: str, values: Sequence[Any] | Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """What the statement gives, if it gives anything.

    An array's place is ``%b``: the driver writes one in binary form in a fraction of the time that text takes.
    """
    driver = await _driver(session)
    cursor = await driver.execute(statement.encode(), values, prepare=True, binary=True)
    return await cursor.fetchall() if cursor.description else []


async def copy(session: AsyncSession, table: Table, added: Sequence[tuple[Any, ...]]) -> None:
    """Adds the rows. Raises psycopg.DataError where a value is none that the database takes."""
    if not added:
        return
    driver = await _driver(session)
    async with driver.cursor() as cursor, cursor.copy(table.copying) as into:
        # Else the driver asks for the type of each value, which takes longer than all else about a row.
        into.set_types(list(table.columns.values()))
        for row in added:
            _check_whole_numbers(row, table.whole_numbers)
            await into.write_row(row)


def _check_whole_numbers(row: tuple[Any, ...], places: Iterable[int]) -> None:
    """The driver cuts those that are too large, and says nothing."""
    for place in places:
        value = row[place]
        if value is not None and value not in _WHOLE_NUMBERS:
            raise psycopg.DataError("a whole number is out of range")


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
