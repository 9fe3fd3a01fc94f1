"""Tariffs with their versions, and for whom, where and when they hold (C10)."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.tariff import PlaceKind, TaxIncluded
from models.tables.base import UUID, Instant, Json, datetime, identity, now_column, text_state


class Tariff(SQLModel, table=True):
    """What it costs stands in its versions; currency, and whether prices are gross, never change."""

    __tablename__ = "tariff"

    id: UUID = identity()
    code: str = Field(sa_type=sa.Text, unique=True)
    name: str = Field(sa_type=sa.Text)
    currency: str = Field(sa_type=sa.Text)
    """ISO 4217."""
    tax_included: TaxIncluded = Field(sa_type=text_state(TaxIncluded, "tax_included"))
    created_at: datetime = now_column()


class TariffVersion(SQLModel, table=True):
    """As ``models.rules.tariff.Tariff`` says it. A trigger refuses to change or remove one."""

    __tablename__ = "tariff_version"
    __table_args__ = (sa.UniqueConstraint("tariff_id", "number"),)

    id: UUID = identity()
    tariff_id: UUID = Field(foreign_key="tariff.id")
    number: int
    """From 1 on. Of those that have begun, the highest holds."""
    valid_from: datetime = Field(sa_type=Instant)
    content: dict[str, Any] = Field(sa_type=Json)
    created_by: str = Field(sa_type=sa.Text)
    created_at: datetime = now_column()


class TariffAssignment(SQLModel, table=True):
    """As ``models.rules.tariff_choice.Assignment`` has it."""

    __tablename__ = "tariff_assignment"
    __table_args__ = (
        sa.CheckConstraint("valid_until > valid_from", name="lasts"),
        sa.CheckConstraint("vehicle_id IS NULL OR account_id IS NOT NULL", name="of_its_account"),
    )

    id: UUID = identity()
    tariff_id: UUID = Field(foreign_key="tariff.id", index=True)
    account_id: UUID | None = Field(default=None, foreign_key="subscriber.id", index=True)
    group_id: UUID | None = Field(default=None, index=True)
    vehicle_id: UUID | None = Field(default=None, foreign_key="vehicle.id", index=True)
    """A car of the account."""
    asset_id: UUID | None = Field(default=None, foreign_key="asset.id", index=True)
    place_kind: PlaceKind | None = Field(default=None, sa_type=text_state(PlaceKind, "place_kind"))
    valid_from: datetime = Field(sa_type=Instant)
    valid_until: datetime | None = Field(default=None, sa_type=Instant)
    created_by: str = Field(sa_type=sa.Text)
    created_at: datetime = now_column()
