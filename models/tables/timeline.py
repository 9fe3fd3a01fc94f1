"""The audit trail: who did what, when and why. A placement's timeline is read from it (P22)."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Json, datetime, identity, now_column


class TimelineEntry(SQLModel, table=True):
    """Append-only, which a trigger keeps.

    ``actor`` is a principal's id, or the name of an outside party or of the process itself.
    """

    __tablename__ = "timeline_entry"
    __table_args__ = (
        sa.Index("ix_timeline_entry_at", "at"),
        sa.Index("ix_timeline_entry_actor_id", "actor", "id"),
        sa.Index("ix_timeline_entry_reference", "reference", "id", postgresql_where=sa.text("reference IS NOT NULL")),
        sa.Index("ix_timeline_entry_refused", "id", postgresql_where=sa.text("refused")),
    )

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
    changes: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": sa.text("'[]'")}
    )
    """Each row that it changed: ``what``, ``id``, ``before`` and ``after`` of the columns that moved, masked."""
    reference: str | None = Field(default=None, sa_type=sa.Text)
    """What a refused attempt was aimed at, as it was named."""
    correlation_id: str | None = Field(default=None, sa_type=sa.Text)
