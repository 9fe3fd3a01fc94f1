"""What is asked for the questions of an acceptance test."""

from typing import Annotated

from pydantic import Field

from models.messages.base import Message
from models.rules.sat import Question


class NewSatTemplate(Message):
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=200)]
