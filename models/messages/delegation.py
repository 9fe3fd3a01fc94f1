"""What is asked for while somebody is away."""

from datetime import date
from uuid import UUID

from models.messages.base import Message


class NewDelegation(Message):
    """``deputy_id`` does the caller's tasks from ``first_day`` to ``last_day``, both included."""

    deputy_id: UUID
    first_day: date
    last_day: date
