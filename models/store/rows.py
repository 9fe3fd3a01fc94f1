"""New rows of several tables, written together by one statement instead of one for each table."""

import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

TOGETHER = 20
"""Rows in one statement; each number and order of tables is a statement of its own to prepare."""

_Shape = tuple[sa.Table, tuple[str, ...]]
"""A table, and those of its columns that the database does not fill in by itself."""


async def insert(session: AsyncSession, rows: Sequence[SQLModel]) -> None:
    """Rows that the session does not know. What the database fills in by itself is not read back.

    They may point to each other: references are checked when the statement is done.
    """
    in_order = sorted(rows, key=lambda row: _places()[_table(row)])
    for first in range(0, len(in_order), TOGETHER):
        await _insert(session, in_order[first : first + TOGETHER])


async def _insert(session: AsyncSession, rows: Sequence[SQLModel]) -> None:
    shapes = tuple(_shape(row) for row in rows)
    values = {
        f"{name}_{place}": getattr(row, name)
        for place, (row, (_, names)) in enumerate(zip(rows, shapes, strict=True))
        for name in names
    }
    await session.execute(_statement(shapes), values)


def _table(row: SQLModel) -> sa.Table:
    table: sa.Table = sa.inspect(type(row)).local_table
    return table


@functools.cache
def _places() -> dict[sa.Table, int]:
    """Tables in an order in which none points to a later one."""
    return {table: place for place, table in enumerate(SQLModel.metadata.sorted_tables)}


def _shape(row: SQLModel) -> _Shape:
    table = _table(row)
    return table, tuple(
        column.name
        for column in table.columns
        if column.server_default is None or getattr(row, column.name) is not None
    )


@functools.lru_cache(maxsize=500)
def _statement(shapes: tuple[_Shape, ...]) -> Any:
    *others, last = [_insertion(shape, place) for place, shape in enumerate(shapes)]
    return last.add_cte(*(each.cte(f"row_{place}") for place, each in enumerate(others)))


def _insertion(shape: _Shape, place: int) -> sa.Insert:
    table, names = shape
    given = {name: sa.bindparam(f"{name}_{place}", type_=table.c[name].type) for name in names}
    return table.insert().inline().values(given)
