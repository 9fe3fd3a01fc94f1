"""Charging sessions, from start to settled, and their bill data records (C1, C2, C5, C6, B1, S7).

Bill data records are only ever added, which a trigger keeps: a wrong one is credited, and followed by a new one.
"""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.money import AMOUNT_DIGITS, AMOUNT_PLACES
from models.rules.session import SessionStage
from models.rules.tariff import PlaceKind
from models.rules.vend import Vend
from models.tables.base import UUID, Instant, Json, Texts, datetime, identity, now_column, text_state

SESSION_NUMBER = sa.Sequence("session_number", metadata=SQLModel.metadata)
_Amount = sa.Numeric(AMOUNT_DIGITS, AMOUNT_PLACES)
_IS_RUNNING = sa.text("stage IN ('charging', 'idle')")
_OF_GROUP = "group_id IS NOT NULL"
_OF_VEHICLE = "vehicle_id IS NOT NULL"
_COSTS_NOTHING = "net = 0 AND vat = 0 AND gross = 0 AND ledger_transaction_id IS NULL"


class ChargingSession(SQLModel, table=True):
    """What a driver charged and pays, on top of the one transaction that the station tells of."""

    __tablename__ = "charging_session"
    __table_args__ = (
        sa.Index("ix_charging_session_subscriber_id_id", "subscriber_id", "id"),
        sa.Index("ix_charging_session_asset_id_started_at", "asset_id", "started_at"),
        sa.Index("ix_charging_session_running_of_token", "token_id", postgresql_where=_IS_RUNNING),
        sa.Index("ix_charging_session_running_at", "asset_id", "connector", postgresql_where=_IS_RUNNING),
        sa.Index("ix_charging_session_of_group", "group_id", "started_at", postgresql_where=sa.text(_OF_GROUP)),
        sa.Index(
            "ix_charging_session_running_of_group",
            "group_id",
            postgresql_where=sa.text(f"{_OF_GROUP} AND {_IS_RUNNING}"),
        ),
        sa.Index("ix_charging_session_of_vehicle", "vehicle_id", "id", postgresql_where=sa.text(_OF_VEHICLE)),
        sa.Index(
            "ix_charging_session_running_of_vehicle",
            "vehicle_id",
            postgresql_where=sa.text(f"{_OF_VEHICLE} AND {_IS_RUNNING}"),
        ),
        sa.CheckConstraint("stage <> 'unbilled' OR subscriber_id IS NULL", name="unbilled"),
    )

    id: UUID = identity()
    reference: str = Field(sa_type=sa.Text, unique=True)
    transaction_number: int = Field(foreign_key="charging_transaction.number", unique=True)
    subscriber_id: UUID | None = Field(default=None, foreign_key="subscriber.id")
    """Whose session it is, whatever becomes of the card; None: of nobody that we know."""
    group_id: UUID | None = Field(default=None, foreign_key="driver_group.id")
    """The group that its token belonged to at the start."""
    vehicle_id: UUID | None = Field(default=None, foreign_key="vehicle.id")
    """The car that its token stood for at the start."""
    token_id: UUID | None = Field(default=None, foreign_key="id_token.id")
    asset_id: UUID = Field(foreign_key="asset.id")
    evse_id: UUID | None = Field(default=None, foreign_key="evse.id")
    connector: int | None = None
    place_kind: PlaceKind = Field(sa_type=text_state(PlaceKind, "place_kind"))
    """What the place is to whoever charges there."""
    tariff_version_id: UUID | None = Field(default=None, foreign_key="tariff_version.id")
    """The version that held at the start, which is the session's whatever follows. None until its process looked, and
    where nothing is billed."""
    vend: Vend = Field(
        default=Vend.CONTRACT,
        sa_type=text_state(Vend, "vend"),
        sa_column_kwargs={"server_default": Vend.CONTRACT.value},
    )
    """The terms of its station at the start."""
    hold_id: UUID | None = Field(default=None, foreign_key="hold.id", unique=True)
    stage: SessionStage = Field(default=SessionStage.CHARGING, sa_type=text_state(SessionStage, "stage"))
    flags: list[str] = Field(default_factory=list, sa_type=Texts)
    """By ``models.rules.session.Flag``."""
    verdict: str = Field(sa_type=sa.Text)
    """Of its token at the start."""
    guarded_wh: int | None = None
    """So much energy is covered for the moment: where it has flowed, the process is told."""
    marks: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """What the car did when, by ``models.rules.session_usage.Mark``."""
    idle_told_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the driver was told that the car keeps the place."""
    stop_asked_at: datetime | None = Field(default=None, sa_type=Instant)
    """When its station was told to stop it."""
    started_at: datetime = Field(sa_type=Instant)
    """As the tariff goes by it: by the station's clock, or put right where that is wrong."""
    told_started_at: datetime | None = Field(default=None, sa_type=Instant)
    """By a clock of the station that was wrong. None: it is believed."""
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a person said that it is billed, or left unbilled, after it had been set aside."""
    stopped_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()


class Cdr(SQLModel, table=True):
    """A bill data record: what one session costs, line by line, or (a credit) what takes one back.

    Those of a session are numbered: odd ones charge, and each even one credits the one before it. So at most the last
    one stands. One without a tariff is of a session that was not billed: it costs nothing, and may be nobody's.
    """

    __tablename__ = "cdr"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "number"),
        sa.CheckConstraint("(number % 2 = 0) = (credits_id IS NOT NULL)", name="credits"),
        sa.CheckConstraint("credits_id IS NOT NULL OR (net >= 0 AND vat >= 0 AND gross >= 0)", name="not_negative"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        sa.CheckConstraint(f"tariff_version_id IS NOT NULL OR ({_COSTS_NOTHING})", name="unbilled"),
        sa.CheckConstraint("subscriber_id IS NOT NULL OR tariff_version_id IS NULL", name="nobodys"),
        sa.Index("ix_cdr_subscriber_id_id", "subscriber_id", "id"),
    )

    id: UUID = identity()
    session_id: UUID = Field(foreign_key="charging_session.id")
    number: int
    subscriber_id: UUID | None = Field(default=None, foreign_key="subscriber.id")
    vehicle_id: UUID | None = Field(default=None, foreign_key="vehicle.id")
    credits_id: UUID | None = Field(default=None, foreign_key="cdr.id", unique=True)
    tariff_version_id: UUID | None = Field(default=None, foreign_key="tariff_version.id")
    started_at: datetime = Field(sa_type=Instant)
    ended_at: datetime = Field(sa_type=Instant)
    energy_wh: int
    lines: list[dict[str, Any]] = Field(sa_type=Json)
    """As the rating engine gives them: what each amount is for."""
    currency: str = Field(sa_type=sa.Text)
    net: Decimal = Field(sa_type=_Amount)
    vat: Decimal = Field(sa_type=_Amount)
    gross: Decimal = Field(sa_type=_Amount)
    """What is to be paid: beside net and VAT there may be a cent that rounding leaves, which is one of the lines."""
    ledger_transaction_id: UUID | None = Field(default=None, foreign_key="ledger_transaction.id", unique=True)
    """None where it costs nothing: nothing is booked then."""
    made_at: datetime = Field(sa_type=Instant)
