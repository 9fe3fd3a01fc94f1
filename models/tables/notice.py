"""Where partners want to be told, and every notice with what became of it."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Instant, Json, Texts, datetime, identity, now_column, text_state


class Channel(StrEnum):
    WEBHOOK = "webhook"
    MAIL = "mail"


class NoticeState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Endpoint(SQLModel, table=True):
    """One place where an organisation is told: a webhook address, or a mail address."""

    __tablename__ = "endpoint"
    __table_args__ = (sa.UniqueConstraint("organisation_id", "channel", "address"),)

    id: UUID = identity()
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    channel: Channel = Field(sa_type=text_state(Channel, "channel"))
    address: str = Field(sa_type=sa.Text)
    events: list[str] = Field(default_factory=list, sa_type=Texts)
    """The event types it is told of; empty means all."""
    secret: str | None = Field(default=None, sa_type=sa.Text)
    """A webhook's signing secret, encrypted by the key ring."""
    only_when_named: bool = False
    """A contact of single requests: told of those, and of nothing else."""
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()


class Notice(SQLModel, table=True):
    __tablename__ = "notice"
    __table_args__ = (
        sa.Index("ix_notice_waiting", "endpoint_id", "id", postgresql_where=sa.text("state = 'waiting'")),
    )

    id: UUID = identity()
    endpoint_id: UUID = Field(foreign_key="endpoint.id")
    placement_id: UUID | None = Field(default=None, foreign_key="placement_request.id", index=True)
    event: str = Field(sa_type=sa.Text)
    data: dict[str, Any] = Field(sa_type=Json)
    state: NoticeState = Field(default=NoticeState.WAITING, sa_type=text_state(NoticeState, "state"))
    attempts: int = 0
    last_error: str | None = Field(default=None, sa_type=sa.Text)
    correlation_id: str | None = Field(default=None, sa_type=sa.Text)
    created_at: datetime = now_column()
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
