"""the cards of a station's local list may be chosen for it, by how many it holds"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INDEXES: tuple[tuple[str, str, list[str | sa.TextClause]], ...] = (
    ("ix_charging_session_asset_id_started_at", "charging_session", ["asset_id", "started_at"]),
    ("ix_customer_city", "customer", ["country", sa.text("lower(city)")]),
    ("ix_customer_area", "customer", ["country", sa.text("left(postal_code, 2)")]),
)


def upgrade() -> None:
    op.add_column("wanted_list", sa.Column("chosen", sa.Boolean(), server_default=sa.false(), nullable=False))
    for column in (
        sa.Column("room", sa.Integer(), nullable=True),
        sa.Column("room_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chosen", JSONB(none_as_null=True), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("choose_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("station_list", column)
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _ in INDEXES:
        op.drop_index(name, table)
    for column in ("choose_at", "chosen", "room_at", "room"):
        op.drop_column("station_list", column)
    op.drop_column("wanted_list", "chosen")
