"""exports and erasures of personal data; the audit trail is changed by an erasure alone, and in its bodies alone"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

FACTS = (
    "id",
    "at",
    "placement_id",
    "subject",
    "subject_id",
    "actor",
    "actor_name",
    "what",
    "refused",
    "correlation_id",
    "reference",
)
REFUSE = "EXECUTE FUNCTION refuse_change()"
ALWAYS = "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timeline_entry FOR EACH STATEMENT " + REFUSE
TRIGGERS = (
    "CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON timeline_entry FOR EACH STATEMENT " + REFUSE,
    "CREATE TRIGGER changed_by_erasure BEFORE UPDATE ON timeline_entry FOR EACH STATEMENT"
    " WHEN (current_setting('stationmaster.erasing', true) IS DISTINCT FROM 'on') " + REFUSE,
    "CREATE TRIGGER facts_stay BEFORE UPDATE ON timeline_entry FOR EACH ROW"
    f" WHEN (({', '.join(f'OLD.{name}' for name in FACTS)})"
    f" IS DISTINCT FROM ({', '.join(f'NEW.{name}' for name in FACTS)})) " + REFUSE,
)


def upgrade() -> None:
    op.add_column("customer", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("DROP TRIGGER append_only ON timeline_entry")
    for statement in TRIGGERS:
        op.execute(statement)
    _make_requests()


def downgrade() -> None:
    op.drop_table("personal_request")
    for name in ("append_only", "changed_by_erasure", "facts_stay"):
        op.execute(f"DROP TRIGGER {name} ON timeline_entry")
    op.execute(ALWAYS)
    op.drop_column("customer", "erased_at")


def _make_requests() -> None:
    table = "personal_request"
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "customer_id")),
        sa.Column("kind", _words("kind", "export", "erasure"), nullable=False),
        sa.Column("state", _words("state", "asked", "ready", "expired", "done"), nullable=False),
        sa.Column("because", _words("because", "asked_for", "not_needed"), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_by_name", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in ("expires_at", "done_at")),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f(f"fk_{table}_customer_id_customer")),
        sa.ForeignKeyConstraint(["asked_by"], ["principal.id"], name=op.f(f"fk_{table}_asked_by_principal")),
        sa.CheckConstraint("(kind = 'erasure') = (because IS NOT NULL)", name="erasure_says_why"),
    )
    op.create_index("ix_personal_request_customer_id_id", table, ["customer_id", "id"])
    op.create_index("ix_personal_request_open", table, ["id"], postgresql_where=sa.text("state IN ('asked', 'ready')"))


def _words(column: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=column, native_enum=False, create_constraint=True, length=40)
