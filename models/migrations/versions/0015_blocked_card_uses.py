"""a blocked card that is shown is noted without waiting for whoever works on the station"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEY = "fk_blocked_card_use_asset_id_asset"


def upgrade() -> None:
    op.drop_constraint(op.f(KEY), "blocked_card_use", type_="foreignkey")


def downgrade() -> None:
    op.create_foreign_key(op.f(KEY), "blocked_card_use", "asset", ["asset_id"], ["id"])
