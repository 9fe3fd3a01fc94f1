"""Organisations, principals, keys and logins."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from models.rules.access import OrganisationKind
from models.tables.access import ApiKey, LoginSession, Organisation, Principal


async def operator(session: AsyncSession) -> Organisation:
    """The organisation that this deployment serves; made with the schema."""
    found = await session.execute(select(Organisation).where(col(Organisation.kind) == OrganisationKind.OPERATOR))
    return found.scalar_one()


async def any_principal(session: AsyncSession) -> bool:
    return (await session.execute(select(Principal.id).limit(1))).first() is not None


async def by_email(session: AsyncSession, email: str) -> Principal | None:
    found = await session.execute(select(Principal).where(sa.func.lower(Principal.email) == email.lower()))
    return found.scalar_one_or_none()


_BY_KEY = (
    select(ApiKey, Principal, Organisation)
    .join(Principal, col(Principal.id) == col(ApiKey.principal_id))
    .join(Organisation, col(Organisation.id) == col(Principal.organisation_id))
    .where(
        col(ApiKey.secret_hash) == sa.bindparam("its_hash"),
        col(ApiKey.revoked_at).is_(None),
        col(Principal.disabled_at).is_(None),
    )
)
"""Made once: every request of a program asks it."""


async def by_key(session: AsyncSession, secret_hash: str) -> tuple[ApiKey, Principal, Organisation] | None:
    row = (await session.execute(_BY_KEY, {"its_hash": secret_hash})).first()
    return None if row is None else (row[0], row[1], row[2])


async def by_login(
    session: AsyncSession, secret_hash: str, now: datetime
) -> tuple[LoginSession, Principal, Organisation] | None:
    found = await session.execute(
        select(LoginSession, Principal, Organisation)
        .join(Principal, col(Principal.id) == col(LoginSession.principal_id))
        .join(Organisation, col(Organisation.id) == col(Principal.organisation_id))
        .where(
            col(LoginSession.secret_hash) == secret_hash,
            col(LoginSession.expires_at) > now,
            col(Principal.disabled_at).is_(None),
        )
    )
    row = found.first()
    return None if row is None else (row[0], row[1], row[2])


async def all_of(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Organisation]:
    found = await session.execute(select(Organisation).where(col(Organisation.id).in_(ids)))
    return {organisation.id: organisation for organisation in found.scalars()}


async def known_as(session: AsyncSession, names: Collection[str]) -> dict[str, Organisation]:
    """The organisations that go by these names, or by these ids, by what they were called."""
    found = await session.execute(
        select(Organisation).where(
            sa.or_(col(Organisation.name).in_(names), sa.cast(col(Organisation.id), sa.Text).in_(names))
        )
    )
    both = [(key, each) for each in found.scalars() for key in (each.name, str(each.id))]
    return {key: each for key, each in both if key in names}


async def named(session: AsyncSession, organisation_id: UUID) -> Organisation:
    return await session.get_one(Organisation, organisation_id)
