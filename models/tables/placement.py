"""Placement requests and their location attempts."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.events import Language
from models.rules.grid import AttemptState
from models.rules.placement import PlacementStage
from models.rules.undoing import Ending
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state
from models.tables.deadline import Due
from models.tables.site import Place

PLACEMENT_NUMBER = sa.Sequence("placement_number", metadata=SQLModel.metadata)


class PlacementRequest(Due, table=True):
    __tablename__ = "placement_request"
    __table_args__ = (sa.Index("ix_placement_request_created_at", "created_at"),)

    id: UUID = identity()
    reference: str = Field(sa_type=sa.Text, unique=True)
    requester_id: UUID = Field(foreign_key="organisation.id", index=True)
    requester_reference: str | None = Field(default=None, sa_type=sa.Text, index=True)
    tender_id: UUID = Field(foreign_key="tender.id", index=True)
    stations: int
    """How many stations are wanted."""
    contact_name: str = Field(sa_type=sa.Text)
    contact_email: str = Field(sa_type=sa.Text)
    contact_language: Language | None = Field(default=None, sa_type=text_state(Language, "contact_language"))
    """Of the letters to the contact; None: the operator's."""
    remarks: str | None = Field(default=None, sa_type=sa.Text)
    stage: PlacementStage = Field(
        default=PlacementStage.SUBMITTED, sa_type=text_state(PlacementStage, "stage"), index=True
    )
    rejection_reason: str | None = Field(default=None, sa_type=sa.Text)
    ending: Ending | None = Field(default=None, sa_type=text_state(Ending, "ending"))
    """As what it ends, once it was withdrawn or cancelled."""
    ending_reason: str | None = Field(default=None, sa_type=sa.Text)
    created_at: datetime = now_column()
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class LocationAttempt(Place, table=True):
    """A location put to the grid operator; all attempts of a request are kept."""

    __tablename__ = "location_attempt"
    __table_args__ = (
        sa.UniqueConstraint("placement_id", "number"),
        sa.Index("ix_location_attempt_municipality", sa.text("lower(municipality)")),
    )

    id: UUID = identity()
    placement_id: UUID = Field(foreign_key="placement_request.id", index=True)
    number: int
    state: AttemptState = Field(default=AttemptState.REQUESTING, sa_type=text_state(AttemptState, "state"))
    connection_request_id: str | None = Field(default=None, sa_type=sa.Text, unique=True)
    """The grid operator's own id of our request."""
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when our request may have reached the grid operator, whether its id is known or not."""
    cancel_refusal: str | None = Field(default=None, sa_type=sa.Text)
    """Why the grid operator does not let our request be cancelled."""
    reason: str | None = Field(default=None, sa_type=sa.Text)
    scheduled_for: str | None = Field(default=None, sa_type=sa.Text)
    connected_at: datetime | None = Field(default=None, sa_type=Instant)
    unreachable_since: datetime | None = Field(default=None, sa_type=Instant)
    """Since when the grid operator can't be asked, and why; tried again until it can."""
    unreachable_reason: str | None = Field(default=None, sa_type=sa.Text)
    created_at: datetime = now_column()


class GridCall(SQLModel, table=True):
    """A webhook of the grid operator, kept once whatever it is repeated."""

    __tablename__ = "grid_call"

    webhook_id: str = Field(sa_type=sa.Text, primary_key=True)
    attempt_id: UUID = Field(foreign_key="location_attempt.id", index=True)
    event: str = Field(sa_type=sa.Text)
    reason: str | None = Field(default=None, sa_type=sa.Text)
    scheduled_for: str | None = Field(default=None, sa_type=sa.Text)
    occurred_at: datetime = Field(sa_type=Instant)
    received_at: datetime = now_column()
