"""What customers have asked for of their personal data: exports, and erasures (S8)."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.personal_data import Because, RequestKind, RequestState
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state


class PersonalRequest(SQLModel, table=True):
    __tablename__ = "personal_request"
    __table_args__ = (
        sa.Index("ix_personal_request_customer_id_id", "customer_id", "id"),
        sa.Index("ix_personal_request_open", "id", postgresql_where=sa.text("state IN ('asked', 'ready')")),
        sa.CheckConstraint("(kind = 'erasure') = (because IS NOT NULL)", name="erasure_says_why"),
    )

    id: UUID = identity()
    customer_id: UUID = Field(foreign_key="customer.id")
    kind: RequestKind = Field(sa_type=text_state(RequestKind, "kind"))
    state: RequestState = Field(default=RequestState.ASKED, sa_type=text_state(RequestState, "state"))
    because: Because | None = Field(default=None, sa_type=text_state(Because, "because"))
    asked_by: UUID | None = Field(default=None, foreign_key="principal.id")
    asked_by_name: str = Field(sa_type=sa.Text)
    size_bytes: int | None = None
    """Of an export that is ready."""
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    """From then on an export is fetched no more, and its file is removed."""
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    """When an export was made; of an erasure, when the last file was gone."""
    created_at: datetime = now_column()
