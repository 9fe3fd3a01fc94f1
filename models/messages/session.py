"""Where a charging session stands, as its process needs to know it, and how one is started from afar."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from models.messages.base import Decision, Message, Progress
from models.messages.card import CardNumber
from models.messages.commands import Connector
from models.messages.placement import Line, Paragraph


class SessionProgress(Progress):
    """``look_at``: when to look at it again though nobody rings; None: at once. ``is_to_stop``: its station is told
    so next.
    """

    station: str
    look_at: datetime | None = None
    is_to_stop: bool = False


class BillSession(Decision):
    """Of a session that was set aside. ``started_at``: when it began, where nobody knew that."""

    reason: Paragraph
    started_at: AwareDatetime | None = None


class WaiveSession(Decision):
    """Of a session that was set aside: nobody pays for it."""

    reason: Paragraph


class SeenPrice(Message):
    """What the driver was shown, as ``GET /v1/stations/{name}/prices`` told it: a tariff, or neither where it was free
    of charge."""

    code: Line | None = None
    version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None

    @model_validator(mode="after")
    def _is_a_tariff_or_none(self) -> Self:
        if (self.code is None) != (self.version is None):
            raise ValueError("Name the tariff's code and version, or neither where it was free of charge")
        return self


class NewSession(Message):
    """For a ``subscriber``, by any of their cards, or by one ``card``. Without ``connector``: any of the station's.

    With ``seen``, nothing is started at another price.
    """

    station: Line
    connector: Connector | None = None
    subscriber: Line | None = None
    card: CardNumber | None = None
    seen: SeenPrice | None = None

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        if (self.subscriber is None) == (self.card is None):
            raise ValueError("Name a subscriber or a card, one of the two")
        return self
