"""Cars, and the electronic ids by which stations know them (S9)."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.vehicle import RemovalReason, VehicleState
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state

VEHICLE_NUMBER = sa.Sequence("vehicle_number", metadata=SQLModel.metadata)


class Vehicle(SQLModel, table=True):
    """A car of one subscription, as long as it is registered; with another owner it is registered anew."""

    __tablename__ = "vehicle"
    __table_args__ = (
        sa.CheckConstraint("(state = 'removed') = (removed_at IS NOT NULL)", name="removed"),
        sa.Index("ix_vehicle_subscriber_id_id", "subscriber_id", "id"),
    )

    id: UUID = identity()
    reference: str = Field(sa_type=sa.Text, unique=True)
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    state: VehicleState = Field(default=VehicleState.REGISTERED, sa_type=text_state(VehicleState, "state"))
    name: str | None = Field(default=None, sa_type=sa.Text)
    """What its people call it."""
    plate: str | None = Field(default=None, sa_type=sa.Text)
    make: str | None = Field(default=None, sa_type=sa.Text)
    model: str | None = Field(default=None, sa_type=sa.Text)
    removal_reason: RemovalReason | None = Field(default=None, sa_type=text_state(RemovalReason, "removal_reason"))
    removed_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()


class VehicleToken(SQLModel, table=True):
    """An electronic id is a car's for a time. Its token stays when the car has another owner, who registers it anew."""

    __tablename__ = "vehicle_token"
    __table_args__ = (
        sa.CheckConstraint("removed_at >= registered_at", name="lasts"),
        sa.Index("ix_vehicle_token_token_id", "token_id"),
        sa.Index(
            "uq_vehicle_token_registered", "token_id", unique=True, postgresql_where=sa.text("removed_at IS NULL")
        ),
    )

    id: UUID = identity()
    vehicle_id: UUID = Field(foreign_key="vehicle.id", index=True)
    token_id: UUID = Field(foreign_key="id_token.id")
    registered_at: datetime = Field(sa_type=Instant)
    removed_at: datetime | None = Field(default=None, sa_type=Instant)
    """Exclusive; None: it is the car's still."""
