"""notices to drivers, and how each subscriber wants to be told"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

WORDS = {
    "channel": ("mail", "sms"),
    "language": ("en", "nl"),
    "state": ("waiting", "sending", "sent", "delivered", "failed"),
}
IS_TO_SEND = sa.text("state IN ('waiting', 'sending')")
IS_ASKED_AFTER = sa.text("state = 'sent' AND ended_at IS NULL")


def upgrade() -> None:
    _make_notices()
    _make_choices()


def downgrade() -> None:
    op.drop_table("notice_choice")
    op.drop_table("driver_notice")


def _make_notices() -> None:
    table = "driver_notice"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        _words("channel"),
        _words("language"),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        _words("state"),
        *(_instant(name, nullable=False) for name in ("due_at", "tried_until")),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("provider_id", "error")),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(_instant(name, nullable=True) for name in ("sent_at", "ended_at")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("about", "channel", name=op.f(f"uq_{table}_about_channel")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f(f"fk_{table}_subscriber_id_subscriber")
        ),
        sa.CheckConstraint("subscriber_id IS NOT NULL OR channel = 'sms'", name=op.f(f"ck_{table}_somebody")),
    )
    op.create_index("ix_driver_notice_due", table, ["due_at"], postgresql_where=IS_TO_SEND)
    op.create_index("ix_driver_notice_sent", table, ["due_at"], postgresql_where=IS_ASKED_AFTER)
    op.create_index("ix_driver_notice_provider_id", table, ["provider_id"])
    op.create_index("ix_driver_notice_subscriber_id_id", table, ["subscriber_id", "id"])


def _make_choices() -> None:
    table = "notice_choice"
    op.create_table(
        table,
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("channels", postgresql.JSONB(), nullable=False),
        *(sa.Column(name, sa.Time(), nullable=False) for name in ("quiet_since", "quiet_until")),
        _instant("changed_at", nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f(f"fk_{table}_subscriber_id_subscriber")
        ),
    )


def _words(name: str) -> sa.Column[str]:
    kind = sa.Enum(*WORDS[name], name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=False)


def _of_subscriber(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_subscriber_id_subscriber")
    return sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=name)


def _instant(name: str, *, nullable: bool) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
