"""a session that comes late is judged by how its token stood then, and put before a person where it was not valid"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
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
    "overdue",
)


def upgrade() -> None:
    _check_tasks((*TASKS, "review_session"))
    op.create_table(
        "past_block",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_id", "since", name=op.f("pk_past_block")),
        sa.ForeignKeyConstraint(["token_id"], ["id_token.id"], name=op.f("fk_past_block_token_id_id_token")),
    )


def downgrade() -> None:
    op.drop_table("past_block")
    op.execute("DELETE FROM task WHERE kind = 'review_session'")
    _check_tasks(TASKS)


def _check_tasks(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_task_kind"), "task", type_="check")
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_task_kind"), "task", f"kind IN ({allowed})")
