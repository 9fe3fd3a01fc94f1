"""Installation work orders and their lines."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.work_order import WorkOrderStage
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state
from models.tables.deadline import Due

WORK_ORDER_NUMBER = sa.Sequence("work_order_number", metadata=SQLModel.metadata)


class WorkOrder(Due, table=True):
    __tablename__ = "work_order"
    __table_args__ = (
        sa.Index("ix_work_order_stage", "stage", "id"),
        sa.Index("ix_work_order_planned_for", sa.text("coalesce(planned_for, '9999-12-31'::date)"), "id"),
        sa.CheckConstraint("(placement_id IS NULL) = (attempt_id IS NULL)", name="placement_is_whole"),
        sa.CheckConstraint("(placement_id IS NULL) <> (site_id IS NULL)", name="one_place"),
    )

    id: UUID = identity()
    reference: str = Field(sa_type=sa.Text, unique=True)
    kind: str = Field(default="installation", sa_type=sa.Text)
    placement_id: UUID | None = Field(default=None, foreign_key="placement_request.id", unique=True)
    attempt_id: UUID | None = Field(default=None, foreign_key="location_attempt.id")
    site_id: UUID | None = Field(default=None, foreign_key="site.id", index=True)
    """Where the stations stand that came without a placement request."""
    installer_id: UUID = Field(foreign_key="organisation.id", index=True)
    owner_id: UUID = Field(foreign_key="organisation.id", index=True)
    """The owning team: the tender's service partner."""
    stage: WorkOrderStage = Field(default=WorkOrderStage.OPEN, sa_type=text_state(WorkOrderStage, "stage"))
    planned_for: date | None = Field(default=None)
    """The plan that holds: its day where the stations are to stand, the hours where they were said, and the crew."""
    starts_at: datetime | None = Field(default=None, sa_type=Instant)
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    crew_id: UUID | None = Field(default=None, foreign_key="crew.id", index=True)
    report_id: UUID | None = Field(default=None, foreign_key="document.id")
    created_at: datetime = now_column()
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    cancelled_at: datetime | None = Field(default=None, sa_type=Instant)
    cancel_reason: str | None = Field(default=None, sa_type=sa.Text)


class WorkOrderLine(SQLModel, table=True):
    """The placeholder of a station to come: ``unit_id`` once hardware is linked, ``asset_id`` from its first test."""

    __tablename__ = "work_order_line"
    __table_args__ = (sa.UniqueConstraint("work_order_id", "number"),)

    id: UUID = identity()
    work_order_id: UUID = Field(foreign_key="work_order.id", index=True)
    number: int
    product_id: UUID = Field(foreign_key="product.id")
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id", unique=True)
    asset_id: UUID | None = Field(default=None, foreign_key="asset.id", unique=True)
    sat_template_id: UUID | None = Field(default=None, foreign_key="sat_template.id")
    """The version of the questions that held when the line was made."""


class LineEvse(SQLModel, table=True):
    """An EVSE id that a station to come brings with it; the others are drawn when the station is made."""

    __tablename__ = "line_evse"

    line_id: UUID = Field(foreign_key="work_order_line.id", primary_key=True)
    connector: int = Field(primary_key=True)
    evse_id: str = Field(sa_type=sa.Text, unique=True)
