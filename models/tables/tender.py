"""Tenders, and the products they place."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.tables.base import UUID, Json, datetime, identity, now_column


class Product(SQLModel, table=True):
    __tablename__ = "product"
    __table_args__ = (sa.UniqueConstraint("brand", "model"),)

    id: UUID = identity()
    code: str = Field(sa_type=sa.Text, unique=True)
    brand: str = Field(sa_type=sa.Text)
    model: str = Field(sa_type=sa.Text)
    product_type: str = Field(sa_type=sa.Text)
    connectors: int
    max_power_w: int
    configuration: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    """What a station of this product is configured with, beside and over the network's own settings."""


class Tender(SQLModel, table=True):
    """Who asks, who installs, who keeps the stations, and what is placed."""

    __tablename__ = "tender"

    id: UUID = identity()
    code: str = Field(sa_type=sa.Text, unique=True)
    name: str = Field(sa_type=sa.Text)
    requester_id: UUID = Field(foreign_key="organisation.id", index=True)
    installer_id: UUID = Field(foreign_key="organisation.id", index=True)
    service_partner_id: UUID = Field(foreign_key="organisation.id")
    created_at: datetime = now_column()


class TenderProduct(SQLModel, table=True):
    """One product of a tender; a work order gets ``quantity`` lines of it for each wanted station."""

    __tablename__ = "tender_product"

    tender_id: UUID = Field(foreign_key="tender.id", primary_key=True)
    product_id: UUID = Field(foreign_key="product.id", primary_key=True)
    quantity: int = 1
