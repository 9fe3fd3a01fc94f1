"""Text messages of drivers, and what came of them (C3). Neither their words nor their phones are kept."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.text_message import SmsAnswer, Word
from models.tables.base import UUID, Instant, datetime, identity, text_state


class TextMessage(SQLModel, table=True):
    __tablename__ = "text_message"
    __table_args__ = (
        sa.Index("ix_text_message_sender_at", "sender", "at"),
        sa.Index("ix_text_message_command_id", "command_id", postgresql_where=sa.text("command_id IS NOT NULL")),
    )

    id: UUID = identity()
    provider_id: str = Field(sa_type=sa.Text, unique=True)
    """Names the text: told again under it, it is the same one."""
    sender: str = Field(sa_type=sa.Text)
    """A digest of the phone's number, by which those of one phone are counted; empty after a day."""
    subscriber_id: UUID | None = Field(default=None, foreign_key="subscriber.id", index=True)
    """Whose it is; None: of nobody that we know."""
    word: Word = Field(sa_type=text_state(Word, "word"))
    asset_id: UUID | None = Field(default=None, foreign_key="asset.id")
    """The station that it speaks of."""
    command_id: UUID | None = Field(default=None, foreign_key="station_command.id")
    """By which the station was told; what it answers is answered to the driver."""
    answer: SmsAnswer | None = Field(default=None, sa_type=text_state(SmsAnswer, "answer"))
    """None: the station is asked, or there were too many to answer."""
    at: datetime = Field(sa_type=Instant)
