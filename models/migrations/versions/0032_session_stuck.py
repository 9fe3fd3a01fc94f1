"""a session that can't go on is a task for an engineer"""

from alembic import op

revision = "0032"
down_revision = "0029"
branch_labels = None
depends_on = None

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
    "decide_session",
    "settle_again",
    "overdue",
)


def upgrade() -> None:
    _check((*TASKS, "session_stuck"))


def downgrade() -> None:
    op.execute("DELETE FROM task WHERE kind = 'session_stuck'")
    _check(TASKS)


def _check(kinds: tuple[str, ...]) -> None:
    name = op.f("ck_task_kind")
    op.drop_constraint(name, "task", type_="check")
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "task", f"kind IN ({allowed})")
