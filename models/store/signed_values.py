"""Signed meter values that are kept with sessions."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.signed_values import Outcome
from models.tables.signed_value import SignedValue


async def of_session(session: AsyncSession, session_id: UUID) -> Sequence[SignedValue]:
    query = select(SignedValue).where(col(SignedValue.session_id) == session_id)
    return (await session.execute(query.order_by(col(SignedValue.at), col(SignedValue.id)))).scalars().all()


async def key_of(session: AsyncSession, asset_id: UUID, connector: int | None) -> str | None:
    """The public key by which the last value of the place was found to be signed."""
    found = await session.execute(
        select(SignedValue.key)
        .where(
            col(SignedValue.asset_id) == asset_id,
            col(SignedValue.connector).is_not_distinct_from(connector),
            col(SignedValue.outcome) == Outcome.VALID,
        )
        .order_by(col(SignedValue.id).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()
