"""Certificates of stations."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.tables.asset import Asset
from models.tables.station_certificate import StationCertificate


async def find(session: AsyncSession, unit_id: UUID, fingerprint: str) -> StationCertificate | None:
    """The unit's certificate of that fingerprint; another unit's is none."""
    found = await session.execute(
        select(StationCertificate).where(
            col(StationCertificate.fingerprint) == fingerprint, col(StationCertificate.unit_id) == unit_id
        )
    )
    return found.scalar_one_or_none()


async def newest_used(session: AsyncSession, unit_id: UUID) -> datetime | None:
    """When the newest certificate that the unit has ever used was issued."""
    found = await session.execute(
        select(sa.func.max(StationCertificate.issued_at)).where(
            col(StationCertificate.unit_id) == unit_id, col(StationCertificate.used_at).is_not(None)
        )
    )
    return found.scalar_one()


async def issued_since(session: AsyncSession, unit_id: UUID, since: datetime) -> int:
    found = await session.execute(
        select(sa.func.count())
        .select_from(StationCertificate)
        .where(col(StationCertificate.unit_id) == unit_id, col(StationCertificate.issued_at) > since)
    )
    return int(found.scalar_one())


async def page(
    session: AsyncSession, asset_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[StationCertificate]:
    """Those that were asked for by the station, newest first."""
    query = select(StationCertificate).where(col(StationCertificate.asset_id) == asset_id)
    if after is not None:
        query = query.where(col(StationCertificate.id) < after)
    return (await session.execute(query.order_by(col(StationCertificate.id).desc()).limit(limit))).scalars().all()


async def lock(session: AsyncSession, asset_id: UUID, serial: str) -> StationCertificate | None:
    found = await session.execute(
        select(StationCertificate)
        .where(col(StationCertificate.asset_id) == asset_id, col(StationCertificate.serial) == serial)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one_or_none()


async def revoked(session: AsyncSession, fingerprints: Collection[str]) -> set[str]:
    """Which of the certificates are revoked."""
    found = await session.execute(
        select(StationCertificate.fingerprint).where(
            col(StationCertificate.fingerprint).in_(fingerprints), col(StationCertificate.revoked_at).is_not(None)
        )
    )
    return set(found.scalars())


async def ending(session: AsyncSession, before: datetime, now: datetime, limit: int) -> Sequence[StationCertificate]:
    """In-use certificates that end before then, whose station has no newer one in use, and of which nobody was told.

    Not locked: the stations come before their certificates.
    """
    newer = sa.orm.aliased(StationCertificate)
    found = await session.execute(
        select(StationCertificate)
        .join(Asset, col(Asset.unit_id) == col(StationCertificate.unit_id))
        .where(
            col(StationCertificate.not_after).between(now, before),
            col(StationCertificate.used_at).is_not(None),
            col(StationCertificate.revoked_at).is_(None),
            col(StationCertificate.warned_at).is_(None),
            ~select(newer.id)
            .where(
                col(newer.unit_id) == col(StationCertificate.unit_id),
                col(newer.issued_at) > col(StationCertificate.issued_at),
                col(newer.used_at).is_not(None),
            )
            .exists(),
        )
        .order_by(col(StationCertificate.not_after))
        .limit(limit)
    )
    return found.scalars().all()
