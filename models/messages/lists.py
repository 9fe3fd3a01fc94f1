"""Lists that are taken in row by row: what was read, and what is wrong with a row."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from models.messages.base import Message

M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Row(Generic[M]):
    """A row that was read; ``line`` is its number in the file."""

    line: int
    said: M


@dataclass(frozen=True)
class RowFault:
    """What is wrong with one column; None where it is the row as a whole."""

    column: str | None
    detail: str
