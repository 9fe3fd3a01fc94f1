"""What stations report of themselves, part by part as it came."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Instant, Json, datetime


class StationReport(SQLModel, table=True):
    """One part of a report: the device model, its monitors, its charging profiles, events, needs of a car."""

    __tablename__ = "station_report"
    __table_args__ = (sa.Index("ix_station_report_kind", "asset_id", "kind", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=sa.BigInteger)
    asset_id: UUID = Field(foreign_key="asset.id")
    kind: str = Field(sa_type=sa.Text)
    request: int | None = None
    """The number of the command that asked for it."""
    part: int | None = None
    """Counted from 0, where the station counts."""
    is_last: bool = True
    payload: dict[str, Any] = Field(sa_type=Json)
    """In the words of the standard."""
    at: datetime = Field(sa_type=Instant)
