"""Certificates that we have signed for stations (security profile 3)."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Instant, datetime, identity


class StationCertificate(SQLModel, table=True):
    """One certificate of a hardware unit. It names the unit, so it moves with it; the asset is where it was asked for.

    A certificate that was used makes every older one of its unit worthless.
    """

    __tablename__ = "station_certificate"
    __table_args__ = (
        sa.Index("ix_station_certificate_unit", "unit_id", "issued_at"),
        sa.Index("ix_station_certificate_not_after", "not_after"),
    )

    id: UUID = identity()
    asset_id: UUID = Field(foreign_key="asset.id", index=True)
    unit_id: UUID = Field(foreign_key="unit.id")
    serial: str = Field(sa_type=sa.Text, unique=True)
    """Hexadecimal, without leading zeros."""
    fingerprint: str = Field(sa_type=sa.Text, unique=True)
    """SHA-256 of the whole certificate, hexadecimal."""
    common_name: str = Field(sa_type=sa.Text)
    issuer: str = Field(sa_type=sa.Text)
    not_before: datetime = Field(sa_type=Instant)
    not_after: datetime = Field(sa_type=Instant)
    issued_at: datetime = Field(sa_type=Instant)
    installed_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the station said that it has taken it."""
    refusal: str | None = Field(default=None, sa_type=sa.Text)
    """What the station answered where it would not take it."""
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it first opened a connection."""
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revocation: str | None = Field(default=None, sa_type=sa.Text)
    """Why, in a person's words."""
    warned_at: datetime | None = Field(default=None, sa_type=Instant)
    """When people were told that it ends soon."""
