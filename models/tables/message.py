"""What stations and we said to each other, decoded, with personal data masked: for people who look for a fault."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Instant, datetime, new_id


class StationMessage(SQLModel, table=True):
    """One call and its answer. Cut by time (``models/rules/partitions.py``), and so without foreign keys."""

    __tablename__ = "station_message"
    __table_args__ = (sa.Index("ix_station_message_asset_id_id", "asset_id", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    at: datetime = Field(sa_type=Instant, primary_key=True)
    """When the call was received or sent."""
    asset_id: UUID
    connection_id: UUID
    direction: str = Field(sa_type=sa.Text)
    """Who called: ``received`` from the station or ``sent`` to it."""
    action: str | None = Field(default=None, sa_type=sa.Text)
    """None for what was no message."""
    message_id: str | None = Field(default=None, sa_type=sa.Text)
    payload: str | None = Field(default=None, sa_type=sa.Text)
    """JSON, masked."""
    answer: str | None = Field(default=None, sa_type=sa.Text)
    """JSON, masked; None where an error or nothing was answered."""
    error: str | None = Field(default=None, sa_type=sa.Text)
    """The code of a CALLERROR, or why there was no answer."""
    took_ms: int
    """From the call to its answer."""
    size: int
    """Of the call's frame, in characters."""
