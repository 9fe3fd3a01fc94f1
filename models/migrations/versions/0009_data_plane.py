"""high-rate tables by time, and the message log"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COLUMNS = {
    "meter_reading": "asset_id, transaction_number, connector, sampled_at, samples",
    "raw_frame": "asset_id, transaction_number, action, frame",
}
_TYPES = {
    "meter_reading": "connector integer, sampled_at timestamptz NOT NULL, samples jsonb NOT NULL",
    "raw_frame": "action text NOT NULL, frame text NOT NULL",
}
# When a reading came was not kept before; its frame's receipt is near, its own time the next best.
_RECEIVED = {
    "meter_reading": "least(now(), greatest(sampled_at, timestamptz '2015-01-01'))",
    "raw_frame": "received_at",
}


def upgrade() -> None:
    op.add_column("asset", sa.Column("clock_drift_s", sa.Float(), nullable=True))
    # The parts lie in a schema of their own: they come and go, and no migration knows of them.
    op.execute("CREATE SCHEMA IF NOT EXISTS partitions")
    for table in ("meter_reading", "raw_frame"):
        _cut_by_time(table)
    _message_log()
    _past_connections()


def _cut_by_time(table: str) -> None:
    for name in (f"pk_{table}", f"ix_{table}_transaction_number"):
        op.execute(f"ALTER INDEX {name} RENAME TO {name}_before")
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(
        f"CREATE TABLE {table} (id bigint NOT NULL DEFAULT nextval('{table}_id_seq'), received_at timestamptz NOT NULL"
        f" DEFAULT now(), asset_id uuid NOT NULL, transaction_number integer, {_TYPES[table]},"
        f" CONSTRAINT pk_{table} PRIMARY KEY (id, received_at)) PARTITION BY RANGE (received_at)"
    )
    op.execute(f"ALTER SEQUENCE {table}_id_seq OWNED BY {table}.id")
    op.execute(f"CREATE TABLE partitions.{table}_rest PARTITION OF {table} DEFAULT")
    op.execute(
        f"INSERT INTO {table} (id, received_at, {_COLUMNS[table]})"  # noqa: S608 - names of our own
        f" SELECT id, {_RECEIVED[table]}, {_COLUMNS[table]} FROM {table}_before"
    )
    op.execute(f"DROP TABLE {table}_before")
    op.create_index(f"ix_{table}_transaction_number", table, ["transaction_number"])


def _message_log() -> None:
    op.execute(
        "CREATE TABLE station_message (id uuid NOT NULL, at timestamptz NOT NULL, asset_id uuid NOT NULL,"
        " connection_id uuid NOT NULL, direction text NOT NULL, action text, message_id text, payload text,"
        " answer text, error text, took_ms integer NOT NULL, size integer NOT NULL,"
        " CONSTRAINT pk_station_message PRIMARY KEY (id, at)) PARTITION BY RANGE (at)"
    )
    op.execute("CREATE TABLE partitions.station_message_rest PARTITION OF station_message DEFAULT")
    op.create_index("ix_station_message_asset_id_id", "station_message", ["asset_id", "id"])


def _past_connections() -> None:
    op.create_table(
        "past_connection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("remote_ip", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name="fk_past_connection_asset_id"),
        sa.PrimaryKeyConstraint("id", name="pk_past_connection"),
    )
    op.create_index("ix_past_connection_asset_id_id", "past_connection", ["asset_id", "id"])
    op.create_index(
        "ix_past_connection_open", "past_connection", ["asset_id"], postgresql_where=sa.text("ended_at IS NULL")
    )
    columns = "asset_id, connection_id, node, remote_ip, protocol, connected_at"
    op.execute(
        f"INSERT INTO past_connection (id, {columns})"  # noqa: S608 - names of our own
        f" SELECT gen_random_uuid(), {columns} FROM station_connection"
    )


def downgrade() -> None:
    op.drop_table("past_connection")
    op.drop_table("station_message")
    op.execute(
        "CREATE TABLE meter_reading_whole (id bigserial, asset_id uuid NOT NULL, transaction_number integer,"
        " connector integer, sampled_at timestamptz NOT NULL, samples jsonb NOT NULL)"
    )
    op.execute(
        "CREATE TABLE raw_frame_whole (id bigserial, asset_id uuid NOT NULL, transaction_number integer,"
        " action text NOT NULL, frame text NOT NULL, received_at timestamptz NOT NULL)"
    )
    _whole("meter_reading", _COLUMNS["meter_reading"])
    _whole("raw_frame", f"{_COLUMNS['raw_frame']}, received_at")
    op.execute("DROP SCHEMA partitions")
    op.drop_column("asset", "clock_drift_s")


def _whole(table: str, columns: str) -> None:
    op.execute(
        f"INSERT INTO {table}_whole (id, {columns}) SELECT id, {columns} FROM {table}"  # noqa: S608 - names of our own
    )
    op.execute(f"SELECT setval('{table}_whole_id_seq', nextval('{table}_id_seq'), false)")
    op.drop_table(table)
    op.execute(f"ALTER TABLE {table}_whole RENAME TO {table}")
    op.execute(f"ALTER SEQUENCE {table}_whole_id_seq RENAME TO {table}_id_seq")
    op.create_primary_key(f"pk_{table}", table, ["id"])
    op.create_foreign_key(f"fk_{table}_asset_id", table, "asset", ["asset_id"], ["id"])
    op.create_index(f"ix_{table}_transaction_number", table, ["transaction_number"])
