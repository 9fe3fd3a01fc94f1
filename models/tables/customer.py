"""Customers: who they are, whom to speak to, what was agreed. Here personal data stand, and nowhere else (S1, S8)."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.customer import CustomerKind
from models.rules.events import Language
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state

CUSTOMER_NUMBER = sa.Sequence("customer_number", metadata=SQLModel.metadata)


class Customer(SQLModel, table=True):
    __tablename__ = "customer"
    __table_args__ = (
        sa.Index("ix_customer_email", sa.text("lower(email)")),
        sa.Index("ix_customer_city", "country", sa.text("lower(city)")),
        sa.Index("ix_customer_area", "country", sa.text("left(postal_code, 2)")),
    )

    id: UUID = identity()
    reference: str = Field(sa_type=sa.Text, unique=True)
    external_id: str | None = Field(default=None, sa_type=sa.Text, unique=True)
    """By this an outside CRM knows it."""
    kind: CustomerKind = Field(sa_type=text_state(CustomerKind, "kind"))
    name: str = Field(sa_type=sa.Text)
    email: str = Field(sa_type=sa.Text)
    phone: str | None = Field(default=None, sa_type=sa.Text, index=True)
    """E.164."""
    language: Language = Field(sa_type=text_state(Language, "language"))
    street: str = Field(sa_type=sa.Text)
    house_number: str = Field(sa_type=sa.Text)
    postal_code: str = Field(sa_type=sa.Text)
    city: str = Field(sa_type=sa.Text)
    country: str = Field(sa_type=sa.Text)
    """ISO 3166-1 alpha-2."""
    erased_at: datetime | None = Field(default=None, sa_type=Instant)
    """From then on it is a pseudonym: nothing of it tells who it was (S8)."""
    created_at: datetime = now_column()


class CustomerContact(SQLModel, table=True):
    """Somebody to speak to at a customer."""

    __tablename__ = "customer_contact"

    id: UUID = identity()
    customer_id: UUID = Field(foreign_key="customer.id", index=True)
    name: str = Field(sa_type=sa.Text)
    function: str | None = Field(default=None, sa_type=sa.Text)
    """What they do there."""
    email: str | None = Field(default=None, sa_type=sa.Text)
    phone: str | None = Field(default=None, sa_type=sa.Text)
    created_at: datetime = now_column()


class CustomerNote(SQLModel, table=True):
    """What somebody has written down about a customer; kept as it was written."""

    __tablename__ = "customer_note"

    id: UUID = identity()
    customer_id: UUID = Field(foreign_key="customer.id", index=True)
    text: str = Field(sa_type=sa.Text)
    written_by: UUID | None = Field(default=None, foreign_key="principal.id")
    written_by_name: str = Field(sa_type=sa.Text)
    created_at: datetime = now_column()
