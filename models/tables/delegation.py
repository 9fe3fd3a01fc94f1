"""Who does whose tasks while somebody is away."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Instant, datetime, identity, now_column


class Delegation(SQLModel, table=True):
    """From ``first_day`` to ``last_day``, both included, in the operator's time zone."""

    __tablename__ = "delegation"
    __table_args__ = (
        sa.CheckConstraint("first_day <= last_day", name="days"),
        sa.CheckConstraint("delegator_id <> deputy_id", name="two_people"),
    )

    id: UUID = identity()
    organisation_id: UUID = Field(foreign_key="organisation.id")
    delegator_id: UUID = Field(foreign_key="principal.id", index=True)
    deputy_id: UUID = Field(foreign_key="principal.id", index=True)
    first_day: date
    last_day: date
    created_at: datetime = now_column()
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    """It was taken back before its last day."""
