"""Messages of the site acceptance test."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from models.messages.base import Message
from models.rules.sat import Question


class Answer(Message):
    """An answer to one question; ``line_id`` names the station's line, None the site's part.

    A photo's value is the id of an uploaded photo.
    """

    question: str
    line_id: UUID | None = None
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Answers(Message):
    """Any number of answers at once; those that are not named stay as they are."""

    answers: tuple[Answer, ...] = Field(min_length=1, max_length=500)


class AskedQuestion(Message):
    """A question as it is asked on a work order: once for the site, or once for the station of a line."""

    question: Question
    line_id: UUID | None
    template_id: UUID
    template_version: int
