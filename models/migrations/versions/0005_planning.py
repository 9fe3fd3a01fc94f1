"""planning by partners and own crews"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crew",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_crew_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crew")),
    )
    op.create_index(op.f("ix_crew_organisation_id"), "crew", ["organisation_id"], unique=False)
    op.create_index("uq_crew_name", "crew", ["organisation_id", sa.literal_column("lower(name)")], unique=True)
    op.add_column("work_order", sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("work_order", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("work_order", sa.Column("crew_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_work_order_crew_id"), "work_order", "crew", ["crew_id"], ["id"])
    op.create_index(op.f("ix_work_order_crew_id"), "work_order", ["crew_id"], unique=False)
    _create_plan_tables()
    # Plans that were made before each was kept.
    op.execute(
        "INSERT INTO work_order_plan (id, work_order_id, number, planned_for, conflicts, planned_by_name, created_at) "
        "SELECT gen_random_uuid(), id, 1, planned_for, '[]', 'unknown', created_at "
        "FROM work_order WHERE planned_for IS NOT NULL"
    )


def _create_plan_tables() -> None:
    op.create_table(
        "work_order_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("planned_for", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("crew_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("conflicts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("planned_by", sa.Uuid(), nullable=True),
        sa.Column("planned_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name=op.f("ck_work_order_plan_window_is_whole")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_work_order_plan_window_goes_forward")),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.id"], name=op.f("fk_work_order_plan_crew_id")),
        sa.ForeignKeyConstraint(["planned_by"], ["principal.id"], name=op.f("fk_work_order_plan_planned_by")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("fk_work_order_plan_work_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_plan")),
        sa.UniqueConstraint("work_order_id", "number", name=op.f("uq_work_order_plan_work_order_id_number")),
    )
    op.create_index(op.f("ix_work_order_plan_work_order_id"), "work_order_plan", ["work_order_id"], unique=False)
    op.create_table(
        "plan_call",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column("said", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received", "applied", "refused", name="state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("refusal", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_plan_call_organisation_id")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("fk_plan_call_work_order_id")),
        sa.PrimaryKeyConstraint("organisation_id", "webhook_id", name=op.f("pk_plan_call")),
    )
    op.create_index(op.f("ix_plan_call_work_order_id"), "plan_call", ["work_order_id"], unique=False)
    op.create_table(
        "plan_hook",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.Text(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_plan_hook_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_plan_hook")),
    )


def downgrade() -> None:
    for table in ("plan_hook", "plan_call", "work_order_plan"):
        op.drop_table(table)
    op.drop_constraint(op.f("fk_work_order_crew_id"), "work_order", type_="foreignkey")
    for column in ("crew_id", "ends_at", "starts_at"):
        op.drop_column("work_order", column)
    op.drop_table("crew")
