"""the last stop of a connector is found without reading all of its station's transactions"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_charging_transaction_stops",
        "charging_transaction",
        ["asset_id", "connector", "stopped_at"],
        postgresql_where=sa.text("stopped_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_charging_transaction_stops", "charging_transaction")
