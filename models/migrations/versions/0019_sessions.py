"""charging sessions and their bill data records, which are only added; tokens that end by themselves"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STAGES = ("charging", "idle", "stopped", "provisional", "settled", "corrected", "unbilled")
PLACES = ("HOME", "OWN_GROUP", "PUBLIC", "THIRD_PARTY")
IS_RUNNING = sa.text("stage IN ('charging', 'idle')")
APPEND_ONLY = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cdr"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger()"
)


def upgrade() -> None:
    op.add_column("id_token", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(sa.schema.CreateSequence(sa.Sequence("session_number")))
    _make_sessions()
    _make_records()
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("cdr")
    op.drop_table("charging_session")
    op.execute(sa.schema.DropSequence(sa.Sequence("session_number")))
    op.drop_column("id_token", "expires_at")


def _make_sessions() -> None:
    table = "charging_session"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("transaction_number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in ("subscriber_id", "token_id")),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("evse_id", sa.Uuid(), nullable=True),
        sa.Column("connector", sa.Integer(), nullable=True),
        sa.Column("place_kind", _words("place_kind", *PLACES), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in ("tariff_version_id", "hold_id")),
        sa.Column("stage", _words("stage", *STAGES), nullable=False),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("guarded_wh", sa.Integer(), nullable=True),
        sa.Column("marks", postgresql.JSONB(), nullable=False),
        *(_instant(name, nullable=True) for name in ("idle_told_at", "stop_asked_at")),
        _instant("started_at"),
        *(_instant(name, nullable=True) for name in ("stopped_at", "settled_at")),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.UniqueConstraint(name, name=op.f(f"uq_{table}_{name}"))
            for name in ("reference", "transaction_number", "hold_id")
        ),
        _key(table, "transaction_number", "charging_transaction", "number"),
        _key(table, "subscriber_id", "subscriber"),
        _key(table, "token_id", "id_token"),
        _key(table, "asset_id", "asset"),
        _key(table, "evse_id", "evse"),
        _key(table, "tariff_version_id", "tariff_version"),
        _key(table, "hold_id", "hold"),
        sa.CheckConstraint("stage <> 'unbilled' OR subscriber_id IS NULL", name="unbilled"),
    )
    op.create_index("ix_charging_session_subscriber_id_id", table, ["subscriber_id", "id"])
    op.create_index("ix_charging_session_running_of_token", table, ["token_id"], postgresql_where=IS_RUNNING)
    op.create_index("ix_charging_session_running_at", table, ["asset_id", "connector"], postgresql_where=IS_RUNNING)


def _make_records() -> None:
    op.create_table(
        "cdr",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "session_id")),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("credits_id", sa.Uuid(), nullable=True),
        sa.Column("tariff_version_id", sa.Uuid(), nullable=False),
        *(_instant(name) for name in ("started_at", "ended_at")),
        sa.Column("energy_wh", sa.Integer(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Numeric(19, 4), nullable=False) for name in ("net", "vat", "gross")),
        sa.Column("ledger_transaction_id", sa.Uuid(), nullable=True),
        _instant("made_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cdr")),
        sa.UniqueConstraint("session_id", "number", name=op.f("uq_cdr_session_id_number")),
        sa.UniqueConstraint("credits_id", name=op.f("uq_cdr_credits_id")),
        sa.UniqueConstraint("ledger_transaction_id", name=op.f("uq_cdr_ledger_transaction_id")),
        _key("cdr", "session_id", "charging_session"),
        _key("cdr", "subscriber_id", "subscriber"),
        _key("cdr", "credits_id", "cdr"),
        _key("cdr", "tariff_version_id", "tariff_version"),
        _key("cdr", "ledger_transaction_id", "ledger_transaction"),
        sa.CheckConstraint("(number % 2 = 0) = (credits_id IS NOT NULL)", name="credits"),
        sa.CheckConstraint("credits_id IS NOT NULL OR (net >= 0 AND vat >= 0 AND gross >= 0)", name="not_negative"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )
    op.create_index("ix_cdr_subscriber_id_id", "cdr", ["subscriber_id", "id"])


def _key(table: str, column: str, target: str, of: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.{of}"], name=op.f(f"fk_{table}_{column}_{target}"))


def _instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(column: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=column, native_enum=False, create_constraint=True, length=40)
