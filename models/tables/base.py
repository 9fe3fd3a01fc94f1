"""Column types that every table shares."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Instant = sa.DateTime(timezone=True)
Json = JSONB(none_as_null=True)
Texts = ARRAY(sa.Text)


def new_id() -> UUID:
    """A UUIDv7: unique everywhere, and near its neighbours in time in every index."""
    return uuid7()


def identity() -> Any:
    return Field(default_factory=new_id, primary_key=True)


def text_state(kind: type[StrEnum], name: str) -> sa.Enum:
    """Text with a CHECK that only the members of ``kind`` pass; read back as its members."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def now_column() -> Any:
    """Filled by the database with the instant of the transaction."""
    return Field(default=None, sa_type=Instant, sa_column_kwargs={"server_default": sa.func.now()}, nullable=False)


__all__ = ["UUID", "Instant", "Json", "Texts", "datetime", "identity", "new_id", "now_column", "text_state"]
