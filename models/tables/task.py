"""The inbox: what waits for whom, and until when."""

from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.access import Role
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"


class TaskKind(StrEnum):
    REVIEW_PLACEMENT = "review_placement"
    PROPOSE_LOCATION = "propose_location"
    PERFORM_WORK_ORDER = "perform_work_order"
    REVIEW_SAT = "review_sat"
    CORRECT_SAT = "correct_sat"
    ACTIVATE_STATION = "activate_station"
    UNEXPECTED_FACT = "unexpected_fact"
    HANDOVER_STUCK = "handover_stuck"


class Task(SQLModel, table=True):
    __tablename__ = "task"
    __table_args__ = (
        sa.Index("uq_task_open", "kind", "subject_id", unique=True, postgresql_where=sa.text("state = 'open'")),
    )

    id: UUID = identity()
    kind: TaskKind = Field(sa_type=text_state(TaskKind, "kind"))
    role: Role = Field(sa_type=text_state(Role, "role"))
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    subject_id: UUID
    """The placement, work order or asset it is about."""
    reference: str = Field(sa_type=sa.Text)
    title: str = Field(sa_type=sa.Text)
    state: TaskState = Field(default=TaskState.OPEN, sa_type=text_state(TaskState, "state"))
    due_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    claimed_by: UUID | None = Field(default=None, foreign_key="principal.id")
    claimed_at: datetime | None = Field(default=None, sa_type=Instant)
    done_by: UUID | None = Field(default=None, foreign_key="principal.id")
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()
