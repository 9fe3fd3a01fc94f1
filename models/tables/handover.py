"""The processes, the facts handed over to them, and the results of their steps (rules 1, 3 and 4)."""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models import tracing
from models.tables.base import UUID, Instant, Json, datetime, identity, now_column, text_state


class HandoverKind(StrEnum):
    START = "start"
    SIGNAL = "signal"


class Process(SQLModel, table=True):
    """One workflow and how far the facts for it have come; its row is the lock under which they are numbered."""

    __tablename__ = "process"

    workflow_id: str = Field(sa_type=sa.Text, primary_key=True)
    kind: str = Field(sa_type=sa.Text, index=True)
    """The workflow's type."""
    subject_id: UUID = Field(index=True)
    last_number: int = 0
    applied_number: int = 0
    """The last fact whose effect is in the rows; a process started from its rows goes on behind it."""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()


class Handover(SQLModel, table=True):
    """A fact that a workflow must hear of. Late ones, whose process had ended, are kept and never delivered."""

    __tablename__ = "handover"
    __table_args__ = (
        sa.UniqueConstraint("workflow_id", "number"),
        sa.Index(
            "ix_handover_open",
            "workflow_id",
            "number",
            postgresql_where=sa.text("delivered_at IS NULL AND NOT late"),
        ),
    )

    id: UUID = identity()
    workflow_id: str = Field(sa_type=sa.Text, foreign_key="process.workflow_id")
    number: int
    kind: HandoverKind = Field(sa_type=text_state(HandoverKind, "kind"))
    name: str = Field(sa_type=sa.Text)
    """The fact's name, or the workflow's type where the row starts it."""
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    correlation_id: str = Field(sa_type=sa.Text)
    traceparent: str | None = Field(default_factory=tracing.here, sa_type=sa.Text)
    """Where in which trace it was written."""
    late: bool = False
    created_at: datetime = now_column()
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    last_error: str | None = Field(default=None, sa_type=sa.Text)
    stuck_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when it counts as one that can't be delivered; an engineer has a task."""
    skipped_at: datetime | None = Field(default=None, sa_type=Instant)
    """When an engineer let the workflow go on without it."""


class StepResult(SQLModel, table=True):
    """What a step of a workflow gave; a retry gets it again instead of doing the step twice."""

    __tablename__ = "step_result"

    workflow_id: str = Field(sa_type=sa.Text, primary_key=True)
    step: str = Field(sa_type=sa.Text, primary_key=True)
    occurrence: str = Field(sa_type=sa.Text, primary_key=True)
    result: dict[str, Any] = Field(sa_type=Json)
    created_at: datetime = now_column()
