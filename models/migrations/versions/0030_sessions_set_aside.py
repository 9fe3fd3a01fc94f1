"""a session is set aside until a person decides about it, and tells what its station's wrong clock said"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0027"
branch_labels = None
depends_on = None

TABLE = "charging_session"
STAGES = ("charging", "idle", "stopped", "provisional", "settled", "corrected", "unbilled")
TASKS = (
    "review_placement",
    "propose_location",
    "perform_work_order",
    "review_sat",
    "correct_sat",
    "activate_station",
    "unexpected_fact",
    "handover_stuck",
    "report_failed",
    "endpoint_down",
    "return_hardware",
    "resolve_conflict",
    "differs_from_rows",
    "station_differs",
    "cards_low",
    "assign_card",
    "welcome_failed",
    "settle_account",
    "review_subscription",
    "review_session",
    "overdue",
)


def upgrade() -> None:
    for name in ("told_started_at", "decided_at"):
        op.add_column(TABLE, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    _check(TABLE, "stage", (*STAGES, "set_aside", "waived"))
    _check("task", "kind", (*TASKS, "decide_session", "settle_again"))


def downgrade() -> None:
    op.execute("DELETE FROM task WHERE kind IN ('decide_session', 'settle_again')")
    _check("task", "kind", TASKS)
    op.execute(f"UPDATE {TABLE} SET stage = 'stopped' WHERE stage IN ('set_aside', 'waived')")  # noqa: S608 - no input
    _check(TABLE, "stage", STAGES)
    for name in ("decided_at", "told_started_at"):
        op.drop_column(TABLE, name)


def _check(table: str, column: str, words: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    allowed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(name, table, f"{column} IN ({allowed})")
