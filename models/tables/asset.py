"""Stations at their place, their connections and what they tell of themselves."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.commissioning import CommissioningStage
from models.rules.group import StationAccess
from models.rules.vend import Vend
from models.tables.base import UUID, Instant, Json, datetime, identity, now_column, text_state
from models.tables.deadline import Due

SPELLED = "upper(regexp_replace({}, '[^A-Za-z0-9]', '', 'g'))"
"""How a name is spelled by whoever texts it: in capitals and digits alone."""
ASSET_NUMBER = sa.Sequence("asset_number", metadata=SQLModel.metadata)


class Asset(Due, table=True):
    """A station at its place; the unit is the hardware that stands there now."""

    __tablename__ = "asset"
    __table_args__ = (
        sa.Index("ix_asset_stage", "stage", "id"),
        sa.Index("ix_asset_spelled", sa.text(SPELLED.format("name"))),
        sa.Index("ix_asset_group_id", "group_id", postgresql_where=sa.text("group_id IS NOT NULL")),
        sa.CheckConstraint("attempt_id IS NULL OR site_id IS NULL", name="one_place"),
    )

    id: UUID = identity()
    name: str = Field(sa_type=sa.Text, unique=True)
    product_id: UUID = Field(foreign_key="product.id")
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id", unique=True)
    attempt_id: UUID | None = Field(default=None, foreign_key="location_attempt.id")
    """The location, where the station came by a placement."""
    site_id: UUID | None = Field(default=None, foreign_key="site.id", index=True)
    """Where it stands otherwise."""
    service_partner_id: UUID = Field(foreign_key="organisation.id", index=True)
    group_id: UUID | None = Field(default=None, foreign_key="driver_group.id")
    access: StationAccess = Field(
        default=StationAccess.PUBLIC,
        sa_type=text_state(StationAccess, "access"),
        sa_column_kwargs={"server_default": StationAccess.PUBLIC.value},
    )
    """Whom it takes."""
    vend: Vend = Field(
        default=Vend.CONTRACT,
        sa_type=text_state(Vend, "vend"),
        sa_column_kwargs={"server_default": Vend.CONTRACT.value},
    )
    """On what terms it gives energy."""
    registered_at: datetime | None = Field(default=None, sa_type=Instant)
    """Until then the CSMS refuses the station's identity."""
    stage: CommissioningStage = Field(
        default=CommissioningStage.REGISTERED, sa_type=text_state(CommissioningStage, "stage")
    )
    test_number: int = 0
    """How many connection tests were started."""
    boot_due_at: datetime | None = Field(default=None, sa_type=Instant)
    failure: str | None = Field(default=None, sa_type=sa.Text)
    booted: dict[str, Any] | None = Field(default=None, sa_type=Json)
    """The last accepted boot: vendor, model, serial, firmware, at."""
    registration: str | None = Field(default=None, sa_type=sa.Text)
    """Our answer to its last boot: accepted or rejected."""
    last_seen_at: datetime | None = Field(default=None, sa_type=Instant)
    clock_drift_s: float | None = None
    """How far its clock was ahead of ours when it last told a fresh time; below zero: behind."""
    test_token_id: UUID | None = Field(default=None, foreign_key="id_token.id")
    test_transaction_id: int | None = Field(default=None)
    activated_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()


class Evse(SQLModel, table=True):
    """One EVSE of a station. ``evse_id`` is an eMI3 id (``NL*STM*E000042*1``); ``connector`` is its number at the
    station: OCPP 1.6's connector, OCPP 2's EVSE.
    """

    __tablename__ = "evse"
    __table_args__ = (
        sa.UniqueConstraint("asset_id", "connector"),
        sa.Index("ix_evse_spelled", sa.text(SPELLED.format("evse_id"))),
    )

    id: UUID = identity()
    asset_id: UUID = Field(foreign_key="asset.id", index=True)
    connector: int
    evse_id: str = Field(sa_type=sa.Text, unique=True)
    status: str | None = Field(default=None, sa_type=sa.Text)
    error_code: str | None = Field(default=None, sa_type=sa.Text)
    status_at: datetime | None = Field(default=None, sa_type=Instant)
    plugs: dict[str, str] | None = Field(default=None, sa_type=Json)
    """OCPP 2: what each of its connectors told, by their numbers; ``status`` is what they amount to."""


class StationVend(SQLModel, table=True):
    """Since when a station has had which terms: a session that is told late has those of its start."""

    __tablename__ = "station_vend"

    asset_id: UUID = Field(foreign_key="asset.id", primary_key=True)
    since: datetime = Field(sa_type=Instant, primary_key=True)
    vend: Vend = Field(sa_type=text_state(Vend, "vend"))


class StationConnection(SQLModel, table=True):
    """Which node holds the socket of which station now."""

    __tablename__ = "station_connection"
    __table_args__ = (sa.Index("ix_station_connection_node", "node"),)

    asset_id: UUID = Field(foreign_key="asset.id", primary_key=True)
    connection_id: str = Field(sa_type=sa.Text)
    node: str = Field(sa_type=sa.Text)
    remote_ip: str = Field(sa_type=sa.Text)
    protocol: str = Field(sa_type=sa.Text)
    connected_at: datetime = Field(sa_type=Instant)
    security_profile: int = Field(default=1, sa_type=sa.SmallInteger, sa_column_kwargs={"server_default": "1"})


class CsmsNode(SQLModel, table=True):
    """A process that holds stations' sockets, and its last sign of life, by the database's own clock."""

    __tablename__ = "csms_node"

    name: str = Field(sa_type=sa.Text, primary_key=True)
    started_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)


class PastConnection(SQLModel, table=True):
    """A socket that a station has had, or has now: ``ended_at`` is None while it is open."""

    __tablename__ = "past_connection"
    __table_args__ = (
        sa.Index("ix_past_connection_asset_id_id", "asset_id", "id"),
        sa.Index("ix_past_connection_open", "asset_id", postgresql_where=sa.text("ended_at IS NULL")),
    )

    id: UUID = identity()
    asset_id: UUID = Field(foreign_key="asset.id")
    connection_id: str = Field(sa_type=sa.Text)
    node: str = Field(sa_type=sa.Text)
    remote_ip: str = Field(sa_type=sa.Text)
    protocol: str = Field(sa_type=sa.Text)
    connected_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = Field(default=None, sa_type=sa.Text)
    """Why it ended."""


class StationEvent(SQLModel, table=True):
    """What happened to a station, in order; the event stream reads these."""

    __tablename__ = "station_event"

    id: int | None = Field(default=None, primary_key=True, sa_type=sa.BigInteger)
    asset_id: UUID = Field(foreign_key="asset.id", index=True)
    kind: str = Field(sa_type=sa.Text)
    test_number: int
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    at: datetime = Field(sa_type=Instant)


STATION_EVENT_CHANNEL = "station_event"
