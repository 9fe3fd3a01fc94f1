"""Subscriptions: a customer's way to charge, with an account in the ledger and cards (S1-S5)."""

from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.money import AMOUNT_DIGITS, AMOUNT_PLACES
from models.rules.events import Language
from models.rules.subscriber import Payment, Source, SubscriberStage
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state

SUBSCRIBER_NUMBER = sa.Sequence("subscriber_number", metadata=SQLModel.metadata)


class Subscriber(SQLModel, table=True):
    """Its account in the ledger is found by its id, as the account's owner; so is the tariff that holds for it."""

    __tablename__ = "subscriber"
    __table_args__ = (
        sa.Index("ix_subscriber_stage", "stage", "id"),
        sa.Index("ix_subscriber_group_id", "group_id", postgresql_where=sa.text("group_id IS NOT NULL")),
    )

    id: UUID = identity()
    reference: str = Field(sa_type=sa.Text, unique=True)
    customer_id: UUID = Field(foreign_key="customer.id", index=True)
    group_id: UUID | None = Field(default=None, foreign_key="driver_group.id")
    """The group that it belongs to, with all of its cards that have none of their own."""
    stage: SubscriberStage = Field(default=SubscriberStage.REQUESTED, sa_type=text_state(SubscriberStage, "stage"))
    payment: Payment = Field(sa_type=text_state(Payment, "payment"))
    currency: str = Field(sa_type=sa.Text)
    """ISO 4217."""
    zone: str = Field(sa_type=sa.Text)
    """IANA; the account's days and months are told in it."""
    language: Language = Field(sa_type=text_state(Language, "language"))
    email: str = Field(sa_type=sa.Text)
    phone: str | None = Field(default=None, sa_type=sa.Text, index=True)
    """E.164. By this a text message is known as theirs (C3)."""
    tariff: str | None = Field(default=None, sa_type=sa.Text)
    """The code of the tariff that was asked for; which one holds when is in its assignments."""
    wanted_card: str | None = Field(default=None, sa_type=sa.Text)
    """The printed number of the card that is to be theirs; None: any of the pool."""
    source: Source = Field(sa_type=text_state(Source, "source"))
    credit_limit: Decimal = Field(sa_type=sa.Numeric(AMOUNT_DIGITS, AMOUNT_PLACES))
    """With which its account is opened."""
    ending_reason: str | None = Field(default=None, sa_type=sa.Text)
    suspended_because: str | None = Field(default=None, sa_type=sa.Text)
    letter_key: str | None = Field(default=None, sa_type=sa.Text)
    """Under which the welcome letter is kept."""
    welcomed_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the welcome kit went out, or was left to customer care."""
    activated_at: datetime | None = Field(default=None, sa_type=Instant)
    closing_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()
