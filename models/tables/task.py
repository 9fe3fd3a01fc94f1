"""The inbox: what waits for whom, and until when."""

from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from models.rules.access import Role
from models.tables.base import UUID, Instant, datetime, identity, now_column, text_state
from models.tables.deadline import Due


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"


class TaskKind(StrEnum):
    REVIEW_PLACEMENT = "review_placement"
    PROPOSE_LOCATION = "propose_location"
    PERFORM_WORK_ORDER = "perform_work_order"
    REVIEW_SAT = "review_sat"
    CORRECT_SAT = "correct_sat"
    ACTIVATE_STATION = "activate_station"
    UNEXPECTED_FACT = "unexpected_fact"
    HANDOVER_STUCK = "handover_stuck"
    REPORT_FAILED = "report_failed"
    ENDPOINT_DOWN = "endpoint_down"
    RETURN_HARDWARE = "return_hardware"
    RESOLVE_CONFLICT = "resolve_conflict"
    DIFFERS_FROM_ROWS = "differs_from_rows"
    STATION_DIFFERS = "station_differs"
    """It refuses what is wanted of it; ``subject_id`` is the station."""
    REVIEW_SUBSCRIPTION = "review_subscription"
    CARDS_LOW = "cards_low"
    ASSIGN_CARD = "assign_card"
    """Somebody waits for a card, and there is none: ``subject_id`` is the subscription."""
    WELCOME_FAILED = "welcome_failed"
    SETTLE_ACCOUNT = "settle_account"
    """A balance is to be paid out or billed: ``subject_id`` is the subscription that closes."""
    REVIEW_SESSION = "review_session"
    """It came late, its card was not valid when it was shown, and was nobody's: ``subject_id`` is the session."""
    DECIDE_SESSION = "decide_session"
    """It is set aside until somebody says whether it is billed, and as of when: ``subject_id`` is the session."""
    SETTLE_AGAIN = "settle_again"
    """A session was billed after its subscription, which is ``subject_id``, had been closed and settled."""
    SESSION_STUCK = "session_stuck"
    """A step of its process fails again and again: ``subject_id`` is the session."""
    OVERDUE = "overdue"
    """Somebody else is late: ``subject_id`` is their task, or what stands still."""


class Task(Due, table=True):
    __tablename__ = "task"
    __table_args__ = (
        sa.Index("uq_task_open", "kind", "subject_id", unique=True, postgresql_where=sa.text("state = 'open'")),
    )

    id: UUID = identity()
    kind: TaskKind = Field(sa_type=text_state(TaskKind, "kind"))
    role: Role = Field(sa_type=text_state(Role, "role"))
    organisation_id: UUID = Field(foreign_key="organisation.id", index=True)
    subject_id: UUID
    """The placement, work order or asset it is about."""
    reference: str = Field(sa_type=sa.Text)
    title: str = Field(sa_type=sa.Text)
    state: TaskState = Field(default=TaskState.OPEN, sa_type=text_state(TaskState, "state"))
    claimed_by: UUID | None = Field(default=None, foreign_key="principal.id")
    claimed_at: datetime | None = Field(default=None, sa_type=Instant)
    claimed_for: UUID | None = Field(default=None, foreign_key="principal.id")
    """Whose deputy claimed it, while they were away."""
    done_by: UUID | None = Field(default=None, foreign_key="principal.id")
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = now_column()
