"""When the crews come: each plan as it was made, and what installers' own systems told us (P10)."""

from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Instant, Json, datetime, identity, now_column, text_state


class WorkOrderPlan(SQLModel, table=True):
    """One plan of a work order; the one with the highest number holds, all are kept."""

    __tablename__ = "work_order_plan"
    __table_args__ = (
        sa.UniqueConstraint("work_order_id", "number"),
        sa.CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="window_is_whole"),
        sa.CheckConstraint("ends_at > starts_at", name="window_goes_forward"),
    )

    id: UUID = identity()
    work_order_id: UUID = Field(foreign_key="work_order.id", index=True)
    number: int
    planned_for: date
    """The day on which the crew comes, where the stations are to stand."""
    starts_at: datetime | None = Field(default=None, sa_type=Instant)
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    crew_id: UUID | None = Field(default=None, foreign_key="crew.id")
    note: str | None = Field(default=None, sa_type=sa.Text)
    reason: str | None = Field(default=None, sa_type=sa.Text)
    """Why it was planned anew, or a conflict accepted."""
    conflicts: list[str] = Field(default_factory=list, sa_type=Json)
    """What stood against the plan when it was made, in words."""
    planned_by: UUID | None = Field(default=None, foreign_key="principal.id")
    planned_by_name: str = Field(sa_type=sa.Text)
    created_at: datetime = Field(sa_type=Instant)


class PlanCallState(StrEnum):
    RECEIVED = "received"
    APPLIED = "applied"
    REFUSED = "refused"


class PlanCall(SQLModel, table=True):
    """A call of an installer's own system, kept once whatever it is repeated."""

    __tablename__ = "plan_call"

    organisation_id: UUID = Field(foreign_key="organisation.id", primary_key=True)
    webhook_id: str = Field(sa_type=sa.Text, primary_key=True)
    work_order_id: UUID = Field(foreign_key="work_order.id", index=True)
    said: dict[str, Any] = Field(sa_type=Json)
    """The plan as it came."""
    state: PlanCallState = Field(default=PlanCallState.RECEIVED, sa_type=text_state(PlanCallState, "state"))
    refusal: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """The business error that stood against it; the same call is answered with it again."""
    occurred_at: datetime = Field(sa_type=Instant)
    received_at: datetime = now_column()


class PlanHook(SQLModel, table=True):
    """With what an installer's own system signs its calls; ``secret`` is encrypted."""

    __tablename__ = "plan_hook"

    organisation_id: UUID = Field(foreign_key="organisation.id", primary_key=True)
    secret: str = Field(sa_type=sa.Text)
    former_secret: str | None = Field(default=None, sa_type=sa.Text)
    """Holds until ``former_until``, so that the other side can change over."""
    former_until: datetime | None = Field(default=None, sa_type=Instant)
    made_at: datetime = Field(sa_type=Instant)
