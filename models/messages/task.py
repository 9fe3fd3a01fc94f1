"""What is asked for tasks."""

from uuid import UUID

from pydantic import AwareDatetime

from models.messages.base import Message
from models.messages.placement import Paragraph


class Reassign(Message):
    """``to`` is a colleague with the task's role."""

    to: UUID
    reason: Paragraph | None = None


class ChangeDueDate(Message):
    """Another promise than the one that was computed, and why."""

    due_at: AwareDatetime
    reason: Paragraph
