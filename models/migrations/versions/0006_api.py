"""the audit trail with before and after, kept append-only; counts of requests; indexes of lists"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LISTS = {
    "ix_placement_request_created_at": ("placement_request", ["created_at"]),
    "ix_placement_request_requester_reference": ("placement_request", ["requester_reference"]),
    "ix_placement_request_tender_id": ("placement_request", ["tender_id"]),
    "ix_work_order_stage": ("work_order", ["stage", "id"]),
    "ix_asset_stage": ("asset", ["stage", "id"]),
    "ix_unit_state": ("unit", ["state", "id"]),
}
"""What lists are filtered by."""

NEVER_CHANGED = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is append-only' USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    op.add_column(
        "timeline_entry",
        sa.Column(
            "changes",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column("timeline_entry", sa.Column("reference", sa.Text(), nullable=True))
    op.create_index("ix_timeline_entry_at", "timeline_entry", ["at"])
    op.create_index("ix_timeline_entry_actor_id", "timeline_entry", ["actor", "id"])
    op.create_index(
        "ix_timeline_entry_reference",
        "timeline_entry",
        ["reference", "id"],
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_index("ix_timeline_entry_refused", "timeline_entry", ["id"], postgresql_where=sa.text("refused"))
    op.execute(NEVER_CHANGED)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timeline_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.add_column("api_key", sa.Column("requests_per_minute", sa.Integer(), nullable=True))
    op.create_table(
        "request_count",
        sa.Column("counted_id", sa.Uuid(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("count_before", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("counted_id", name=op.f("pk_request_count")),
        prefixes=["UNLOGGED"],
    )
    # One row per caller that is written over at each request: room on its page keeps the table small.
    op.execute("ALTER TABLE request_count SET (fillfactor = 30)")
    for name, (table, columns) in LISTS.items():
        op.create_index(name, table, columns)
    op.create_index("ix_location_attempt_municipality", "location_attempt", [sa.text("lower(municipality)")])
    op.create_index(
        "ix_work_order_planned_for", "work_order", [sa.text("coalesce(planned_for, '9999-12-31'::date)"), "id"]
    )


def downgrade() -> None:
    op.drop_index("ix_work_order_planned_for", table_name="work_order")
    op.drop_index("ix_location_attempt_municipality", table_name="location_attempt")
    for name, (table, _) in LISTS.items():
        op.drop_index(name, table_name=table)
    op.drop_table("request_count")
    op.drop_column("api_key", "requests_per_minute")
    op.execute("DROP TRIGGER append_only ON timeline_entry")
    op.execute("DROP FUNCTION refuse_change()")
    for name in ("refused", "reference", "actor_id", "at"):
        op.drop_index(f"ix_timeline_entry_{name}", table_name="timeline_entry")
    op.drop_column("timeline_entry", "reference")
    op.drop_column("timeline_entry", "changes")
