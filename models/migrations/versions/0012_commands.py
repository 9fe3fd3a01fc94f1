"""commands to stations, reservations, and the nodes' signs of life"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COMMAND_STATES = (
    "queued",
    "sent",
    "answered",
    "rejected",
    "not_supported",
    "timed_out",
    "expired",
    "given_up",
    "cancelled",
)
RESERVATION_STATES = ("asked", "accepted", "refused", "cancelled", "used", "expired", "removed")


def upgrade() -> None:
    _make_nodes()
    _make_commands()
    _make_reservations()


def downgrade() -> None:
    op.drop_table("reservation")
    op.execute(sa.schema.DropSequence(sa.Sequence("reservation_number")))
    op.drop_table("station_command")
    op.drop_index("ix_station_connection_node", "station_connection")
    op.drop_table("csms_node")


def _make_nodes() -> None:
    op.create_table(
        "csms_node",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_csms_node")),
    )
    op.create_index("ix_station_connection_node", "station_connection", ["node"])


def _make_commands() -> None:
    op.create_table(
        "station_command",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("arguments", JSONB(none_as_null=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_by_name", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("state", _state(COMMAND_STATES), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("data", JSONB(none_as_null=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_command")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_station_command_asset_id_asset")),
        sa.ForeignKeyConstraint(["asked_by"], ["principal.id"], name=op.f("fk_station_command_asked_by_principal")),
    )
    op.create_index("ix_station_command_asset_id_id", "station_command", ["asset_id", "id"])
    op.create_index(
        "ix_station_command_open",
        "station_command",
        ["asset_id"],
        postgresql_where=sa.text("state IN ('queued', 'sent')"),
    )


def _make_reservations() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("reservation_number", maxvalue=2**31 - 1)))
    op.create_table(
        "reservation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("connector", sa.Integer(), nullable=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", _state(RESERVATION_STATES), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("transaction_number", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint("number", name=op.f("uq_reservation_number")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_reservation_asset_id_asset")),
        sa.ForeignKeyConstraint(
            ["command_id"], ["station_command.id"], name=op.f("fk_reservation_command_id_station_command")
        ),
    )
    op.create_index("ix_reservation_asset_id_id", "reservation", ["asset_id", "id"])
    op.create_index(
        "ix_reservation_open", "reservation", ["until"], postgresql_where=sa.text("state IN ('asked', 'accepted')")
    )


def _state(states: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*states, name="state", native_enum=False, create_constraint=True, length=40)
