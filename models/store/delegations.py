"""Who stands in for whom, and when."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.tables.access import Principal
from models.tables.delegation import Delegation


def _on(day: date) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(Delegation.first_day) <= day, col(Delegation.last_day) >= day, col(Delegation.ended_at).is_(None)
    )


async def deputy_of(session: AsyncSession, delegator_id: UUID, day: date) -> UUID | None:
    """Who does the person's tasks on that day; nobody who is disabled."""
    found = await session.execute(
        select(Delegation.deputy_id)
        .join(Principal, col(Principal.id) == col(Delegation.deputy_id))
        .where(col(Delegation.delegator_id) == delegator_id, _on(day), col(Principal.disabled_at).is_(None))
    )
    return found.scalar_one_or_none()


async def delegators_of(session: AsyncSession, deputy_id: UUID, day: date) -> Sequence[UUID]:
    """For whom the person stands in on that day."""
    found = await session.execute(
        select(Delegation.delegator_id).where(col(Delegation.deputy_id) == deputy_id, _on(day))
    )
    return found.scalars().all()


async def overlapping(session: AsyncSession, delegator_id: UUID, first_day: date, last_day: date) -> Delegation | None:
    found = await session.execute(
        select(Delegation)
        .where(
            col(Delegation.delegator_id) == delegator_id,
            col(Delegation.ended_at).is_(None),
            col(Delegation.first_day) <= last_day,
            col(Delegation.last_day) >= first_day,
        )
        .limit(1)
    )
    return found.scalar_one_or_none()


async def lock(session: AsyncSession, delegation_id: UUID) -> Delegation | None:
    return await session.get(Delegation, delegation_id, with_for_update=True)


async def page(session: AsyncSession, principal_id: UUID, *, after: UUID | None, limit: int) -> Sequence[Delegation]:
    """Those from and to the person, newest first; ``after`` is the last id of the page before."""
    query = select(Delegation).where(
        sa.or_(col(Delegation.delegator_id) == principal_id, col(Delegation.deputy_id) == principal_id)
    )
    if after is not None:
        query = query.where(col(Delegation.id) < after)
    found = await session.execute(query.order_by(col(Delegation.id).desc()).limit(limit))
    return found.scalars().all()


async def colleagues(
    session: AsyncSession, organisation_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[Principal]:
    """The people of an organisation who have access, newest first; ``after`` is the last id of the page before."""
    query = select(Principal).where(
        col(Principal.organisation_id) == organisation_id,
        col(Principal.email).is_not(None),
        col(Principal.disabled_at).is_(None),
    )
    if after is not None:
        query = query.where(col(Principal.id) < after)
    found = await session.execute(query.order_by(col(Principal.id).desc()).limit(limit))
    return found.scalars().all()
