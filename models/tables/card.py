"""Cards: the pool, whose each one is, and which were used though they were blocked (S3, S4)."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.card import BlockReason, CardState
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state


class Card(SQLModel, table=True):
    """A physical card. Its uid is the token that stations read, which is blocked while the card may not charge."""

    __tablename__ = "card"
    __table_args__ = (
        sa.CheckConstraint("state <> 'assigned' OR subscriber_id IS NOT NULL", name="assigned_to_somebody"),
        sa.Index("ix_card_group_id", "group_id", postgresql_where=sa.text("group_id IS NOT NULL")),
        sa.Index("ix_card_pool", "id", postgresql_where=sa.text("state = 'in_pool'")),
    )

    id: UUID = identity()
    number: str = Field(sa_type=sa.Text, unique=True)
    """Printed on it."""
    token_id: UUID = Field(foreign_key="id_token.id", unique=True)
    batch: str | None = Field(default=None, sa_type=sa.Text)
    """In which it was delivered, in the supplier's words."""
    state: CardState = Field(default=CardState.IN_POOL, sa_type=text_state(CardState, "state"))
    subscriber_id: UUID | None = Field(default=None, foreign_key="subscriber.id", index=True)
    """Whose it is, or was when it was blocked."""
    group_id: UUID | None = Field(default=None, foreign_key="driver_group.id")
    """The group that it belongs to itself, whosever it is; while in the pool it is kept for that group's people."""
    assigned_at: datetime | None = Field(default=None, sa_type=Instant)
    block_reason: BlockReason | None = Field(default=None, sa_type=text_state(BlockReason, "block_reason"))
    blocked_at: datetime | None = Field(default=None, sa_type=Instant)
    replaced_by_id: UUID | None = Field(default=None, foreign_key="card.id")
    created_at: datetime = now_column()


class BlockedCardUse(SQLModel, table=True):
    """A blocked card was shown at a station: the first time of each day."""

    __tablename__ = "blocked_card_use"

    card_id: UUID = Field(foreign_key="card.id", primary_key=True)
    day: date = Field(primary_key=True)
    """In the operator's zone."""
    asset_id: UUID
    """Without a foreign key: its check would wait for whoever works on the station, and all that are judged with it."""
    at: datetime = Field(sa_type=Instant)
