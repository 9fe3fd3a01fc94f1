"""Site acceptance tests."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.tables.access import Principal
from models.tables.sat import Sat, SatAnswer, SatRemark, SatTemplate


async def lock_of(session: AsyncSession, work_order_id: UUID) -> Sat:
    found = await session.execute(
        select(Sat)
        .where(col(Sat.work_order_id) == work_order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()


async def of(session: AsyncSession, work_order_id: UUID) -> Sat:
    found = await session.execute(select(Sat).where(col(Sat.work_order_id) == work_order_id))
    return found.scalar_one()


async def answers(session: AsyncSession, sat_id: UUID) -> Sequence[SatAnswer]:
    found = await session.execute(select(SatAnswer).where(col(SatAnswer.sat_id) == sat_id).order_by(col(SatAnswer.id)))
    return found.scalars().all()


async def put_answers(session: AsyncSession, sat_id: UUID, fresh: Sequence[SatAnswer]) -> None:
    """Write the answers, over those that stood there. The test is locked: nobody else writes any meanwhile."""
    kept = {(one.question_code, one.line_id): one for one in await answers(session, sat_id)}
    for answer in fresh:
        place = (answer.question_code, answer.line_id)
        stands = kept.setdefault(place, answer)
        if stands is answer:
            session.add(answer)
        elif stands.value != answer.value:
            stands.value = answer.value
            stands.answered_by, stands.answered_at = answer.answered_by, answer.answered_at


async def drop_answers_of(session: AsyncSession, line_id: UUID) -> None:
    """The line goes, or is for another product: its answers answer nothing any more."""
    for answer in (await session.execute(select(SatAnswer).where(col(SatAnswer.line_id) == line_id))).scalars():
        await session.delete(answer)
    await session.flush()


async def remarks(session: AsyncSession, sat_id: UUID) -> Sequence[SatRemark]:
    found = await session.execute(select(SatRemark).where(col(SatRemark.sat_id) == sat_id).order_by(col(SatRemark.id)))
    return found.scalars().all()


async def names(session: AsyncSession, principal_ids: Collection[UUID]) -> dict[UUID, str]:
    """The people who filled in and reviewed."""
    found = await session.execute(
        sa.select(col(Principal.id), col(Principal.name)).where(col(Principal.id).in_(principal_ids))
    )
    return {row[0]: row[1] for row in found.all()}


async def latest_template(session: AsyncSession, product_id: UUID) -> SatTemplate | None:
    found = await session.execute(
        select(SatTemplate)
        .where(col(SatTemplate.product_id) == product_id)
        .order_by(col(SatTemplate.version).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def templates(session: AsyncSession, product_id: UUID) -> Sequence[SatTemplate]:
    found = await session.execute(
        select(SatTemplate).where(col(SatTemplate.product_id) == product_id).order_by(col(SatTemplate.version))
    )
    return found.scalars().all()


async def next_version(session: AsyncSession, product_id: UUID) -> int:
    found = await session.execute(
        select(sa.func.coalesce(sa.func.max(SatTemplate.version), 0)).where(col(SatTemplate.product_id) == product_id)
    )
    return int(found.scalar_one()) + 1
