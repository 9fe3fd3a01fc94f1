"""What a rebuild reads of the processes, and what it puts back (rule 4)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.database import Database
from models.store.processes import is_open
from models.tables.asset import ASSET_NUMBER, Asset
from models.tables.handover import Handover, HandoverKind, Process
from models.tables.placement import PLACEMENT_NUMBER, PlacementRequest
from models.tables.session import SESSION_NUMBER, ChargingSession
from models.tables.subscriber import Subscriber
from models.tables.timeline import TimelineEntry
from models.tables.work_order import WORK_ORDER_NUMBER, WorkOrder

_REFERENCES = {
    "placement": (PlacementRequest.id, PlacementRequest.reference),
    "installation": (WorkOrder.id, WorkOrder.reference),
    "commissioning": (Asset.id, Asset.name),
    "subscriber": (Subscriber.id, Subscriber.reference),
    "charging_session": (ChargingSession.id, ChargingSession.reference),
}
_NUMBERS = {
    "placement": PLACEMENT_NUMBER,
    "installation": WORK_ORDER_NUMBER,
    "commissioning": ASSET_NUMBER,
    "charging_session": SESSION_NUMBER,
}
MOST_LOST = 100_000
"""No day has so many placements: a number beyond these is none of ours."""
_ONE_AT_A_TIME = sa.func.hashtextextended("rebuild", 0)


@dataclass(frozen=True)
class Known:
    """A process and how far the facts for it have come."""

    process: Process
    delivered_number: int
    waiting: bool


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[bool]:
    """Whether nobody else rebuilds for as long as the block runs; let go by PostgreSQL, however this process ends."""
    async with database.engine.connect() as plain:
        # Without a transaction, which would be ended for idling.
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        taken = bool((await connection.execute(select(sa.func.pg_try_advisory_lock(_ONE_AT_A_TIME)))).scalar_one())
        try:
            yield taken
        finally:
            if taken:
                await connection.execute(select(sa.func.pg_advisory_unlock(_ONE_AT_A_TIME)))


async def open_page(session: AsyncSession, kinds: Sequence[str], *, after: str, limit: int) -> Sequence[str]:
    """Processes that go on, by workflow id; ``after`` is the last one of the page before."""
    found = await session.execute(
        select(Process.workflow_id)
        .where(col(Process.kind).in_(kinds), col(Process.ended_at).is_(None), col(Process.workflow_id) > after)
        .order_by(col(Process.workflow_id))
        .limit(limit)
    )
    return found.scalars().all()


async def left_over(session: AsyncSession, *, after: str, limit: int) -> Sequence[str]:
    """Processes that have ended while facts wait for them."""
    found = await session.execute(
        select(Process.workflow_id)
        .join(Handover, col(Handover.workflow_id) == col(Process.workflow_id))
        .where(col(Process.ended_at).is_not(None), is_open(), col(Process.workflow_id) > after)
        .distinct()
        .order_by(col(Process.workflow_id))
        .limit(limit)
    )
    return found.scalars().all()


async def known(session: AsyncSession, workflow_id: str) -> Known | None:
    heard = sa.and_(col(Handover.delivered_at).is_not(None), col(Handover.kind) == HandoverKind.SIGNAL)
    found = await session.execute(
        sa.select(
            Process,
            sa.func.coalesce(sa.func.max(col(Handover.number)).filter(heard), 0),
            sa.func.coalesce(sa.func.bool_or(is_open()), sa.false()),
        )
        .outerjoin(Handover, col(Handover.workflow_id) == col(Process.workflow_id))
        .where(col(Process.workflow_id) == workflow_id)
        .group_by(col(Process.workflow_id))
    )
    row = found.one_or_none()
    return None if row is None else Known(*row)


async def last_begun(session: AsyncSession) -> datetime | None:
    """When the newest process was made."""
    return (await session.execute(select(sa.func.max(col(Process.created_at))))).scalar_one()


async def reference_of(session: AsyncSession, process: Process) -> str | None:
    """By which name people know the subject of a process that its parent starts."""
    if process.kind not in _REFERENCES:
        return None
    key, name = _REFERENCES[process.kind]
    return (await session.execute(sa.select(col(name)).where(col(key) == process.subject_id))).scalar_one_or_none()


async def first_correlation_id(session: AsyncSession, subject_id: UUID) -> str | None:
    """Of the request that everything about this subject began with."""
    found = await session.execute(
        select(TimelineEntry.correlation_id)
        .where(col(TimelineEntry.subject_id) == subject_id)
        .order_by(col(TimelineEntry.id))
        .limit(1)
    )
    return found.scalar_one_or_none()


async def take_back(session: AsyncSession, workflow_id: str, applied_number: int) -> int:
    """What a lost workflow had heard, and what is not in the rows yet, is to be delivered again; how many facts."""
    done = await session.execute(
        sa.update(Handover)
        .where(
            col(Handover.workflow_id) == workflow_id,
            col(Handover.kind) == HandoverKind.SIGNAL,
            col(Handover.number) > applied_number,
            sa.not_(col(Handover.late)),
            col(Handover.delivered_at).is_not(None),
        )
        .values(delivered_at=None, attempts=0)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def is_numbered(kind: str) -> bool:
    """Whether people know its subjects by numbers that we give."""
    return kind in _NUMBERS


async def pass_number(session: AsyncSession, kind: str, number: int) -> bool:
    """Never give a number up to this one again. Whether some were passed over."""
    sequence = _NUMBERS[kind]
    state = sa.table(sequence.name, sa.column("last_value"), sa.column("is_called"))
    last, drawn = (await session.execute(sa.select(state.c.last_value, state.c.is_called))).one()
    missing = number - (last if drawn else last - 1)
    if 0 < missing <= MOST_LOST:
        # Drawn, not set: somebody may draw at the same time.
        wanted = sa.func.generate_series(1, missing).table_valued("n")
        await session.execute(sa.select(sa.func.max(sequence.next_value())).select_from(wanted))
        return True
    return False
