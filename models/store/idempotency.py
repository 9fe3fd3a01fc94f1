"""The answers that creating requests got."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables.access import IdempotencyKey

KEPT = timedelta(days=7)


_KEYS: sa.Table = IdempotencyKey.__table__  # type: ignore[attr-defined]
_TAKE = (
    insert(_KEYS)
    .values({name: sa.bindparam(name, type_=_KEYS.c[name].type) for name in ("principal_id", "key", "request_hash")})
    .on_conflict_do_update(
        index_elements=["principal_id", "key"],
        set_={
            "request_hash": sa.bindparam("request_hash"),
            "status": sa.null(),
            "body": sa.null(),
            "created_at": sa.func.now(),
        },
        where=_KEYS.c.created_at < sa.bindparam("expired_before", type_=_KEYS.c.created_at.type),
    )
    .returning(sa.true())
)
"""Made once: to put it together costs more than to send it."""
_ANSWERED = (
    sa.update(_KEYS)
    .where(_KEYS.c.principal_id == sa.bindparam("its_principal"), _KEYS.c.key == sa.bindparam("its_key"))
    .values(status=sa.bindparam("status"), body=sa.bindparam("body"))
)


async def take(
    session: AsyncSession, principal_id: UUID, key: str, request_hash: str, expired_before: datetime
) -> IdempotencyKey | None:
    """None where the key is new, and holds no answer yet; else the row that is there, waited for while it is made.

    One that is older than ``expired_before`` is used anew.
    """
    said = {"principal_id": principal_id, "key": key, "request_hash": request_hash, "expired_before": expired_before}
    if (await session.execute(_TAKE, said)).one_or_none() is not None:
        return None
    return await session.get_one(IdempotencyKey, (principal_id, key), with_for_update=True)


async def answered(session: AsyncSession, principal_id: UUID, key: str, status: int, body: str) -> None:
    """The key that was taken has got its answer."""
    said = {"its_principal": principal_id, "its_key": key, "status": status, "body": body}
    await session.execute(_ANSWERED, said)


async def forget_before(session: AsyncSession, instant: datetime) -> None:
    await session.execute(sa.delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < instant))
