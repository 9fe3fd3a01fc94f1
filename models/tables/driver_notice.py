"""Notices to drivers with what became of them, and by which channel each subscriber wants to be told (N)."""

from datetime import time
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.driver_notice import DriverChannel, DriverNoticeState
from models.rules.events import Language
from models.tables.base import UUID, Instant, Json, datetime, identity, now_column, text_state


class DriverNotice(SQLModel, table=True):
    """One message by one channel: an outbox that workers drain.

    ``data`` tells facts and references, and nothing personal; the address is the subscriber's when it is sent.
    """

    __tablename__ = "driver_notice"
    __table_args__ = (
        sa.UniqueConstraint("about", "channel"),
        sa.Index("ix_driver_notice_due", "due_at", postgresql_where=sa.text("state IN ('waiting', 'sending')")),
        sa.Index("ix_driver_notice_sent", "due_at", postgresql_where=sa.text("state = 'sent' AND ended_at IS NULL")),
        sa.Index("ix_driver_notice_provider_id", "provider_id"),
        sa.Index("ix_driver_notice_subscriber_id_id", "subscriber_id", "id"),
        sa.CheckConstraint("subscriber_id IS NOT NULL OR channel = 'sms'", name="somebody"),
    )

    id: UUID = identity()
    about: str = Field(sa_type=sa.Text)
    """Names the fact, so that one is told once: ``session_ended:CS-2026-000042``."""
    subscriber_id: UUID | None = Field(default=None, foreign_key="subscriber.id")
    phone: str | None = Field(default=None, sa_type=sa.Text)
    """Of somebody who is no subscriber, until they are answered."""
    kind: str = Field(sa_type=sa.Text)
    """By ``DriverNoticeKind`` or, of an answer to a text, ``SmsAnswer``."""
    channel: DriverChannel = Field(sa_type=text_state(DriverChannel, "channel"))
    language: Language = Field(sa_type=text_state(Language, "language"))
    zone: str = Field(sa_type=sa.Text)
    """Both as they were when it happened, so that each try says the same."""
    data: dict[str, Any] = Field(sa_type=Json)
    state: DriverNoticeState = Field(default=DriverNoticeState.WAITING, sa_type=text_state(DriverNoticeState, "state"))
    due_at: datetime = Field(sa_type=Instant)
    """When it is looked at next: to be sent, to be taken from a worker that died, or to be asked after."""
    tried_until: datetime = Field(sa_type=Instant)
    attempts: int = 0
    provider_id: str | None = Field(default=None, sa_type=sa.Text)
    """By this the SMS provider knows it."""
    error: str | None = Field(default=None, sa_type=sa.Text)
    correlation_id: str = Field(sa_type=sa.Text)
    created_at: datetime = now_column()
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it was known to have arrived or to have failed, or nothing more was to be known."""


class NoticeChoice(SQLModel, table=True):
    """What a subscriber has chosen; who has no row gets what is usual."""

    __tablename__ = "notice_choice"

    subscriber_id: UUID = Field(foreign_key="subscriber.id", primary_key=True)
    channels: dict[str, list[str]] = Field(default_factory=dict, sa_type=Json)
    """By kind of notice; a kind that is not named is told as usual."""
    quiet_since: time = Field(sa_type=sa.Time)
    quiet_until: time = Field(sa_type=sa.Time)
    """By the subscriber's clock; both alike: there are none."""
    changed_at: datetime = Field(sa_type=Instant)
