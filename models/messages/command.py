"""Messages of the process that sends one command to one station."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from models.messages.base import Message, Progress, Step
from models.messages.commands import Connector, Token
from models.messages.station import CommandKind, CommandOutcome


class NewCommand(Message):
    """``arguments`` as the command's model has them in JSON: only what was said."""

    kind: CommandKind
    arguments: dict[str, Any] = Field(default_factory=dict)
    valid_s: int


class NewReservation(Message):
    """Without ``connector``: any one of the station's. ``group`` may start with it too."""

    token: Token
    until: datetime
    connector: Connector | None = None
    group: Token | None = None
    valid_s: int


class CommandProgress(Progress):
    """``node`` holds the station's socket, where the command has just been sent there."""

    station: str
    asset_id: UUID
    kind: CommandKind
    arguments: dict[str, Any] = Field(default_factory=dict)
    expires_at: datetime
    repeatable: bool
    node: str | None = None


class CommandStep(Step):
    """``came_back``: why a try is to be followed by another; ``outcome`` or ``reason`` where it has come to its end."""

    came_back: Literal["not_reached", "no_answer"] | None = None
    outcome: CommandOutcome | None = None
    reason: str = ""
