"""What every message shares."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Actor(Message):
    """Who acts: a principal, an outside party, or a process itself (then ``id`` is None)."""

    id: UUID | None
    name: str
    organisation_id: UUID | None = None


class Decision(Message):
    """What a person decided. ``decision_id`` makes a repeated one count once."""

    decision_id: str
    actor: Actor
    correlation_id: str
    traceparent: str | None = None
    """Where in which trace it began (W3C Trace Context)."""

    @property
    def occurrence(self) -> str:
        return self.decision_id


class Fact(Message):
    """What was handed over to a workflow; ``number`` counts the facts of that workflow from 1."""

    number: int
    name: str
    payload: dict[str, Any]
    correlation_id: str
    traceparent: str | None = None
    """Where in which trace it began (W3C Trace Context)."""

    @property
    def occurrence(self) -> str:
        return f"fact-{self.number}"


class Subject(Message):
    """What a workflow is about, and all it is started with: everything else is in the rows (rule 4)."""

    subject_id: UUID
    reference: str
    correlation_id: str


class Step(Message):
    """A step that a process takes of its own; ``occurrence`` tells its repetitions apart."""

    subject_id: UUID
    occurrence: str
    correlation_id: str
    traceparent: str | None = None
    """Of the fact that caused it, where there is one."""


class Progress(Message):
    """Where the subject of a process stands after a step."""

    stage: str
    applied_number: int = 0
    organisation: str = ""
    """The partner by whose name the process is found."""
    due_at: datetime | None = None
    """Until when the stage is to be left."""


class Refusal(Message):
    """A decision that came as a Signal and could not be carried out."""

    process: str
    subject_id: UUID
    decision: str
    detail: str
    actor: Actor
    correlation_id: str
