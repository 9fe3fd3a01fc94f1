"""stations without a placement request"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNIT_STATES = ("in_stock", "handed_over", "installed")
CHECKS = {
    ("work_order", "placement_is_whole"): "(placement_id IS NULL) = (attempt_id IS NULL)",
    ("work_order", "one_place"): "(placement_id IS NULL) <> (site_id IS NULL)",
    ("asset", "one_place"): "attempt_id IS NULL OR site_id IS NULL",
    ("document", "belongs_somewhere"): "placement_id IS NOT NULL OR work_order_id IS NOT NULL",
}
REQUIRED = (("work_order", "placement_id"), ("work_order", "attempt_id"), ("document", "placement_id"))
POINTERS = {
    ("work_order", "site_id"): "site",
    ("asset", "site_id"): "site",
    ("unit", "site_id"): "site",
    ("unit", "return_for_order"): "work_order",
}


def upgrade() -> None:
    _make_tables()
    for (table, column), target in POINTERS.items():
        op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, target, [column], ["id"])
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
    for table, column in REQUIRED:
        op.alter_column(table, column, existing_type=sa.Uuid(), nullable=True)
    op.add_column("work_order", sa.Column("cancel_reason", sa.Text(), nullable=True))
    for (table, name), condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    _check_unit_states((*UNIT_STATES, "on_site"))
    op.create_index("ix_notice_reference", "notice", [sa.text("(data ->> 'reference')")], unique=False)


def _make_tables() -> None:
    op.create_table(
        "site",
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("house_number", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["organisation.id"], name=op.f("fk_site_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("owner_id", "reference", name=op.f("uq_site_owner_id_reference")),
    )
    op.create_index(op.f("ix_site_owner_id"), "site", ["owner_id"], unique=False)
    op.create_table(
        "line_evse",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("connector", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("evse_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["work_order_line.id"], name=op.f("fk_line_evse_line_id")),
        sa.PrimaryKeyConstraint("line_id", "connector", name=op.f("pk_line_evse")),
        sa.UniqueConstraint("evse_id", name=op.f("uq_line_evse_evse_id")),
    )


def _check_unit_states(states: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_unit_state"), "unit", type_="check")
    allowed = ", ".join(f"'{state}'" for state in states)
    op.create_check_constraint(op.f("ck_unit_state"), "unit", f"state IN ({allowed})")


def downgrade() -> None:
    """Refused by the database while there are stations that came without a placement request."""
    op.drop_index("ix_notice_reference", table_name="notice")
    _check_unit_states(UNIT_STATES)
    for table, name in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.drop_column("work_order", "cancel_reason")
    for table, column in REQUIRED:
        op.alter_column(table, column, existing_type=sa.Uuid(), nullable=False)
    for table, column in POINTERS:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
        op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
        op.drop_column(table, column)
    op.drop_table("line_evse")
    op.drop_table("site")
