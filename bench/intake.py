"""Placement intake through HTTP with an API key, beside a bare insert of the same rows."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import sqlalchemy as sa
from sqlmodel import SQLModel

from bench import road
from bench.house import House
from bench.measured import Times, at_pace, flat_out
from models.tables.base import new_id
from models.tables.handover import Handover

PER_SECOND = 50.0
HANDS = 16
TRY_AGAIN_AFTER_S = 0.2
WARMING_UP = 20
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Intake:
    times: Times
    """At 50 a second."""
    per_second: float
    """With 16 at once."""


class Requests:
    """Numbers the requests, so that each is for a place of its own; keeps what they were called."""

    def __init__(self, house: House, first: int) -> None:
        self._house = house
        self._first = first
        self.references: list[str] = []
        self.refused = 0

    async def post(self, _number: int) -> None:
        """A 503 is tried again under the same key, and counts as time."""
        self._first += 1
        body, key = road.request(self._first), {"Idempotency-Key": str(uuid4())}
        answer = await self._house.city.http.post("/v1/placement-requests", json=body, headers=key)
        while answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            self.refused += 1
            await asyncio.sleep(TRY_AGAIN_AFTER_S)
            answer = await self._house.city.http.post("/v1/placement-requests", json=body, headers=key)
        answer.raise_for_status()
        self.references.append(answer.json()["reference"])


async def measure(requests: Requests, count: int, seconds: float) -> Intake:
    """First ``count`` at their pace, then as many as there can be for some seconds. The pools are filled before."""
    await asyncio.gather(*(requests.post(number) for number in range(WARMING_UP)))
    times = Times.of(await at_pace(requests.post, PER_SECOND, count))
    return Intake(times, await flat_out(requests.post, HANDS, seconds))


async def floor(house: House, reference: str, count: int, seconds: float) -> Intake:
    """The rows that one request makes, inserted anew under other names by a pool like the API's, one commit each."""
    rows = await _rows_of(house, reference)
    names = _own_names(rows)

    async def insert(_number: int) -> None:
        anew = {reference: f"B-{new_id().hex}", **{name: str(new_id()) for name in names}}
        async with house.database.transaction() as session:
            for table, row in rows:
                await session.execute(table.insert().values(_renamed(row, anew)))

    times = Times.of(await at_pace(insert, PER_SECOND, count))
    return Intake(times, await flat_out(insert, HANDS, seconds))


Rows = list[tuple[sa.Table, dict[str, Any]]]


async def _rows_of(house: House, reference: str) -> Rows:
    """What the transaction of the request has written, in the order in which rows lean on others."""
    handover = SQLModel.metadata.tables[str(Handover.__tablename__)]
    made_by = sa.text("SELECT xmin::text FROM placement_request WHERE reference = :reference")
    async with house.database.transaction() as session:
        number = (await session.execute(made_by, {"reference": reference})).scalar_one()
        rows: Rows = []
        for table in SQLModel.metadata.sorted_tables:
            if table is handover:  # its row was written anew when it was delivered
                written = sa.and_(handover.c.workflow_id == f"placement-{reference}", handover.c.number == 1)
            else:
                written = sa.literal_column(f"{table.name}.xmin::text") == number
            found = await session.execute(sa.select(table).where(written))
            rows += [(table, _told(row)) for row in found.mappings()]
    return rows


def _told(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Without what the database gives by itself: numbers in a row."""
    known = {name: value for name, value in row.items() if value is not None}
    if isinstance(known.get("id"), int):
        del known["id"]
    return known


def _own_names(rows: Rows) -> set[str]:
    """The ids that the rows have brought into the world themselves, as text."""
    keys = [
        row[column.name]
        for table, row in rows
        for column in table.primary_key
        if column.name in row and not column.foreign_keys
    ]
    return {str(key) for key in keys if _UUID.fullmatch(str(key))}


def _renamed(row: dict[str, Any], anew: dict[str, str]) -> dict[str, Any]:
    """The row under its new names, wherever they stand in it."""
    return {name: _as_it_was(value, _replaced(value, anew)) for name, value in row.items()}


def _replaced(value: Any, anew: dict[str, str]) -> str:
    text = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
    for before, after in anew.items():
        text = text.replace(before, after)
    return text


def _as_it_was(value: Any, text: str) -> Any:
    """The text as a value of the same type."""
    match value:
        case UUID():
            return UUID(text)
        case dict():
            return orjson.loads(text)
        case str():
            return text
        case _:
            return value
