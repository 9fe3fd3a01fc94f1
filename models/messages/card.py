"""What is said of cards (S3, S4)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, StringConstraints

from models.messages.base import Message
from models.messages.placement import Line
from models.rules.card import BlockReason


def _without_spaces(said: object) -> object:
    return "".join(said.split()) if isinstance(said, str) else said


CardNumber = Annotated[
    str,
    BeforeValidator(_without_spaces),
    StringConstraints(to_upper=True, pattern=r"^[A-Za-z0-9-]{3,40}$"),
]
"""Printed on a card; spaces between its parts count for nothing."""
Uid = Annotated[
    str,
    BeforeValidator(_without_spaces),
    StringConstraints(to_upper=True, pattern=r"^[A-Za-z0-9]{4,20}$"),
]
"""What a station reads of a card. OCPP 1.6 ed.2 §7.28: at most 20 characters, case-insensitive; kept in capitals."""

ByPerson = Literal[BlockReason.LOST, BlockReason.STOLEN, BlockReason.DAMAGED]


class ImportedCard(Message):
    """A row of a supplier's list."""

    number: CardNumber
    uid: Uid
    batch: Line | None = None


class BlockCard(Message):
    reason: ByPerson
