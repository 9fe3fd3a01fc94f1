"""What stations tell at high rates, for many stations in one transaction: arrays in, COPY where rows are added.

It goes by the driver itself: SQLAlchemy has no COPY, and takes longer for a statement than PostgreSQL does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from models.store.assets import REPLACED
from models.tables.asset import STATION_EVENT_CHANNEL
from models.tables.base import new_id


class Said(NamedTuple):
    """A station that was heard, by the identity that its socket was admitted for."""

    asset_id: UUID
    identity: str
    drift_s: float | None


class Heard(NamedTuple):
    """``held`` is False where somebody else works on the station at this moment; then nothing was written of it."""

    asset_id: UUID
    identity: str
    held: bool
    test_number: int
    stage: str


class Charge(NamedTuple):
    number: int
    asset_id: UUID
    is_test: bool
    has_stopped: bool
    meter_start_wh: int | None
    energy_wh: int
    irregularities: list[str]


class Judged(NamedTuple):
    """What is known of a token that was shown, and of the station where it was. ``place`` counts from 1."""

    place: int
    stage: str
    test_token_id: UUID | None
    token_id: UUID | None
    kind: str | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]


READINGS = Table(
    "meter_reading",
    ("received_at", "asset_id", "transaction_number", "connector", "sampled_at", "samples"),
    ("timestamptz", "uuid", "int4", "int4", "timestamptz", "text"),
)
FRAMES = Table(
    "raw_frame",
    ("received_at", "asset_id", "transaction_number", "action", "frame"),
    ("timestamptz", "uuid", "int4", "text", "text"),
)
CONNECTIONS = Table(
    "past_connection",
    ("id", "asset_id", "connection_id", "node", "remote_ip", "protocol", "connected_at"),
    ("uuid", "uuid", "text", "text", "text", "text", "timestamptz"),
)
EVENTS = Table(
    "station_event",
    ("asset_id", "kind", "test_number", "detail", "at"),
    ("uuid", "text", "int4", "text", "timestamptz"),
)
MESSAGES = Table(
    "station_message",
    (
        "id",
        "at",
        "asset_id",
        "connection_id",
        "direction",
        "action",
        "message_id",
        "payload",
        "answer",
        "error",
        "took_ms",
        "size",
    ),
    ("uuid", "timestamptz", "uuid", "uuid", "text", "text", "text", "text", "text", "text", "int4", "int4"),
)

# A station that lost its registration, or has other hardware, is not among the registered. What was so when the
# statement began is looked at again when its row is locked. Nobody is waited for: whoever is at a station for long
# would keep all others waiting.
_HEAR = """
    WITH said AS (
        SELECT * FROM unnest(%s::uuid[], %s::text[], %s::float8[]) AS s (id, identity, drift_s)
    ), registered AS (
        SELECT a.id, a.unit_id, s.identity, s.drift_s
        FROM said s JOIN asset a ON a.id = s.id JOIN unit u ON u.id = a.unit_id AND u.ocpp_identity = s.identity
        WHERE a.registered_at IS NOT NULL
    ), held AS (
        SELECT a.id, r.drift_s FROM asset a JOIN registered r ON r.id = a.id AND r.unit_id = a.unit_id
        WHERE a.registered_at IS NOT NULL ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED
    ), seen AS (
        UPDATE asset a SET last_seen_at = %s, clock_drift_s = coalesce(h.drift_s, a.clock_drift_s)
        FROM held h WHERE a.id = h.id RETURNING a.id, a.test_number, a.stage
    )
    SELECT r.id, r.identity, s.id IS NOT NULL, coalesce(s.test_number, 0), coalesce(s.stage, '')
    FROM registered r LEFT JOIN seen s ON s.id = r.id
"""
_CHARGES = """
    SELECT t.number, t.asset_id, t.is_test, t.stopped_at IS NOT NULL, t.meter_start_wh, t.energy_wh, t.irregularities
    FROM unnest(%s::int4[], %s::uuid[]) AS s (number, asset_id)
    JOIN charging_transaction t ON t.number = s.number AND t.asset_id = s.asset_id
    WHERE t.station_transaction IS NULL
    ORDER BY t.number FOR NO KEY UPDATE OF t
"""
_CHARGED = """
    UPDATE charging_transaction t SET energy_wh = s.energy_wh, irregularities = s.irregularities
    FROM unnest(%s::int4[], %s::int4[], %s::jsonb[]) AS s (number, energy_wh, irregularities) WHERE t.number = s.number
"""
_EVSES = """
    SELECT e.asset_id, e.connector, e.status, e.error_code
    FROM unnest(%s::uuid[], %s::int4[]) AS s (asset_id, connector)
    JOIN evse e ON e.asset_id = s.asset_id AND e.connector = s.connector
"""
_EVSES_TOLD = """
    UPDATE evse e SET status = s.status, error_code = s.error_code, status_at = s.at
    FROM unnest(%s::uuid[], %s::int4[], %s::text[], %s::text[], %s::timestamptz[])
        AS s (asset_id, connector, status, error_code, at)
    WHERE e.asset_id = s.asset_id AND e.connector = s.connector
"""
_CONNECT = """
    INSERT INTO station_connection
        (asset_id, connection_id, node, remote_ip, protocol, security_profile, connected_at)
    SELECT *, %s FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[])
    ON CONFLICT (asset_id) DO UPDATE SET connection_id = excluded.connection_id, node = excluded.node,
        remote_ip = excluded.remote_ip, protocol = excluded.protocol, security_profile = excluded.security_profile,
        connected_at = excluded.connected_at
"""
_CONNECTED_BEFORE = """
    UPDATE past_connection SET ended_at = %s, reason = %s WHERE asset_id = ANY (%s::uuid[]) AND ended_at IS NULL
"""
_WAKE = f"SELECT pg_notify('{STATION_EVENT_CHANNEL}', asset_id::text) FROM unnest(%s::uuid[]) AS s (asset_id)"  # noqa: S608 - a name of ours
_JUDGE = """
    SELECT s.place, a.stage, a.test_token_id, t.id, t.kind, t.blocked_at IS NOT NULL
    FROM unnest(%s::uuid[], %s::text[], %s::text[]) WITH ORDINALITY AS s (asset_id, identity, token, place)
    JOIN asset a ON a.id = s.asset_id AND a.registered_at IS NOT NULL
    JOIN unit u ON u.id = a.unit_id AND u.ocpp_identity = s.identity
    LEFT JOIN id_token t ON t.token = s.token
"""


async def hear(session: AsyncSession, said: Sequence[Said], now: datetime) -> list[Heard]:
    """Keeps when the stations were seen, and locks their rows; who is not in the answer is not registered."""
    return [Heard(*row) for row in await _rows(session, _HEAR, (*_columns(said, 3), now))]


async def charges(session: AsyncSession, wanted: Sequence[tuple[int, UUID]]) -> list[Charge]:
    """The stations' own transactions with these numbers, locked."""
    return [Charge(*row) for row in await _rows(session, _CHARGES, _columns(wanted, 2))]


async def charged(session: AsyncSession, moved: Sequence[tuple[int, int, str]]) -> None:
    """``moved`` holds number, energy in Wh, and irregularities as JSON."""
    await _rows(session, _CHARGED, _columns(moved, 3))


async def evses(session: AsyncSession, wanted: Sequence[tuple[UUID, int]]) -> Mapping[tuple[UUID, int], Any]:
    """What is known of the connectors: status and error code."""
    return {(row[0], row[1]): row[2:] for row in await _rows(session, _EVSES, _columns(wanted, 2))}


async def evses_told(session: AsyncSession, told: Sequence[tuple[UUID, int, str, str, datetime]]) -> None:
    await _rows(session, _EVSES_TOLD, _columns(told, 5))


async def connect(session: AsyncSession, opened: Sequence[tuple[UUID, str, str, str, str, int]], now: datetime) -> None:
    """``opened`` holds the station, and of its socket the id, the node, the remote address, the protocol and the
    security profile."""
    await _rows(session, _CONNECT, (now, *_columns(opened, 6)))
    await _rows(session, _CONNECTED_BEFORE, (now, REPLACED, [each[0] for each in opened]))
    await copy(session, CONNECTIONS, ((new_id(), *each[:5], now) for each in opened))


async def wake(session: AsyncSession, asset_ids: Iterable[UUID]) -> None:
    """Wakes whoever follows these stations, once each."""
    await _rows(session, _WAKE, (list(asset_ids),))


async def judge(session: AsyncSession, shown: Sequence[tuple[UUID, str, str]]) -> list[Judged]:
    """``shown`` holds the station, its identity and the token in capitals; left out is who is not registered."""
    return [Judged(*row) for row in await _rows(session, _JUDGE, _columns(shown, 3))]


async def copy(session: AsyncSession, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Adds the rows. Raises psycopg.DataError where a value is none that the database takes."""
    driver = await _driver(session)
    statement = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
    async with driver.cursor() as cursor, cursor.copy(statement.encode()) as into:
        into.set_types(table.types)
        for row in rows:
            await into.write_row(row)


async def _rows(session: AsyncSession, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    driver = await _driver(session)
    cursor = await driver.execute(statement.encode(), values, prepare=True)
    return await cursor.fetchall() if cursor.description else []


async def _driver(session: AsyncSession) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"{type(driver)} is no connection of psycopg")
    return driver


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(count)]
