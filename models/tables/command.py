"""Commands that were sent to stations, and the connectors that were reserved by them."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.command import CommandState
from models.rules.reservation import ReservationState
from models.tables.base import UUID, Instant, Json, datetime, identity, now_column, text_state

RESERVATION_NUMBER = sa.Sequence("reservation_number", maxvalue=2**31 - 1, metadata=SQLModel.metadata)
"""OCPP 1.6 reservation ids are int32."""


class AskedCommand(SQLModel, table=True):
    """One command to one station, asked for by a person or a program. It holds no secret."""

    __tablename__ = "station_command"
    __table_args__ = (
        sa.Index("ix_station_command_asset_id_id", "asset_id", "id"),
        sa.Index("ix_station_command_open", "asset_id", postgresql_where=sa.text("state IN ('queued', 'sent')")),
    )

    id: UUID = identity()
    asset_id: UUID = Field(foreign_key="asset.id")
    kind: str = Field(sa_type=sa.Text)
    arguments: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """Only what was said: the rest is by the defaults of the kind."""
    asked_by: UUID | None = Field(default=None, foreign_key="principal.id")
    asked_by_name: str = Field(sa_type=sa.Text)
    correlation_id: str = Field(sa_type=sa.Text)
    state: CommandState = Field(default=CommandState.QUEUED, sa_type=text_state(CommandState, "state"))
    outcome: str | None = Field(default=None, sa_type=sa.Text)
    """The station's answer in a word, where it gave one."""
    detail: str = Field(default="", sa_type=sa.Text)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    expires_at: datetime = Field(sa_type=Instant)
    """Until then a station that is not connected is waited for."""
    tries: int = 0
    unanswered: int = 0
    """How many of the tries may have been done though no answer came."""
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it came to its end, by an answer or without one."""
    created_at: datetime = now_column()


class Reservation(SQLModel, table=True):
    """A connector, or any of the station's, kept for a token until an instant."""

    __tablename__ = "reservation"
    __table_args__ = (
        sa.Index("ix_reservation_asset_id_id", "asset_id", "id"),
        sa.Index("ix_reservation_open", "until", postgresql_where=sa.text("state IN ('asked', 'accepted')")),
    )

    id: UUID = identity()
    number: int = Field(unique=True)
    """By this the station knows it."""
    asset_id: UUID = Field(foreign_key="asset.id")
    connector: int | None = None
    token: str = Field(sa_type=sa.Text)
    group: str | None = Field(default=None, sa_type=sa.Text)
    until: datetime = Field(sa_type=Instant)
    state: ReservationState = Field(default=ReservationState.ASKED, sa_type=text_state(ReservationState, "state"))
    command_id: UUID = Field(foreign_key="station_command.id")
    """The command by which the station was asked."""
    transaction_number: int | None = None
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()
