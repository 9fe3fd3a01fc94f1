"""Hardware units: what the warehouse books in, hands out and takes back (P11)."""

from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Instant, Texts, datetime, identity, now_column, text_state


class UnitState(StrEnum):
    IN_STOCK = "in_stock"
    HANDED_OVER = "handed_over"
    INSTALLED = "installed"
    ON_SITE = "on_site"
    """It came with its station and never was in our stock; not linked to the platform yet, or not any more."""


class Unit(SQLModel, table=True):
    __tablename__ = "unit"
    __table_args__ = (
        sa.Index("ix_unit_state", "state", "id"),
        sa.CheckConstraint("security_profile BETWEEN 1 AND 3", name="security_profile"),
    )

    id: UUID = identity()
    hardware_id: str = Field(sa_type=sa.Text, unique=True)
    """What stands on the box and is typed or scanned on site."""
    serial: str = Field(sa_type=sa.Text, unique=True)
    product_id: UUID = Field(foreign_key="product.id", index=True)
    firmware: str = Field(sa_type=sa.Text)
    ocpp_identity: str = Field(sa_type=sa.Text, unique=True)
    factory_key_hash: str = Field(sa_type=sa.Text)
    key_hash: str | None = Field(default=None, sa_type=sa.Text)
    """Our own key's hash; once it has been used the factory key opens nothing."""
    proposed_key_hashes: list[str] = Field(default_factory=list, sa_type=Texts)
    """Keys sent to the station that we have not seen confirmed or used, the newest last."""
    key_refusal: str | None = Field(default=None, sa_type=sa.Text)
    """What the station answered where it would not take a key of ours; its factory key stays open then."""
    factory_key_closed_at: datetime | None = Field(default=None, sa_type=Instant)
    security_profile: int = Field(default=1, sa_type=sa.SmallInteger, sa_column_kwargs={"server_default": "1"})
    """The highest that it has used (OCPP 2.0.1 part 2 §A00); no lower one opens a connection any more."""
    state: UnitState = Field(default=UnitState.IN_STOCK, sa_type=text_state(UnitState, "state"))
    holder_id: UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    """The installer that took it."""
    return_for: UUID | None = Field(default=None, foreign_key="placement_request.id", index=True)
    """The placement for whose undoing it is awaited back in the warehouse."""
    return_for_order: UUID | None = Field(default=None, foreign_key="work_order.id", index=True)
    """The same for a work order without a placement."""
    site_id: UUID | None = Field(default=None, foreign_key="site.id", index=True)
    """The site with whose station it came; None for what our warehouse has booked in."""
    created_at: datetime = now_column()
