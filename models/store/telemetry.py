"""What stations tell at high rates, for many stations in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from models.rules.authorisation import Holder, KnownToken, Station
from models.rules.commissioning import CommissioningStage
from models.rules.group import Group, StationAccess
from models.rules.vend import Vend
from models.store import driver, group_use
from models.store.assets import REPLACED
from models.store.authorisation import FACTS, JOINS, OF_KEYS, facts_of
from models.store.driver import Table
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
    station: Station

    @property
    def stage(self) -> CommissioningStage:
        return self.station.stage


class Judged(NamedTuple):
    """What is known of a token that was shown, and of the station where it was. ``place`` counts from 1.

    ``charges_there``: a session goes on at the station, of the token or its group.
    """

    place: int
    station: Station
    charges_there: bool
    token: KnownToken | None
    holder: Holder | None
    group: Group | None


READINGS = Table(
    "meter_reading",
    {
        "received_at": "timestamptz",
        "asset_id": "uuid",
        "transaction_number": "int4",
        "connector": "int4",
        "sampled_at": "timestamptz",
        "samples": "jsonb",
    },
)
FRAMES = Table(
    "raw_frame",
    {
        "received_at": "timestamptz",
        "asset_id": "uuid",
        "transaction_number": "int4",
        "action": "text",
        "frame": "text",
    },
)
CONNECTIONS = Table(
    "past_connection",
    {
        "id": "uuid",
        "asset_id": "uuid",
        "connection_id": "text",
        "node": "text",
        "remote_ip": "text",
        "protocol": "text",
        "connected_at": "timestamptz",
    },
)
EVENTS = Table(
    "station_event",
    {
        "asset_id": "uuid",
        "kind": "text",
        "test_number": "int4",
        "detail": "jsonb",
        "at": "timestamptz",
    },
)
MESSAGES = Table(
    "station_message",
    {
        "id": "uuid",
        "at": "timestamptz",
        "asset_id": "uuid",
        "connection_id": "uuid",
        "direction": "text",
        "action": "text",
        "message_id": "text",
        "payload": "text",
        "answer": "text",
        "error": "text",
        "took_ms": "int4",
        "size": "int4",
    },
)

# A station that lost its registration, or has other hardware, is not among the registered. What was so when the
# statement began is looked at again when its row is locked. Nobody is waited for: whoever is at a station for long
# would keep all others waiting.
_HEAR = """
    WITH said AS (
        SELECT * FROM unnest(%b::uuid[], %b::text[], %b::float8[]) AS s (id, identity, drift_s)
    ), registered AS (
        SELECT a.id, a.unit_id, a.stage, s.identity, s.drift_s
        FROM said s JOIN asset a ON a.id = s.id JOIN unit u ON u.id = a.unit_id AND u.ocpp_identity = s.identity
        WHERE a.registered_at IS NOT NULL
    ), held AS (
        SELECT a.id, r.drift_s FROM asset a JOIN registered r ON r.id = a.id AND r.unit_id = a.unit_id
        WHERE a.registered_at IS NOT NULL ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED
    ), seen AS (
        UPDATE asset a SET last_seen_at = %s, clock_drift_s = coalesce(h.drift_s, a.clock_drift_s)
        FROM held h WHERE a.id = h.id RETURNING a.id, a.test_number, a.stage, a.test_token_id, a.access, a.group_id,
            a.vend
    )
    SELECT r.id, r.identity, s.id IS NOT NULL, coalesce(s.test_number, 0), coalesce(s.stage, r.stage), s.test_token_id,
        coalesce(s.access, 'public'), s.group_id, coalesce(s.vend, 'contract')
    FROM registered r LEFT JOIN seen s ON s.id = r.id
"""
_EVSES = """
    SELECT e.asset_id, e.connector, e.status, e.error_code
    FROM unnest(%b::uuid[], %b::int4[]) AS s (asset_id, connector)
    JOIN evse e ON e.asset_id = s.asset_id AND e.connector = s.connector
"""
_EVSES_TOLD = """
    UPDATE evse e SET status = s.status, error_code = s.error_code, status_at = s.at
    FROM unnest(%b::uuid[], %b::int4[], %b::text[], %b::text[], %b::timestamptz[])
        AS s (asset_id, connector, status, error_code, at)
    WHERE e.asset_id = s.asset_id AND e.connector = s.connector
"""
_CONNECT = """
    INSERT INTO station_connection
        (asset_id, connection_id, node, remote_ip, protocol, security_profile, connected_at)
    SELECT *, %s FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[], %b::smallint[])
    ON CONFLICT (asset_id) DO UPDATE SET connection_id = excluded.connection_id, node = excluded.node,
        remote_ip = excluded.remote_ip, protocol = excluded.protocol, security_profile = excluded.security_profile,
        connected_at = excluded.connected_at
"""
_CONNECTED_BEFORE = """
    UPDATE past_connection SET ended_at = %s, reason = %s WHERE asset_id = ANY (%b::uuid[]) AND ended_at IS NULL
"""
_WAKE = f"SELECT pg_notify('{STATION_EVENT_CHANNEL}', asset_id::text) FROM unnest(%b::uuid[]) AS s (asset_id)"  # noqa: S608 - a name of ours
_JUDGE = f"""
    SELECT s.place, a.stage, a.test_token_id, a.access, a.group_id, a.vend, EXISTS (
        SELECT 1 FROM charging_session r WHERE r.asset_id = a.id AND r.stage IN ('charging', 'idle')
            AND r.verdict = 'accepted' AND (r.token_id = t.id OR r.vehicle_id = v.id OR r.group_id = g.id)
    ), {FACTS}
    FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::text[]) WITH ORDINALITY
        AS s (asset_id, identity, token, other, place)
    JOIN asset a ON a.id = s.asset_id AND a.registered_at IS NOT NULL
    JOIN unit u ON u.id = a.unit_id AND u.ocpp_identity = s.identity
    LEFT JOIN LATERAL {OF_KEYS} ON TRUE
    {JOINS}
"""  # noqa: S608 - texts of ours


async def hear(session: AsyncSession, said: Sequence[Said], now: datetime) -> list[Heard]:
    """Keeps when the stations were seen, and locks their rows; who is not in the answer is not registered."""
    found = await driver.rows(session, _HEAR, (*driver.columns(said, 3), now))
    return [Heard(row[0], row[1], row[2], row[3], _station(*row[4:])) for row in found]


async def evses(session: AsyncSession, wanted: Sequence[tuple[UUID, int]]) -> Mapping[tuple[UUID, int], Any]:
    """What is known of the connectors: status and error code."""
    return {(row[0], row[1]): row[2:] for row in await driver.rows(session, _EVSES, driver.columns(wanted, 2))}


async def evses_told(session: AsyncSession, told: Sequence[tuple[UUID, int, str, str, datetime]]) -> None:
    await driver.rows(session, _EVSES_TOLD, driver.columns(told, 5))


async def connect(session: AsyncSession, opened: Sequence[tuple[UUID, str, str, str, str, int]], now: datetime) -> None:
    """``opened`` holds the station, and of its socket the id, the node, the remote address, the protocol and the
    security profile."""
    await driver.rows(session, _CONNECT, (now, *driver.columns(opened, 6)))
    await driver.rows(session, _CONNECTED_BEFORE, (now, REPLACED, [each[0] for each in opened]))
    await driver.copy(session, CONNECTIONS, [(new_id(), *each[:5], now) for each in opened])


async def wake(session: AsyncSession, asset_ids: Iterable[UUID]) -> None:
    """Wakes whoever follows these stations, once each."""
    await driver.rows(session, _WAKE, (list(asset_ids),))


async def judge(
    session: AsyncSession, shown: Sequence[tuple[UUID, str, str, str | None]], at: datetime
) -> list[Judged]:
    """``shown`` holds the station, its identity and the token's keys; left out is who is not registered."""
    found = await driver.rows(session, _JUDGE, driver.columns(shown, 4))
    judged = [Judged(row[0], _station(*row[1:6]), row[6], *facts_of(*row[7:])) for row in found]
    counted = await group_use.counted(session, [(each.token, each.group) for each in judged], at)
    return [each._replace(group=counted.get(each.token.id, each.group)) if each.token else each for each in judged]


def _station(stage: str, test_token_id: UUID | None, access: str, group_id: UUID | None, vend: str) -> Station:
    return Station(CommissioningStage(stage), test_token_id, StationAccess(access), group_id, vend=Vend(vend))
