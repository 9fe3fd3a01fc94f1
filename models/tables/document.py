"""Documents and photos; their bytes are kept by the documents gateway under ``key``."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, datetime, identity, now_column


class Document(SQLModel, table=True):
    __tablename__ = "document"
    __table_args__ = (
        sa.CheckConstraint("placement_id IS NOT NULL OR work_order_id IS NOT NULL", name="belongs_somewhere"),
    )

    id: UUID = identity()
    kind: str = Field(sa_type=sa.Text)
    placement_id: UUID | None = Field(default=None, foreign_key="placement_request.id", index=True)
    work_order_id: UUID | None = Field(default=None, index=True)
    name: str = Field(sa_type=sa.Text)
    content_type: str = Field(sa_type=sa.Text)
    size_bytes: int
    sha256: str = Field(sa_type=sa.Text)
    key: str = Field(sa_type=sa.Text, unique=True)
    for_requester: bool = False
    created_by: UUID | None = Field(default=None, foreign_key="principal.id")
    created_at: datetime = now_column()
