"""Charging sessions and their bill data records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.session import RUNNING, SessionStage
from models.store import driver
from models.tables.asset import Asset, Evse
from models.tables.charging import ChargingTransaction, IdToken, MeterReading
from models.tables.command import AskedCommand
from models.tables.session import SESSION_NUMBER, Cdr, ChargingSession
from models.tables.tender import Product

_PASSED = """
    UPDATE charging_session s SET guarded_wh = NULL
    FROM unnest(%b::int4[], %b::int4[]) AS m (number, energy_wh)
    WHERE s.transaction_number = m.number AND s.guarded_wh <= m.energy_wh AND s.stage IN ('charging', 'idle')
    RETURNING s.reference
"""
_LOCK_OF = "SELECT id FROM charging_session WHERE transaction_number = ANY (%b::int4[]) ORDER BY id FOR UPDATE"
_LOCK_AT = """
    SELECT s.id FROM unnest(%b::uuid[], %b::int4[]) AS p (asset_id, connector)
    JOIN charging_session s ON s.asset_id = p.asset_id AND s.connector = p.connector
    WHERE s.stage IN ('charging', 'idle') ORDER BY s.id FOR UPDATE OF s
"""


async def next_numbers(session: AsyncSession, count: int) -> Sequence[int]:
    wanted = sa.func.generate_series(1, count).table_valued("n")
    return (await session.execute(sa.select(SESSION_NUMBER.next_value()).select_from(wanted))).scalars().all()


async def lock(session: AsyncSession, session_id: UUID) -> ChargingSession:
    """The session, held until the transaction ends."""
    found = await session.execute(
        select(ChargingSession)
        .where(col(ChargingSession.id) == session_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def lock_of(session: AsyncSession, numbers: Sequence[int]) -> Sequence[ChargingSession]:
    """Those of the transactions with these numbers, held until the transaction ends."""
    return await _read(session, await driver.rows(session, _LOCK_OF, (list(numbers),)))


async def lock_at(session: AsyncSession, places: Sequence[tuple[UUID, int]]) -> Sequence[ChargingSession]:
    """Those that go on at these connectors of stations, held until the transaction ends."""
    return await _read(session, await driver.rows(session, _LOCK_AT, driver.columns(places, 2)))


async def _read(session: AsyncSession, locked: Sequence[tuple[UUID]]) -> Sequence[ChargingSession]:
    """Where there are none, which is so for most of what stations tell, to read them would cost five times as much."""
    if not locked:
        return ()
    ids = sa.literal([each for (each,) in locked], ARRAY(sa.Uuid))
    found = await session.execute(
        select(ChargingSession)
        .where(col(ChargingSession.id) == sa.any_(ids))
        .order_by(col(ChargingSession.id))
        .execution_options(populate_existing=True)
    )
    return found.scalars().all()


async def with_queue(session: AsyncSession, numbers: Sequence[int]) -> set[int]:
    """Those of the transactions of which their stations said that more is to come."""
    found = await session.execute(
        select(ChargingTransaction.number).where(
            col(ChargingTransaction.number).in_(numbers), col(ChargingTransaction.messages_in_queue)
        )
    )
    return set(found.scalars())


async def known(session: AsyncSession, numbers: Sequence[int]) -> set[int]:
    """Those of the transactions that have their sessions."""
    found = await session.execute(
        select(ChargingSession.transaction_number).where(col(ChargingSession.transaction_number).in_(numbers))
    )
    return set(found.scalars())


async def marks_of(session: AsyncSession, numbers: Sequence[int]) -> Mapping[int, Sequence[Mapping[str, str]]]:
    """What cars did during these transactions, by their numbers; those without a session are left out."""
    found = await session.execute(
        select(ChargingSession.transaction_number, ChargingSession.marks).where(
            col(ChargingSession.transaction_number).in_(numbers)
        )
    )
    return {row[0]: row[1] for row in found}


async def passed(session: AsyncSession, energies: Mapping[int, int]) -> Sequence[str]:
    """Of the transactions with these energies in Wh the sessions that have come to what is covered; each once."""
    return [row[0] for row in await driver.rows(session, _PASSED, (list(energies), list(energies.values())))]


async def evses_at(session: AsyncSession, places: Sequence[tuple[UUID, int]]) -> Mapping[tuple[UUID, int], UUID]:
    """The EVSEs at these connectors of stations."""
    found = await session.execute(
        sa.select(col(Evse.asset_id), col(Evse.connector), col(Evse.id)).where(
            sa.tuple_(col(Evse.asset_id), col(Evse.connector)).in_(places)
        )
    )
    return {(row[0], row[1]): row[2] for row in found}


async def station_of(session: AsyncSession, asset_id: UUID) -> tuple[str, int]:
    """The station's name, and the highest power of one of its kind, in W."""
    found = await session.execute(
        sa.select(col(Asset.name), col(Product.max_power_w))
        .join(Product, col(Product.id) == col(Asset.product_id))
        .where(col(Asset.id) == asset_id)
    )
    name, power_w = found.one()
    return name, power_w


async def last_sample(session: AsyncSession, number: int) -> tuple[datetime, datetime] | None:
    """Until when its station has told of the transaction's meter, by the station's clock, and when it did so."""
    found = await session.execute(
        sa.select(col(MeterReading.sampled_at), col(MeterReading.received_at))
        .where(col(MeterReading.transaction_number) == number)
        .order_by(col(MeterReading.sampled_at).desc())
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1])


async def last_heard_at(session: AsyncSession, number: int) -> datetime | None:
    """When the station last told of the transaction's meter."""
    found = await session.execute(
        select(sa.func.max(col(MeterReading.received_at))).where(col(MeterReading.transaction_number) == number)
    )
    return found.scalar_one()


async def cdrs(session: AsyncSession, session_id: UUID) -> Sequence[Cdr]:
    """The session's bill data records, in their order."""
    found = await session.execute(select(Cdr).where(col(Cdr.session_id) == session_id).order_by(col(Cdr.number)))
    return found.scalars().all()


async def place_of(session: AsyncSession, session_id: UUID) -> UUID:
    """The station at which it goes on, which never changes."""
    found = await session.execute(select(ChargingSession.asset_id).where(col(ChargingSession.id) == session_id))
    return found.scalar_one()


async def started_by(session: AsyncSession, asked: AskedCommand) -> str | None:
    """The reference of the session that a remote start has led to: the first one of its token there since.

    OCPP 1.6 has no other tie between the two.
    """
    found = await session.execute(
        select(ChargingSession.reference)
        .join(IdToken, col(IdToken.id) == col(ChargingSession.token_id))
        .where(
            col(ChargingSession.asset_id) == asked.asset_id,
            col(ChargingSession.created_at) >= asked.created_at,
            col(IdToken.token) == str(asked.arguments.get("token")).upper(),
        )
        .order_by(col(ChargingSession.id))
        .limit(1)
    )
    return found.scalar_one_or_none()


async def of_transaction(session: AsyncSession, number: int) -> str | None:
    """The reference of the session on top of the transaction with this number."""
    found = await session.execute(
        select(ChargingSession.reference).where(col(ChargingSession.transaction_number) == number)
    )
    return found.scalar_one_or_none()


async def count_open(session: AsyncSession, subscriber_id: UUID) -> int:
    """How many of the subscription's sessions run, or have stopped and are neither settled nor left unbilled."""
    found = await session.execute(
        sa.select(sa.func.count()).where(
            col(ChargingSession.subscriber_id) == subscriber_id,
            col(ChargingSession.stage).in_((*RUNNING, SessionStage.STOPPED, SessionStage.SET_ASIDE)),
        )
    )
    return int(found.scalar_one())
