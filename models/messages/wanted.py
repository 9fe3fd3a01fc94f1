"""What people want of stations, and the messages of the process that brings it about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from models.messages.base import Message, Progress, Step
from models.messages.commands.fields import Address, Certificate, Token
from models.messages.station import CommandKind, CommandOutcome
from models.rules.local_list import TOKENS_LIMIT


@dataclass(frozen=True)
class Owner:
    """Of what something is wanted: of every station of a product, or of one station; ``reference`` is its name."""

    reference: str
    product_id: UUID | None = None
    asset_id: UUID | None = None


class WantedValue(Message):
    value: str = Field(max_length=2500)


Percent = Annotated[int, Field(ge=0, le=100)]


class NewFirmware(Message):
    """``version`` as stations tell it at their boot. The window is local time of the place, and may go over midnight.

    Of a product's stations the first ``first`` are updated, then ``share_percent`` of all, then all; it stops by itself
    once more than ``failure_limit_percent`` of those that came to an end have failed.
    """

    version: str = Field(min_length=1, max_length=50)
    location: Address
    signing_certificate: Certificate | None = None
    signature: str | None = Field(default=None, min_length=1, max_length=800)
    not_before: AwareDatetime | None = None
    from_hour: int | None = Field(default=None, ge=0, le=23)
    to_hour: int | None = Field(default=None, ge=0, le=24)
    first: int = Field(default=1, ge=1, le=1000)
    share_percent: int = Field(default=10, ge=1, le=100)
    failure_limit_percent: Percent = 20

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        if (self.signing_certificate is None) != (self.signature is None):
            raise ValueError("signature: goes with signing_certificate; give both, or neither")
        if (self.from_hour is None) != (self.to_hour is None) or (
            self.from_hour is not None and self.from_hour == self.to_hour
        ):
            raise ValueError("to_hour: goes with from_hour, and is another hour; give both, or neither")
        return self


class NewList(Message):
    """These cards and cars, and with ``all_cards`` all ordinary ones that are not blocked, or with ``chosen`` as many
    more as each station holds: those that are likeliest to be shown there.
    """

    tokens: tuple[Token, ...] = Field(default=(), max_length=TOKENS_LIMIT)
    all_cards: bool = False
    chosen: bool = False

    @model_validator(mode="after")
    def _check_kinds(self) -> Self:
        if self.all_cards and self.chosen:
            raise ValueError("chosen: either all cards or those that are chosen; give one of them")
        return self


class Todo(Message):
    """What a station is to be asked for next, and about what."""

    about: Literal["configuration", "firmware", "list"]
    kind: CommandKind
    arguments: dict[str, Any] = Field(default_factory=dict)
    claim: bool = False
    """Its turn has to be taken before it is asked; only then its arguments are known."""
    claimed: bool = False


class StationProgress(Progress):
    """``node`` holds the station's socket; without a ``todo`` there is nothing to do before ``look_at``."""

    station: str
    asset_id: UUID
    node: str | None = None
    todo: Todo | None = None
    look_at: datetime | None = None


class StationStep(Step):
    """What was asked of the station and what it answered, where the step is about that; None: it was not reached."""

    todo: Todo | None = None
    outcome: CommandOutcome | None = None
