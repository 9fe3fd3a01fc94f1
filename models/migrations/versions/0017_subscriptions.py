"""subscriptions are accepted before they are set up, in one step that leaves nothing half done"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
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
    "overdue",
)
STAGES = ("requested", "accepted", "active", "suspended", "closing", "closed", "rejected", "failed")
OLD_STAGES = ("requested", "active", "suspended", "closing", "closed", "undoing", "rejected", "compensated")


def upgrade() -> None:
    _check("task", "kind", (*TASKS, "review_subscription"))
    op.drop_constraint(op.f("ck_subscriber_stage"), "subscriber", type_="check")
    op.execute("UPDATE subscriber SET stage = 'failed' WHERE stage IN ('undoing', 'compensated')")
    _check("subscriber", "stage", STAGES, dropped=True)
    op.drop_column("subscriber", "ending")
    source = sa.Enum("web", "agent", name="source", native_enum=False, create_constraint=True, length=40)
    op.add_column("subscriber", sa.Column("source", source, nullable=False, server_default="agent"))
    op.add_column("subscriber", sa.Column("credit_limit", sa.Numeric(19, 4), nullable=False, server_default="0"))
    for name in ("source", "credit_limit"):
        op.alter_column("subscriber", name, server_default=None)


def downgrade() -> None:
    for name in ("source", "credit_limit"):
        op.drop_column("subscriber", name)
    ending = sa.Enum("rejected", "failed", name="ending", native_enum=False, create_constraint=True, length=40)
    op.add_column("subscriber", sa.Column("ending", ending, nullable=True))
    op.drop_constraint(op.f("ck_subscriber_stage"), "subscriber", type_="check")
    op.execute("UPDATE subscriber SET stage = 'compensated' WHERE stage = 'failed'")
    op.execute("UPDATE subscriber SET stage = 'requested' WHERE stage = 'accepted'")
    _check("subscriber", "stage", OLD_STAGES, dropped=True)
    op.execute("DELETE FROM task WHERE kind = 'review_subscription'")
    _check("task", "kind", TASKS)


def _check(table: str, column: str, words: tuple[str, ...], *, dropped: bool = False) -> None:
    if not dropped:
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
    allowed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({allowed})")
