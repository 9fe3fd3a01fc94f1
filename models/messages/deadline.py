"""Messages of the deadlines: what the operator settles, and what the process that tells of them needs to know."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from models.messages.base import Message

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Settle(Message):
    """How long a stage may take, in working days; no ``country`` (ISO 3166-1 alpha-2) means everywhere."""

    country: Country | None = None
    working_days: int = Field(ge=1, le=250)
    remind_before_days: int = Field(default=1, ge=1, le=60)


class Outlook(Message):
    """What a round of reminders found: how many were told, and when to look again; None where nothing is due."""

    told: int
    next_at: datetime | None
