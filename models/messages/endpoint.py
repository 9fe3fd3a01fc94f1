"""What is asked for endpoints: where an organisation wants to be told (N)."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from models.messages.base import Message
from models.rules.events import Event, Language

Events = Annotated[tuple[Event, ...], Field(max_length=50)]


class NewEndpoint(Message):
    """``address`` is an https URL for a webhook, an e-mail address for mail; no ``events`` means all of them."""

    organisation_id: UUID | None = None
    """None: the caller's own."""
    channel: Literal["webhook", "mail"]
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
    events: Events = ()
    language: Language | None = None
    """Of the letters; None: the operator's."""


class EndpointChange(Message):
    """What is not given stays as it is."""

    events: Events | None = None
    language: Language | None = None


class ReplayNotices(Message):
    """Which notices are to be sent again: those of a time, or some by their ids."""

    since: AwareDatetime | None = None
    """Made at that instant or later."""
    until: AwareDatetime | None = None
    """Made before that instant."""
    notice_ids: Annotated[tuple[UUID, ...], Field(max_length=500)] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.since is None) == (not self.notice_ids):
            raise ValueError("give either since (and until), or notice_ids")
        if self.until is not None and (self.since is None or self.until <= self.since):
            raise ValueError("until must be later than since")
        return self
