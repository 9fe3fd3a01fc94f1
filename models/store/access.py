"""People and service accounts as lists, and their keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.store.viewer import Viewer
from models.tables.access import ApiKey, LoginSession, Organisation, Principal


async def organisation_named(session: AsyncSession, name: str) -> Organisation | None:
    found = await session.execute(select(Organisation).where(col(Organisation.name) == name))
    return found.scalar_one_or_none()


async def organisation(session: AsyncSession, organisation_id: UUID, viewer: Viewer) -> Organisation | None:
    found = await session.execute(
        select(Organisation).where(col(Organisation.id) == organisation_id, viewer.sees(col(Organisation.id)))
    )
    return found.scalar_one_or_none()


async def lock_organisation(session: AsyncSession, organisation_id: UUID, viewer: Viewer) -> Organisation | None:
    found = await session.execute(
        select(Organisation)
        .where(col(Organisation.id) == organisation_id, viewer.sees(col(Organisation.id)))
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def organisations(
    session: AsyncSession, viewer: Viewer, *, after: UUID | None, limit: int
) -> Sequence[Organisation]:
    """Newest first; ``after`` is the last id of the page before."""
    query = select(Organisation).where(viewer.sees(col(Organisation.id)))
    if after is not None:
        query = query.where(col(Organisation.id) < after)
    found = await session.execute(query.order_by(col(Organisation.id).desc()).limit(limit))
    return found.scalars().all()


async def people(
    session: AsyncSession, viewer: Viewer, *, organisation_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[Principal]:
    """Those who log in with a password, newest first."""
    return await _principals(
        session, viewer, col(Principal.email).is_not(None), organisation_id=organisation_id, after=after, limit=limit
    )


async def service_accounts(
    session: AsyncSession, viewer: Viewer, *, organisation_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[Principal]:
    """Those who call with API keys, newest first."""
    return await _principals(
        session, viewer, col(Principal.email).is_(None), organisation_id=organisation_id, after=after, limit=limit
    )


async def _principals(
    session: AsyncSession,
    viewer: Viewer,
    kind: sa.ColumnElement[bool],
    *,
    organisation_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Principal]:
    query = select(Principal).where(kind, viewer.sees(col(Principal.organisation_id)))
    if organisation_id is not None:
        query = query.where(col(Principal.organisation_id) == organisation_id)
    if after is not None:
        query = query.where(col(Principal.id) < after)
    found = await session.execute(query.order_by(col(Principal.id).desc()).limit(limit))
    return found.scalars().all()


async def person(session: AsyncSession, user_id: UUID, viewer: Viewer) -> Principal | None:
    found = await session.execute(
        select(Principal).where(
            col(Principal.id) == user_id,
            col(Principal.email).is_not(None),
            viewer.sees(col(Principal.organisation_id)),
        )
    )
    return found.scalar_one_or_none()


async def lock_principal(session: AsyncSession, principal_id: UUID, viewer: Viewer) -> Principal | None:
    found = await session.execute(
        select(Principal)
        .where(col(Principal.id) == principal_id, viewer.sees(col(Principal.organisation_id)))
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def keys_of(session: AsyncSession, principal_id: UUID) -> Sequence[ApiKey]:
    found = await session.execute(
        select(ApiKey).where(col(ApiKey.principal_id) == principal_id).order_by(col(ApiKey.id))
    )
    return found.scalars().all()


async def end_sessions_of(session: AsyncSession, principal_id: UUID) -> None:
    await session.execute(sa.delete(LoginSession).where(col(LoginSession.principal_id) == principal_id))


async def end_session(session: AsyncSession, secret_hash: str) -> None:
    await session.execute(sa.delete(LoginSession).where(col(LoginSession.secret_hash) == secret_hash))


async def end_expired_sessions_of(session: AsyncSession, principal_id: UUID, now: datetime) -> None:
    await session.execute(
        sa.delete(LoginSession).where(
            col(LoginSession.principal_id) == principal_id, col(LoginSession.expires_at) <= now
        )
    )
