"""hand-over rows that are stuck or passed over, and where facts and notices were traced"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("handover", sa.Column("stuck_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("handover", sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=True))
    for table in ("handover", "notice"):
        op.add_column(table, sa.Column("traceparent", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in ("handover", "notice"):
        op.drop_column(table, "traceparent")
    op.drop_column("handover", "skipped_at")
    op.drop_column("handover", "stuck_at")
