"""endpoints that pause, secrets that rotate"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _new_of_endpoint() -> list[sa.Column[Any]]:
    return [
        sa.Column("language", sa.String(40), nullable=True),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.String(40), nullable=True),
    ]


def _new_of_notice() -> list[sa.Column[Any]]:
    return [
        sa.Column("replays", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
    ]


_CHECKS = (
    ("endpoint", "language", "language IN ('en', 'nl')"),
    ("endpoint", "pause_reason", "pause_reason IN ('by_hand', 'failing', 'refused')"),
    ("placement_request", "contact_language", "contact_language IN ('en', 'nl')"),
)


def upgrade() -> None:
    for column in _new_of_endpoint():
        op.add_column("endpoint", column)
    for column in _new_of_notice():
        op.add_column("notice", column)
    op.add_column("placement_request", sa.Column("contact_language", sa.String(40), nullable=True))
    for table, name, allowed in _CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, allowed)
    op.create_index("ix_notice_endpoint_id_id", "notice", ["endpoint_id", "id"])
    op.create_table(
        "notice_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replay", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_notice_attempt_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_attempt")),
    )
    op.create_index(op.f("ix_notice_attempt_notice_id"), "notice_attempt", ["notice_id"])


def downgrade() -> None:
    op.drop_table("notice_attempt")
    op.drop_index("ix_notice_endpoint_id_id", table_name="notice")
    for table, name, _ in _CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.drop_column("placement_request", "contact_language")
    for column in _new_of_notice():
        op.drop_column("notice", column.name)
    for column in _new_of_endpoint():
        op.drop_column("endpoint", column.name)
