"""Transactions of OCPP 2, many at a time; of each station at most one. The stations' rows are held."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from models.rules.charging_session import ChargingSession
from models.store import driver
from models.tables.charging import TRANSACTION_NUMBER


class Row(NamedTuple):
    """``sequence`` is what its events told so far (``models.rules.sequence.Known``)."""

    id: UUID
    number: int
    connector: int | None
    is_test: bool
    sequence: Mapping[str, Any]


_KEY = ("id", "number", "asset_id", "station_transaction")
_TOLD = (*ChargingSession.model_fields, "sequence")
_ROWS = """
    SELECT t.asset_id, t.station_transaction, t.id, t.number, t.connector, t.is_test, coalesce(t.sequence, '{}')
    FROM unnest(%b::uuid[], %b::text[]) AS s (asset_id, theirs)
    JOIN charging_transaction t ON t.asset_id = s.asset_id AND t.station_transaction = s.theirs
    ORDER BY t.number FOR NO KEY UPDATE OF t
"""
_NUMBERS = f"SELECT nextval('{TRANSACTION_NUMBER.name}') FROM generate_series(1, %s)"  # noqa: S608 - a name of ours
_STOPS_BEFORE = """
    SELECT s.id, (
        SELECT e.meter_stop_wh FROM charging_transaction e
        WHERE e.asset_id = s.asset_id AND e.connector = s.connector AND e.stopped_at <= s.started_at AND e.id <> s.id
        ORDER BY e.stopped_at DESC LIMIT 1
    )
    FROM unnest(%b::uuid[], %b::uuid[], %b::int4[], %b::timestamptz[]) AS s (id, asset_id, connector, started_at)
"""
_WRITE = f"""
    INSERT INTO charging_transaction ({", ".join((*_KEY, *_TOLD))})
    SELECT {", ".join((*_KEY, *_TOLD))} FROM json_populate_recordset(NULL::charging_transaction, %s::json)
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _TOLD)}
"""  # noqa: S608 - names of ours


async def rows(session: AsyncSession, wanted: Sequence[tuple[UUID, str]]) -> Mapping[tuple[UUID, str], Row]:
    """The stations' transactions with these ids of their own, locked."""
    found = await driver.rows(session, _ROWS, driver.columns(wanted, 2))
    return {(asset_id, theirs): Row(*told) for asset_id, theirs, *told in found}


async def numbers(session: AsyncSession, count: int) -> list[int]:
    """For new ones."""
    return [number for (number,) in await driver.rows(session, _NUMBERS, (count,))]


async def stops_before(
    session: AsyncSession, started: Sequence[tuple[UUID, UUID, int, datetime]]
) -> Mapping[UUID, int | None]:
    """Where the connector's meter stood at the end of the last transaction before each; ``started`` holds its id, its
    station, its connector and when it began."""
    return dict(await driver.rows(session, _STOPS_BEFORE, driver.columns(started, 4)))


async def write(session: AsyncSession, changed: Sequence[Mapping[str, Any]]) -> None:
    """Adds the new ones, and changes the others."""
    await driver.rows(session, _WRITE, (orjson.dumps(changed).decode(),))
