"""Site acceptance tests: templates, answers, reviews."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models.rules.sat import SatState
from models.tables.base import UUID, Instant, Json, datetime, identity, now_column, text_state


class SatTemplate(SQLModel, table=True):
    """The questions for a product, by version; a version is never edited."""

    __tablename__ = "sat_template"
    __table_args__ = (sa.UniqueConstraint("product_id", "version"),)

    id: UUID = identity()
    product_id: UUID = Field(foreign_key="product.id")
    version: int
    questions: list[dict[str, Any]] = Field(sa_type=Json)
    created_at: datetime = now_column()


class Sat(SQLModel, table=True):
    """One per work order, with a part for the site and one per station."""

    __tablename__ = "sat"

    id: UUID = identity()
    work_order_id: UUID = Field(foreign_key="work_order.id", unique=True)
    state: SatState = Field(default=SatState.DRAFT, sa_type=text_state(SatState, "state"))
    filled_in_by: list[str] = Field(default_factory=list, sa_type=Json)
    """Principals who wrote an answer or sent it in; none of them can approve it."""
    submitted_by: UUID | None = Field(default=None, foreign_key="principal.id")
    submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    approved_by: UUID | None = Field(default=None, foreign_key="principal.id")
    approved_at: datetime | None = Field(default=None, sa_type=Instant)
    rounds: int = 0
    created_at: datetime = now_column()


class SatAnswer(SQLModel, table=True):
    __tablename__ = "sat_answer"
    __table_args__ = (
        sa.Index(
            "uq_sat_answer_place", "sat_id", "question_code", "line_id", unique=True, postgresql_nulls_not_distinct=True
        ),
    )

    id: UUID = identity()
    sat_id: UUID = Field(foreign_key="sat.id", index=True)
    line_id: UUID | None = Field(default=None, foreign_key="work_order_line.id")
    """The station's line; None for the site's part."""
    question_code: str = Field(sa_type=sa.Text)
    value: str = Field(sa_type=sa.Text)
    answered_by: UUID = Field(foreign_key="principal.id")
    answered_at: datetime = Field(sa_type=Instant)


class SatRemark(SQLModel, table=True):
    """What a reviewer found wrong with one answer in one round, and what became of it."""

    __tablename__ = "sat_remark"

    id: UUID = identity()
    sat_id: UUID = Field(foreign_key="sat.id", index=True)
    round: int
    line_id: UUID | None = Field(default=None, foreign_key="work_order_line.id")
    question_code: str = Field(sa_type=sa.Text)
    text: str = Field(sa_type=sa.Text)
    rejected_value: str | None = Field(default=None, sa_type=sa.Text)
    by: UUID = Field(foreign_key="principal.id")
    at: datetime = Field(sa_type=Instant)
    resolved_value: str | None = Field(default=None, sa_type=sa.Text)
    resolved_at: datetime | None = Field(default=None, sa_type=Instant)
