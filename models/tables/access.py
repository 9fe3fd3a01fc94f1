"""Organisations, the people and service accounts that act for them, their keys and logins."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.access import OrganisationKind
from models.tables.base import UUID, Instant, Texts, datetime, identity, now_column, text_state


class Organisation(SQLModel, table=True):
    __tablename__ = "organisation"

    id: UUID = identity()
    kind: OrganisationKind = Field(sa_type=text_state(OrganisationKind, "kind"))
    name: str = Field(sa_type=sa.Text, unique=True)
    email: str | None = Field(default=None, sa_type=sa.Text)
    """Where notices for the organisation go."""
    language: str = Field(default="en", sa_type=sa.Text)
    created_at: datetime = now_column()


class Principal(SQLModel, table=True):
    """A person (with e-mail and password) or a service account (with API keys)."""

    __tablename__ = "principal"
    __table_args__ = (
        sa.CheckConstraint("(email IS NULL) = (password_hash IS NULL)", name="login_is_whole"),
        sa.Index("uq_principal_email", sa.text("lower(email)"), unique=True),
    )

    id: UUID = identity()
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    name: str = Field(sa_type=sa.Text)
    email: str | None = Field(default=None, sa_type=sa.Text)
    password_hash: str | None = Field(default=None, sa_type=sa.Text)
    roles: list[str] = Field(sa_type=Texts)
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()


class ApiKey(SQLModel, table=True):
    __tablename__ = "api_key"

    id: UUID = identity()
    principal_id: UUID = Field(foreign_key="principal.id", index=True)
    name: str = Field(sa_type=sa.Text)
    secret_hash: str = Field(sa_type=sa.Text, unique=True)
    scopes: list[str] = Field(sa_type=Texts)
    requests_per_minute: int | None = Field(default=None)
    """None: as many as the settings allow every key."""
    created_at: datetime = now_column()
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class RequestCount(SQLModel, table=True):
    """How often somebody has called in the minute named last, and in the one before. Lost when PostgreSQL crashes."""

    __tablename__ = "request_count"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    counted_id: UUID = Field(primary_key=True)
    """Of the API key, or of the person."""
    minute: int = Field(sa_type=sa.BigInteger)
    """Minutes since 1970."""
    count: int
    count_before: int


class LoginSession(SQLModel, table=True):
    __tablename__ = "login_session"

    id: UUID = identity()
    principal_id: UUID = Field(foreign_key="principal.id", index=True)
    secret_hash: str = Field(sa_type=sa.Text, unique=True)
    created_at: datetime = now_column()
    expires_at: datetime = Field(sa_type=Instant)


class IdempotencyKey(SQLModel, table=True):
    """The answer that a creating request got, given again to the same request."""

    __tablename__ = "idempotency_key"

    principal_id: UUID = Field(foreign_key="principal.id", primary_key=True)
    key: str = Field(sa_type=sa.Text, primary_key=True)
    request_hash: str = Field(sa_type=sa.Text)
    status: int | None = Field(default=None)
    body: str | None = Field(default=None, sa_type=sa.Text)
    created_at: datetime = now_column()
