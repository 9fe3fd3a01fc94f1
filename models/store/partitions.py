"""The parts of tables that are cut by time. They lie in the schema ``partitions``; the rest takes what has no part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models.rules.partitions import Part, Span

_ONE_AT_A_TIME = 7_301_948
_WAITING_MS = 5_000
"""A part is made and dropped under a lock that keeps all stations waiting: rather later than after long."""


@dataclass(frozen=True, slots=True)
class CutTable:
    """A table and the column by which it is cut."""

    name: str
    column: str
    span: Span


MESSAGES = CutTable("station_message", "at", Span.DAY)
READINGS = CutTable("meter_reading", "received_at", Span.WEEK)
FRAMES = CutTable("raw_frame", "received_at", Span.MONTH)


async def take_turn(session: AsyncSession) -> bool:
    """Whether nobody else makes or drops parts until this transaction ends."""
    await session.execute(sa.text(f"SET LOCAL lock_timeout = {_WAITING_MS}"))
    return bool((await session.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_ONE_AT_A_TIME)))).scalar_one())


async def names(session: AsyncSession, table: CutTable) -> set[str]:
    """Of the parts that are there, without the rest."""
    found = await session.execute(
        sa.text(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = CAST(:parent AS regclass) AND c.relname <> :rest"
        ),
        {"parent": table.name, "rest": f"{table.name}_rest"},
    )
    return set(found.scalars())


async def days_in_rest(session: AsyncSession, table: CutTable) -> Sequence[date]:
    column = sa.column(table.column, sa.DateTime(timezone=True))
    day = sa.cast(sa.func.timezone("UTC", column), sa.Date)
    found = await session.execute(sa.select(day).select_from(_rest(table)).distinct())
    return found.scalars().all()


async def add(session: AsyncSession, table: CutTable, part: Part) -> None:
    """Makes the part and moves there what the rest has of it."""
    own, rest = f"partitions.{part.name(table.name)}", f"partitions.{table.name}_rest"
    bounds = {"start": part.start, "end": part.end}
    within = f"{table.column} >= '{bounds['start']}Z' AND {table.column} < '{bounds['end']}Z'"
    statements = (
        f"LOCK TABLE {rest} IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {own} (LIKE {table.name} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        f"INSERT INTO {own} SELECT * FROM {rest} WHERE {within}",  # noqa: S608 - names and dates of our own
        f"DELETE FROM {rest} WHERE {within}",  # noqa: S608 - as above
        f"ALTER TABLE {table.name} ATTACH PARTITION {own} FOR VALUES FROM ('{part.start}Z') TO ('{part.end}Z')",
    )
    for statement in statements:
        await session.execute(sa.text(statement))


async def drop(session: AsyncSession, name: str) -> None:
    """``name`` is one of ``names``."""
    await session.execute(sa.text(f'DROP TABLE partitions."{name}"'))


async def delete_from_rest(session: AsyncSession, table: CutTable, before: datetime) -> None:
    column: sa.ColumnClause[datetime] = sa.column(table.column)
    await session.execute(sa.delete(_rest(table)).where(column < before))


def parts_among(table: CutTable, names: set[str]) -> Iterator[tuple[str, date]]:
    """Each part's name with the day on which it begins."""
    for name in sorted(names):
        written = name.removeprefix(f"{table.name}_")
        yield name, date(int(written[:4]), int(written[4:6]), int(written[6:8]))


def _rest(table: CutTable) -> sa.TableClause:
    return sa.table(f"{table.name}_rest", schema="partitions")
