"""Places, and the sites at which stations stand that came without a placement request (L6)."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, datetime, identity, now_column


class Place(SQLModel):
    """Where on the map: what a location attempt and a site share."""

    street: str = Field(sa_type=sa.Text)
    house_number: str = Field(sa_type=sa.Text)
    postal_code: str = Field(sa_type=sa.Text)
    city: str = Field(sa_type=sa.Text)
    municipality: str = Field(sa_type=sa.Text)
    country: str = Field(sa_type=sa.Text)
    latitude: float
    """Degrees, WGS 84."""
    longitude: float


class Site(Place, table=True):
    """A place whose stations nobody has asked for: they were bought, or are their owner's own."""

    __tablename__ = "site"
    __table_args__ = (sa.UniqueConstraint("owner_id", "reference"),)

    id: UUID = identity()
    owner_id: UUID = Field(foreign_key="organisation.id", index=True)
    """Whose stations they are: a requester, or the operator itself."""
    reference: str | None = Field(default=None, sa_type=sa.Text)
    """The owner's own name of the place."""
    contact_name: str | None = Field(default=None, sa_type=sa.Text)
    contact_email: str | None = Field(default=None, sa_type=sa.Text)
    created_at: datetime = now_column()
