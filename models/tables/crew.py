"""Crews: who comes to install, of a partner or of the operator itself (P10)."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Instant, datetime, identity, now_column


class Crew(SQLModel, table=True):
    __tablename__ = "crew"
    __table_args__ = (sa.Index("uq_crew_name", "organisation_id", sa.text("lower(name)"), unique=True),)

    id: UUID = identity()
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    name: str = Field(sa_type=sa.Text)
    created_at: datetime = now_column()
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)
    """From then on nothing is planned for it any more."""
