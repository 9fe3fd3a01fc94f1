"""Signed meter values that are kept with a session and its bill data records, for as long as these (B1)."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.signed_values import Outcome
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state


class SignedValue(SQLModel, table=True):
    """As it came. ``outcome`` says how it was judged when the session was settled."""

    __tablename__ = "signed_value"
    __table_args__ = (
        sa.Index("ix_signed_value_session_id", "session_id"),
        sa.Index(
            "ix_signed_value_key_of_place",
            "asset_id",
            "connector",
            "id",
            postgresql_where=sa.text("outcome = 'valid'"),
        ),
    )

    id: UUID = identity()
    session_id: UUID = Field(foreign_key="charging_session.id")
    asset_id: UUID = Field(foreign_key="asset.id")
    connector: int | None = None
    at: datetime = Field(sa_type=Instant)
    """By the station's clock."""
    context: str = Field(sa_type=sa.Text)
    """Where in the transaction it was taken, in OCPP's word."""
    value: str = Field(sa_type=sa.Text)
    outcome: Outcome = Field(sa_type=text_state(Outcome, "outcome"))
    meter: str | None = Field(default=None, sa_type=sa.Text)
    """Its serial number, as it is signed."""
    key: str | None = Field(default=None, sa_type=sa.Text)
    """The public key that it was checked by: DER, in hexadecimal."""
    created_at: datetime = now_column()
