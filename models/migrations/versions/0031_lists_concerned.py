"""a card that changes is noted at the stations whose chosen lists it concerns"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLE, COLUMN = "station_list", "concerned_at"
NAME = "ix_station_list_concerned"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column(COLUMN, sa.DateTime(timezone=True), nullable=True))
    op.create_index(NAME, TABLE, ["asset_id"], postgresql_where=sa.text(f"{COLUMN} IS NOT NULL"))


def downgrade() -> None:
    op.drop_index(NAME, table_name=TABLE)
    op.drop_column(TABLE, COLUMN)
