"""stations give energy by contract, unbilled, or to anyone, and sessions keep on what terms"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0031"
branch_labels = None
depends_on = None

VENDS = ("contract", "unbilled", "free")
TABLE = "station_vend"
OPTIONAL = ("subscriber_id", "tariff_version_id")
UNBILLED = "tariff_version_id IS NOT NULL OR (net = 0 AND vat = 0 AND gross = 0 AND ledger_transaction_id IS NULL)"
NOBODYS = "subscriber_id IS NOT NULL OR tariff_version_id IS NULL"


def upgrade() -> None:
    for table in ("asset", "charging_session"):
        op.add_column(table, sa.Column("vend", _vend(), server_default="contract", nullable=False))
    op.create_table(
        TABLE,
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vend", _vend(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "since", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f(f"fk_{TABLE}_asset_id_asset")),
    )
    for column in OPTIONAL:
        op.alter_column("cdr", column, nullable=True)
    op.create_check_constraint("unbilled", "cdr", UNBILLED)
    op.create_check_constraint("nobodys", "cdr", NOBODYS)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_cdr_nobodys"), "cdr")
    op.drop_constraint(op.f("ck_cdr_unbilled"), "cdr")
    for column in OPTIONAL:
        op.alter_column("cdr", column, nullable=False)
    op.drop_table(TABLE)
    for table in ("asset", "charging_session"):
        op.drop_column(table, "vend")


def _vend() -> sa.Enum:
    return sa.Enum(*VENDS, name="vend", native_enum=False, create_constraint=True, length=40)
