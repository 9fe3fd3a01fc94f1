"""transactions of OCPP 2 stations by the stations' own ids, the connectors of an EVSE, and what stations report"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

START = ["asset_id", "connector", "token", "started_at", "meter_start_wh"]
JSONB = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
TEXTS = ("station_transaction", "token_kind", "charging_state")
NUMBERS = ("station_connector", "phases_used", "remote_start_id", "reservation_id")
FLAGS = ("heard_offline", "awaits_events", "messages_in_queue")


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("charging_transaction", sa.Column(name, sa.Text(), nullable=True))
    for name in NUMBERS:
        op.add_column("charging_transaction", sa.Column(name, sa.Integer(), nullable=True))
    for name in FLAGS:
        op.add_column("charging_transaction", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("charging_transaction", sa.Column("sequence", JSONB, nullable=True))
    # Two transactions of OCPP 2 may begin alike: their own ids tell them apart.
    op.drop_index("uq_charging_transaction_start", table_name="charging_transaction")
    op.create_index(
        "uq_charging_transaction_start",
        "charging_transaction",
        START,
        unique=True,
        postgresql_where=sa.text("station_transaction IS NULL"),
    )
    op.create_index(
        "uq_charging_transaction_station_transaction",
        "charging_transaction",
        ["asset_id", "station_transaction"],
        unique=True,
        postgresql_where=sa.text("station_transaction IS NOT NULL"),
    )
    op.add_column("evse", sa.Column("plugs", JSONB, nullable=True))
    op.create_table(
        "station_report",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request", sa.Integer(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_station_report_asset_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_report")),
    )
    op.create_index("ix_station_report_kind", "station_report", ["asset_id", "kind", "id"])


def downgrade() -> None:
    _refuse_to_lose_transactions()
    op.drop_table("station_report")
    op.drop_column("evse", "plugs")
    op.drop_index("uq_charging_transaction_station_transaction", table_name="charging_transaction")
    op.drop_index("uq_charging_transaction_start", table_name="charging_transaction")
    op.create_index("uq_charging_transaction_start", "charging_transaction", START, unique=True)
    for name in ("sequence", *FLAGS, *NUMBERS, *TEXTS):
        op.drop_column("charging_transaction", name)


def _refuse_to_lose_transactions() -> None:
    """Version 0007 knows no transaction by its station's own id: none could go on, and each would seem to be new."""
    own = op.get_bind().scalar(
        sa.text("SELECT count(*) FROM charging_transaction WHERE station_transaction IS NOT NULL")
    )
    if own:
        raise RuntimeError(
            f"Version 0007 has no place for the stations' own ids of transactions of OCPP 2, of which there are {own}."
            " Nothing was undone: go on with this version, or restore a backup of before 0008"
        )
