"""Id tokens, charging transactions, meter readings and the frames they came in."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.tables.charging import TRANSACTION_NUMBER, ChargingTransaction, IdToken, MeterReading


async def next_number(session: AsyncSession) -> int:
    return int((await session.execute(TRANSACTION_NUMBER.next_value().select())).scalar_one())


async def token(session: AsyncSession, value: str) -> IdToken | None:
    found = await session.execute(select(IdToken).where(col(IdToken.token) == value.upper()))
    return found.scalar_one_or_none()


async def by_number(session: AsyncSession, number: int | None) -> ChargingTransaction | None:
    """The transaction with this OCPP 1.6 id, locked."""
    if number is None:
        return None
    found = await session.execute(
        select(ChargingTransaction).where(col(ChargingTransaction.number) == number).with_for_update()
    )
    return found.scalar_one_or_none()


async def by_station_transaction(session: AsyncSession, asset_id: UUID, theirs: str) -> ChargingTransaction | None:
    """The station's transaction with the id that it gave itself (OCPP 2), locked."""
    found = await session.execute(
        select(ChargingTransaction)
        .where(col(ChargingTransaction.asset_id) == asset_id, col(ChargingTransaction.station_transaction) == theirs)
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def same_start(
    session: AsyncSession,
    asset_id: UUID,
    connector: int | None,
    token_value: str,
    started_at: datetime,
    meter_start_wh: int | None,
) -> ChargingTransaction | None:
    """The transaction that the same start of OCPP 1.6 has made before: a station repeats what was not answered."""
    found = await session.execute(
        select(ChargingTransaction).where(
            col(ChargingTransaction.asset_id) == asset_id,
            col(ChargingTransaction.station_transaction).is_(None),
            col(ChargingTransaction.connector).is_not_distinct_from(connector),
            col(ChargingTransaction.token) == token_value,
            col(ChargingTransaction.started_at) == started_at,
            col(ChargingTransaction.meter_start_wh).is_not_distinct_from(meter_start_wh),
        )
    )
    return found.scalar_one_or_none()


async def begun(
    session: AsyncSession, asset_id: UUID, started_at: datetime, meter_start_wh: int
) -> Sequence[ChargingTransaction]:
    """The station's transactions of OCPP 1.6 that began then, at that state of the meter."""
    found = await session.execute(
        select(ChargingTransaction)
        .where(
            col(ChargingTransaction.asset_id) == asset_id,
            col(ChargingTransaction.station_transaction).is_(None),
            col(ChargingTransaction.started_at) == started_at,
            col(ChargingTransaction.meter_start_wh) == meter_start_wh,
        )
        .order_by(col(ChargingTransaction.number))
        .with_for_update()
    )
    return found.scalars().all()


async def running(session: AsyncSession, asset_id: UUID) -> Sequence[ChargingTransaction]:
    found = await session.execute(
        select(ChargingTransaction)
        .where(col(ChargingTransaction.asset_id) == asset_id, col(ChargingTransaction.stopped_at).is_(None))
        .order_by(col(ChargingTransaction.number))
    )
    return found.scalars().all()


async def of_asset(session: AsyncSession, asset_id: UUID) -> Sequence[ChargingTransaction]:
    found = await session.execute(
        select(ChargingTransaction)
        .where(col(ChargingTransaction.asset_id) == asset_id)
        .order_by(col(ChargingTransaction.number))
    )
    return found.scalars().all()


async def page(
    session: AsyncSession, asset_id: UUID, *, tests_only: bool, after: UUID | None, limit: int
) -> Sequence[ChargingTransaction]:
    """The station's transactions, newest first; ``after`` is the last id of the page before."""
    query = select(ChargingTransaction).where(col(ChargingTransaction.asset_id) == asset_id)
    if tests_only:
        query = query.where(col(ChargingTransaction.is_test))
    if after is not None:
        query = query.where(col(ChargingTransaction.id) < after)
    found = await session.execute(query.order_by(col(ChargingTransaction.id).desc()).limit(limit))
    return found.scalars().all()


async def seen(session: AsyncSession, number: int | None) -> ChargingTransaction | None:
    """The transaction with this OCPP 1.6 id, only to be read."""
    found = await session.execute(select(ChargingTransaction).where(col(ChargingTransaction.number) == number))
    return found.scalar_one_or_none()


async def last_stop_wh(session: AsyncSession, asset_id: UUID, connector: int) -> int | None:
    """Where the connector's meter stood at the end of its last finished transaction."""
    found = await session.execute(
        select(ChargingTransaction.meter_stop_wh)
        .where(
            col(ChargingTransaction.asset_id) == asset_id,
            col(ChargingTransaction.connector) == connector,
            col(ChargingTransaction.stopped_at).is_not(None),
        )
        .order_by(col(ChargingTransaction.stopped_at).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def stop_before_wh(session: AsyncSession, transaction: ChargingTransaction) -> int | None:
    """Where the connector's meter stood at the end of the last transaction before this one, which may come late."""
    found = await session.execute(
        select(ChargingTransaction.meter_stop_wh)
        .where(
            col(ChargingTransaction.asset_id) == transaction.asset_id,
            col(ChargingTransaction.connector) == transaction.connector,
            col(ChargingTransaction.stopped_at) <= transaction.started_at,
            col(ChargingTransaction.id) != transaction.id,
        )
        .order_by(col(ChargingTransaction.stopped_at).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def ended(
    session: AsyncSession, asset_id: UUID, since: datetime, until: datetime, limit: int
) -> Sequence[ChargingTransaction]:
    """The station's transactions that began in the period and have ended, the oldest first; no test charges."""
    found = await session.execute(
        select(ChargingTransaction)
        .where(
            col(ChargingTransaction.asset_id) == asset_id,
            col(ChargingTransaction.started_at) >= since,
            col(ChargingTransaction.started_at) < until,
            col(ChargingTransaction.stopped_at) >= col(ChargingTransaction.started_at),
            col(ChargingTransaction.is_test).is_(False),
        )
        .order_by(col(ChargingTransaction.started_at), col(ChargingTransaction.id))
        .limit(limit)
    )
    return found.scalars().all()


async def readings(session: AsyncSession, numbers: Collection[int]) -> dict[int, list[MeterReading]]:
    """What the meters told during these transactions, by their numbers."""
    found = await session.execute(select(MeterReading).where(col(MeterReading.transaction_number).in_(numbers)))
    by_number: dict[int, list[MeterReading]] = {number: [] for number in numbers}
    for reading in found.scalars():
        by_number[reading.transaction_number or 0].append(reading)
    return by_number
