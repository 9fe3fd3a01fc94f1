"""deadlines, reminders and delegation"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = (
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
)
INSTANT = sa.DateTime(timezone=True)
STAGES = ("placement_request", "work_order", "asset")
DUE = ("due_at", "remind_at", "tell_at", "reminded_at", "escalated_at")


def _check_kinds(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_task_kind"), "task", type_="check")
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_task_kind"), "task", f"kind IN ({allowed})")


def upgrade() -> None:
    _check_kinds((*KINDS, "overdue"))
    for table in (*STAGES, "task"):
        for column in DUE:
            if (table, column) != ("task", "due_at"):
                op.add_column(table, sa.Column(column, INSTANT, nullable=True))
        if table != "task":
            op.create_index(op.f(f"ix_{table}_due_at"), table, ["due_at"], unique=False)
        op.create_index(op.f(f"ix_{table}_tell_at"), table, ["tell_at"], unique=False)
    # What is open already is told of when it is due, without a reminder before.
    op.execute("UPDATE task SET tell_at = due_at WHERE state = 'open'")
    op.add_column("task", sa.Column("claimed_for", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_task_claimed_for"), "task", "principal", ["claimed_for"], ["id"])
    op.create_table(
        "deadline",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("working_days", sa.Integer(), nullable=False),
        sa.Column("remind_before_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("working_days BETWEEN 1 AND 250", name=op.f("ck_deadline_working_days")),
        sa.CheckConstraint("remind_before_days BETWEEN 1 AND 60", name=op.f("ck_deadline_remind_before_days")),
        sa.PrimaryKeyConstraint("process", "stage", "country", name=op.f("pk_deadline")),
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("delegator_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("created_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_delegation_days")),
        sa.CheckConstraint("delegator_id <> deputy_id", name=op.f("ck_delegation_two_people")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_delegation_organisation_id")),
        sa.ForeignKeyConstraint(["delegator_id"], ["principal.id"], name=op.f("fk_delegation_delegator_id")),
        sa.ForeignKeyConstraint(["deputy_id"], ["principal.id"], name=op.f("fk_delegation_deputy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_delegator_id"), "delegation", ["delegator_id"], unique=False)
    op.create_index(op.f("ix_delegation_deputy_id"), "delegation", ["deputy_id"], unique=False)


def downgrade() -> None:
    op.execute("DELETE FROM task WHERE kind = 'overdue'")
    op.drop_table("delegation")
    op.drop_table("deadline")
    op.drop_constraint(op.f("fk_task_claimed_for"), "task", type_="foreignkey")
    op.drop_column("task", "claimed_for")
    for table in (*STAGES, "task"):
        op.drop_index(op.f(f"ix_{table}_tell_at"), table_name=table)
        for column in DUE:
            if (table, column) != ("task", "due_at"):
                op.drop_column(table, column)
    _check_kinds(KINDS)
