"""Where partners want to be told, and every notice with what became of it."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models import tracing
from models.rules.delivery import EndpointState, PauseReason, state_of
from models.rules.events import Language
from models.tables.base import UUID, Instant, Json, Texts, datetime, identity, now_column, text_state

_NONE_YET = {"server_default": "0"}


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
    language: Language | None = Field(default=None, sa_type=text_state(Language, "language"))
    """Of its letters; None: the operator's."""
    secret: str | None = Field(default=None, sa_type=sa.Text)
    """A webhook's signing secret, encrypted by the key ring."""
    previous_secret: str | None = Field(default=None, sa_type=sa.Text)
    """The one before, which signs beside it until ``previous_secret_until``."""
    previous_secret_until: datetime | None = Field(default=None, sa_type=Instant)
    only_when_named: bool = False
    """A contact of single requests: told of those, and of nothing else."""
    failures: int = Field(default=0, sa_column_kwargs=_NONE_YET)
    """In a row; none once something was taken."""
    failing_since: datetime | None = Field(default=None, sa_type=Instant)
    retry_at: datetime | None = Field(default=None, sa_type=Instant)
    """About when a failing endpoint is tried next."""
    last_error: str | None = Field(default=None, sa_type=sa.Text)
    paused_at: datetime | None = Field(default=None, sa_type=Instant)
    pause_reason: PauseReason | None = Field(default=None, sa_type=text_state(PauseReason, "pause_reason"))
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()

    @property
    def state(self) -> EndpointState:
        return state_of(
            disabled=self.disabled_at is not None, paused=self.paused_at is not None, failures=self.failures
        )

    @property
    def since(self) -> datetime | None:
        """Since when it is in its state, where that is not the ordinary one."""
        return self.disabled_at or self.paused_at or self.failing_since


class Notice(SQLModel, table=True):
    __tablename__ = "notice"
    __table_args__ = (
        sa.Index("ix_notice_waiting", "endpoint_id", "id", postgresql_where=sa.text("state = 'waiting'")),
        sa.Index("ix_notice_endpoint_id_id", "endpoint_id", "id"),
        sa.Index("ix_notice_reference", sa.text("(data ->> 'reference')")),
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
    traceparent: str | None = Field(default_factory=tracing.here, sa_type=sa.Text)
    """Where in which trace it was written."""
    replays: int = Field(default=0, sa_column_kwargs=_NONE_YET)
    """How often it was sent again because somebody asked for it."""
    replayed_at: datetime | None = Field(default=None, sa_type=Instant)
    """When that was asked for last."""
    created_at: datetime = now_column()
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)


class NoticeAttempt(SQLModel, table=True):
    """One try to deliver a notice. One that has no end was cut off, by a crash of ours."""

    __tablename__ = "notice_attempt"

    id: UUID = identity()
    notice_id: UUID = Field(foreign_key="notice.id", index=True)
    at: datetime = Field(sa_type=Instant)
    replay: bool = False
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    duration_ms: int | None = None
    status: int | None = None
    """What was answered: of HTTP, or the reply code of SMTP; None where nothing was."""
    error: str | None = Field(default=None, sa_type=sa.Text)
    """Why it was not taken."""
