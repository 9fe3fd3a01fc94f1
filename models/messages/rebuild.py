"""Messages of the comparison of rows and workflows (rule 4)."""

from typing import Any
from uuid import UUID

from models.messages.base import Message


class Standing(Message):
    """Where a workflow stands, as it knows it itself.

    ``heard`` is the number of the last fact that has reached it; ``progress`` is None until it has loaded its rows.
    """

    subject_id: UUID
    heard: int
    progress: dict[str, Any] | None
