"""The CSMS nodes and their signs of life, told and judged by the database's clock: the machines' own may differ."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.command import NODE_GONE_AFTER
from models.tables.asset import STATION_EVENT_CHANNEL, CsmsNode, StationConnection
from models.tables.base import Instant, Json

_NOW = sa.func.clock_timestamp()
# Stations are locked first, as by everybody. One that came elsewhere meanwhile is not among those held.
_LET_GO = sa.text("""
    WITH held AS (
        SELECT a.id, a.test_number, c.connection_id
        FROM station_connection c JOIN asset a ON a.id = c.asset_id
        WHERE c.node = :node ORDER BY a.id FOR NO KEY UPDATE OF a
    ), gone AS (
        DELETE FROM station_connection c USING held h
        WHERE c.asset_id = h.id AND c.connection_id = h.connection_id
        RETURNING h.id, h.test_number, h.connection_id
    ), past AS (
        UPDATE past_connection p SET ended_at = :now, reason = :reason FROM gone g
        WHERE p.asset_id = g.id AND p.connection_id = g.connection_id AND p.ended_at IS NULL
    ), told AS (
        INSERT INTO station_event (asset_id, kind, test_number, detail, at)
        SELECT id, 'disconnected', test_number, :detail, :now FROM gone ORDER BY id
    )
    SELECT pg_notify(:channel, id::text) FROM gone
""").bindparams(sa.bindparam("detail", type_=Json), sa.bindparam("now", type_=Instant))


async def started(session: AsyncSession, name: str) -> None:
    """The node lives from now on."""
    values = {"name": name, "started_at": _NOW, "seen_at": _NOW}
    await session.execute(insert(CsmsNode).values(values).on_conflict_do_update(index_elements=["name"], set_=values))


async def seen(session: AsyncSession, name: str) -> bool:
    """Note that the node lives. False where it had counted as gone."""
    before = (
        await session.execute(sa.select(_gone()).where(col(CsmsNode.name) == name).with_for_update())
    ).scalar_one_or_none()
    if before is None:
        await started(session, name)
        return False
    await session.execute(sa.update(CsmsNode).where(col(CsmsNode.name) == name).values(seen_at=_NOW))
    return not before


async def holding(session: AsyncSession, asset_id: UUID) -> str | None:
    """The node that holds the station's socket now; None where there is none that lives.

    A node of which nothing is known runs an earlier release, which gives no sign of life.
    """
    found = await session.execute(
        select(StationConnection.node).where(col(StationConnection.asset_id) == asset_id, is_held())
    )
    return found.scalar_one_or_none()


def is_held() -> sa.ColumnElement[bool]:
    """Whether a connection's node lives, as far as is known."""
    return sa.not_(sa.exists().where(col(CsmsNode.name) == col(StationConnection.node), _gone()))


async def is_gone(session: AsyncSession, name: str) -> bool:
    return bool((await session.execute(sa.select(_gone()).where(col(CsmsNode.name) == name))).scalar_one_or_none())


async def left_behind(session: AsyncSession, limit: int) -> Sequence[tuple[UUID, str, str]]:
    """Stations, connections and nodes of sockets whose node is gone."""
    found = await session.execute(
        sa.select(col(StationConnection.asset_id), col(StationConnection.connection_id), col(StationConnection.node))
        .join(CsmsNode, col(CsmsNode.name) == col(StationConnection.node))
        .where(_gone())
        .order_by(col(StationConnection.asset_id))
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in found]


async def let_go(session: AsyncSession, node: str, now: datetime, reason: str) -> None:
    """The node holds no socket any more: those that the rows say it holds have ended, however many they are."""
    said = {"node": node, "now": now, "reason": reason, "detail": {"reason": reason}}
    await session.execute(_LET_GO, {**said, "channel": STATION_EVENT_CHANNEL})


def _gone() -> sa.ColumnElement[bool]:
    return col(CsmsNode.seen_at) < _NOW - sa.literal(NODE_GONE_AFTER)
