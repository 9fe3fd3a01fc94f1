"""What people want of stations, and the messages of the process that brings it about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from models.messages.base import Message, Progress, Step
from models.messages.station import CommandKind, CommandOutcome


@dataclass(frozen=True)
class Owner:
    """Of what something is wanted: of every station of a product, or of one station; ``reference`` is its name."""

    reference: str
    product_id: UUID | None = None
    asset_id: UUID | None = None


class WantedValue(Message):
    value: str = Field(max_length=500)


class Todo(Message):
    """What a station is to be asked for next, and about what."""

    about: Literal["configuration"]
    kind: CommandKind
    arguments: dict[str, Any] = Field(default_factory=dict)


class StationProgress(Progress):
    """``node`` holds the station's socket; without a ``todo`` there is nothing to do before ``look_at``."""

    station: str
    asset_id: UUID
    node: str | None = None
    todo: Todo | None = None
    look_at: datetime | None = None


class StationStep(Step):
    """What was asked of the station and what it answered, where the step is about that."""

    todo: Todo | None = None
    outcome: CommandOutcome | None = None
