"""The audit trail: who did what, when and why. A placement's timeline is read from it (P22)."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Json, datetime, identity, now_column


class TimelineEntry(SQLModel, table=True):
    """Append-only. ``actor`` is a principal's id, or the name of an outside party or of the process itself."""

    __tablename__ = "timeline_entry"

    id: UUID = identity()
    at: datetime = now_column()
    placement_id: UUID | None = Field(default=None, index=True)
    subject: str = Field(sa_type=sa.Text)
    subject_id: UUID = Field(index=True)
    actor: str = Field(sa_type=sa.Text)
    actor_name: str = Field(sa_type=sa.Text)
    what: str = Field(sa_type=sa.Text)
    why: str | None = Field(default=None, sa_type=sa.Text)
    refused: bool = False
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    correlation_id: str | None = Field(default=None, sa_type=sa.Text)
