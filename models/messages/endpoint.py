"""What is asked for endpoints: where an organisation wants to be told (N)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from models.messages.base import Message

EventName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}\.[a-z_]{1,60}$")]


class NewEndpoint(Message):
    """``address`` is an https URL for a webhook, an e-mail address for mail; no ``events`` means all of them."""

    organisation_id: UUID | None = None
    """None: the caller's own."""
    channel: Literal["webhook", "mail"]
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
    events: Annotated[tuple[EventName, ...], Field(max_length=50)] = ()
