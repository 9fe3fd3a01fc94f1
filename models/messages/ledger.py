"""What is said of amounts: what they lead back to."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import StringConstraints, model_validator

from models.messages.base import Message
from models.messages.placement import Paragraph

PaymentId = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,80}$")]
"""Of a payment: ours, or the bank's own reference; no name of a person."""


class Origin(Message):
    """What a ledger transaction leads back to: one of these at least."""

    session_id: UUID | None = None
    payment_id: PaymentId | None = None
    document_id: UUID | None = None
    reason: Paragraph | None = None

    @model_validator(mode="after")
    def _leads_back(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("Say what it leads back to: a session, a payment, a document or a reason")
        return self
