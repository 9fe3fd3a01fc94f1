"""Until when somebody is waited for, and how long each stage may take."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import Instant, datetime

EVERYWHERE = ""
"""Stands for every country that has no line of its own."""


class Due(SQLModel):
    """The columns of whatever somebody is waited for in: a task, or the stage of a process.

    Computed once, when it begins, so that neither a changed table nor a changed holiday moves what was promised.
    """

    due_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    remind_at: datetime | None = Field(default=None, sa_type=Instant)
    tell_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    """When somebody is told next: the reminder, then the escalation; None where nothing is left to tell."""
    reminded_at: datetime | None = Field(default=None, sa_type=Instant)
    escalated_at: datetime | None = Field(default=None, sa_type=Instant)

    def fall_due(self, due_at: datetime | None, remind_at: datetime | None) -> None:
        """It is due anew, and nobody has been told yet."""
        self.due_at, self.remind_at = due_at, remind_at
        self.tell_at = remind_at or due_at
        self.reminded_at, self.escalated_at = None, None


class Deadline(SQLModel, table=True):
    """What the operator has settled for a stage in place of our default; ``country`` is ISO 3166-1 alpha-2."""

    __tablename__ = "deadline"
    __table_args__ = (
        sa.CheckConstraint("working_days BETWEEN 1 AND 250", name="working_days"),
        sa.CheckConstraint("remind_before_days BETWEEN 1 AND 60", name="remind_before_days"),
    )

    process: str = Field(sa_type=sa.Text, primary_key=True)
    stage: str = Field(sa_type=sa.Text, primary_key=True)
    country: str = Field(default=EVERYWHERE, sa_type=sa.Text, primary_key=True)
    working_days: int
    remind_before_days: int
