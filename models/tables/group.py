"""Groups of cards, people and stations (S6). Who belongs to which stands with the cards, subscriptions and stations."""

from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.money import AMOUNT_DIGITS, AMOUNT_PLACES
from models.tables.base import UUID, datetime, identity, now_column

GROUP_NUMBER = sa.Sequence("group_number", metadata=SQLModel.metadata)
_Amount = sa.Numeric(AMOUNT_DIGITS, AMOUNT_PLACES)
_LIMITS = ("sessions", "energy_wh", "amount", "card_sessions", "card_energy_wh", "card_amount")


class DriverGroup(SQLModel, table=True):
    """By ``models.rules.group``: limits of the whole group, and of each of its cards; None where there is none."""

    __tablename__ = "driver_group"
    __table_args__ = (
        sa.CheckConstraint(" AND ".join(f"{name} >= 0" for name in _LIMITS), name="not_negative"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )

    id: UUID = identity()
    reference: str = Field(sa_type=sa.Text, unique=True)
    name: str = Field(sa_type=sa.Text)
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    """Whose super-users manage it."""
    tag: str = Field(sa_type=sa.Text, unique=True)
    """OCPP 1.6 parentIdTag, OCPP 2 groupIdToken."""
    zone: str = Field(sa_type=sa.Text)
    """IANA; its months are told in it."""
    currency: str = Field(sa_type=sa.Text)
    """ISO 4217, of its limits; what is billed in another one counts for none."""
    sessions: int | None = None
    """At the same time."""
    energy_wh: int | None = Field(default=None, sa_type=sa.BigInteger)
    """Of a month."""
    amount: Decimal | None = Field(default=None, sa_type=_Amount)
    """Of a month, with VAT."""
    card_sessions: int | None = None
    card_energy_wh: int | None = Field(default=None, sa_type=sa.BigInteger)
    card_amount: Decimal | None = Field(default=None, sa_type=_Amount)
    created_at: datetime = now_column()
