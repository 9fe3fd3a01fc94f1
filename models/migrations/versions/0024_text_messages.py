"""text messages of drivers; stations are found by how their names are spelled"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

WORDS = ("start", "stop", "status", "help", "unknown")
ANSWERS = (
    "starts",
    "start_refused",
    "start_failed",
    "station_unknown",
    "station_away",
    "stops",
    "stop_failed",
    "nothing_charges",
    "several_charge",
    "charges",
    "how_to",
    "not_understood",
    "stranger",
)
SQUEEZED = "upper(regexp_replace({}, '[^A-Za-z0-9]', '', 'g'))"


def upgrade() -> None:
    table = "text_message"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("provider_id", "sender")),
        sa.Column("subscriber_id", sa.Uuid(), nullable=True),
        sa.Column("word", _words("word", *WORDS), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in ("asset_id", "command_id")),
        sa.Column("answer", _words("answer", *ANSWERS), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("provider_id", name=op.f(f"uq_{table}_provider_id")),
        _key(table, "subscriber_id", "subscriber"),
        _key(table, "asset_id", "asset"),
        _key(table, "command_id", "station_command"),
    )
    op.create_index("ix_text_message_sender_at", table, ["sender", "at"])
    op.create_index(op.f("ix_text_message_subscriber_id"), table, ["subscriber_id"])
    op.create_index(
        "ix_text_message_command_id", table, ["command_id"], postgresql_where=sa.text("command_id IS NOT NULL")
    )
    op.create_index("ix_asset_spelled", "asset", [sa.text(SQUEEZED.format("name"))])
    op.create_index("ix_evse_spelled", "evse", [sa.text(SQUEEZED.format("evse_id"))])


def downgrade() -> None:
    op.drop_index("ix_evse_spelled", "evse")
    op.drop_index("ix_asset_spelled", "asset")
    op.drop_table("text_message")


def _words(column: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=column, native_enum=False, create_constraint=True, length=40)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
