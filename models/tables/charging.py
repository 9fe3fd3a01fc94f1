"""Id tokens and charging transactions, with the frames they came in."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.authorisation import TokenKind
from models.tables.base import UUID, Instant, Json, datetime, identity, now_column, text_state

TRANSACTION_NUMBER = sa.Sequence("transaction_number", maxvalue=2**31 - 1, metadata=SQLModel.metadata)
"""OCPP 1.6 transaction ids are positive int32."""


def _number() -> Any:
    """Given by the database, also where it is only a part of the key."""
    return Field(default=None, primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": True})


def _received() -> Any:
    """The table is cut by it."""
    return Field(
        default=None,
        primary_key=True,
        sa_type=Instant,
        sa_column_kwargs={"server_default": sa.func.now()},
        nullable=False,
    )


class IdToken(SQLModel, table=True):
    """A card, or a car by one of its ids. OCPP 1.6 ed.2 §7.28: case-insensitive, at most 20 characters; in capitals."""

    __tablename__ = "id_token"

    id: UUID = identity()
    token: str = Field(sa_type=sa.Text, unique=True)
    """By ``models.rules.vehicle_id``, whatever a station makes of it."""
    kind: TokenKind = Field(sa_type=text_state(TokenKind, "kind"))
    blocked_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    """From then on it is refused."""
    created_at: datetime = now_column()


class PastBlock(SQLModel, table=True):
    """A token was blocked for a time, and may charge again. That it is blocked now stands with the token."""

    __tablename__ = "past_block"

    token_id: UUID = Field(foreign_key="id_token.id", primary_key=True)
    since: datetime = Field(sa_type=Instant, primary_key=True)
    until: datetime = Field(sa_type=Instant)


class ChargingTransaction(SQLModel, table=True):
    """One transaction of a station, whoever started it and whatever was repeated."""

    __tablename__ = "charging_transaction"
    __table_args__ = (
        sa.Index(
            "uq_charging_transaction_start",
            "asset_id",
            "connector",
            "token",
            "started_at",
            "meter_start_wh",
            unique=True,
            postgresql_where=sa.text("station_transaction IS NULL"),
        ),
        sa.Index(
            "uq_charging_transaction_station_transaction",
            "asset_id",
            "station_transaction",
            unique=True,
            postgresql_where=sa.text("station_transaction IS NOT NULL"),
        ),
        sa.Index(
            "ix_charging_transaction_stops",
            "asset_id",
            "connector",
            "stopped_at",
            postgresql_where=sa.text("stopped_at IS NOT NULL"),
        ),
    )

    id: UUID = identity()
    number: int = Field(unique=True)
    """Ours; the OCPP 1.6 transaction id."""
    station_transaction: str | None = Field(default=None, sa_type=sa.Text)
    """The station's own id, where it gives one: OCPP 2."""
    asset_id: UUID = Field(foreign_key="asset.id", index=True)
    connector: int | None = None
    """The number of the EVSE at its station. None where the station did not tell; it is never guessed."""
    station_connector: int | None = None
    """OCPP 2: the connector of that EVSE."""
    token: str = Field(sa_type=sa.Text)
    """Empty while none was shown: by OCPP 2 a transaction may begin with the cable."""
    token_kind: str | None = Field(default=None, sa_type=sa.Text)
    """OCPP 2: how the station read it, in the standard's word."""
    verdict: str = Field(sa_type=sa.Text)
    is_test: bool = False
    started_at: datetime = Field(sa_type=Instant)
    meter_start_wh: int | None = None
    stopped_at: datetime | None = Field(default=None, sa_type=Instant)
    meter_stop_wh: int | None = None
    stop_reason: str | None = Field(default=None, sa_type=sa.Text)
    stop_token: str | None = Field(default=None, sa_type=sa.Text)
    energy_wh: int = 0
    """The furthest the meter has been seen to move since the start, never negative."""
    irregularities: list[str] = Field(default_factory=list, sa_type=Json)
    charging_state: str | None = Field(default=None, sa_type=sa.Text)
    """OCPP 2: what it does now, by events told at once."""
    phases_used: int | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    heard_offline: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """Some of it happened while the station was off-line."""
    awaits_events: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """Its start, or numbers among its events, have not come."""
    messages_in_queue: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """The station said so when it was asked last: more is to come, whatever has ended."""
    sequence: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """OCPP 2: ``models.rules.sequence.Known``, from which the rest of the row is made."""
    created_at: datetime = now_column()

    @property
    def is_open(self) -> bool:
        """Whether more may be told of it: then it is not to be settled yet."""
        return self.stopped_at is None or self.awaits_events or self.messages_in_queue


class MeterReading(SQLModel, table=True):
    """Sampled values of one instant as they came, decoded. Cut by time, and so without foreign keys."""

    __tablename__ = "meter_reading"

    id: int | None = _number()
    received_at: datetime = _received()
    """A station's own time may be wrong by decades; it stands in ``sampled_at``."""
    asset_id: UUID
    transaction_number: int | None = Field(default=None, index=True)
    connector: int | None = None
    sampled_at: datetime = Field(sa_type=Instant)
    samples: list[dict[str, Any]] = Field(sa_type=Json)


class RawFrame(SQLModel, table=True):
    """The frame that a fact about a transaction came in, as evidence. Cut by time, and so without foreign keys."""

    __tablename__ = "raw_frame"

    id: int | None = _number()
    received_at: datetime = _received()
    asset_id: UUID
    transaction_number: int | None = Field(default=None, index=True)
    action: str = Field(sa_type=sa.Text)
    frame: str = Field(sa_type=sa.Text)
