"""the ledger: accounts, transactions with entries that are never changed, and holds"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ACCOUNTS = ("prepaid", "unbilled", "receivable", "bank", "revenue", "vat", "adjustments", "written_off")
TRANSACTIONS = ("top_up", "settlement", "invoice", "payment", "refund", "adjustment", "write_off", "correction")
DEBTS = ("overrun", "offline", "correction")
HOLDS = ("held", "settled", "released", "expired")

APPEND_ONLY = """
CREATE FUNCTION refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is append-only: % can not be changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$
"""
IS_BALANCED = """
CREATE FUNCTION check_ledger_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM ledger_entry WHERE transaction_id = NEW.transaction_id GROUP BY currency HAVING sum(amount) <> 0
    ) THEN
        RAISE EXCEPTION 'Ledger transaction % does not sum to zero', NEW.transaction_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$
"""
HAS_ENTRIES = """
CREATE FUNCTION check_ledger_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger_entry WHERE transaction_id = NEW.id) THEN
        RAISE EXCEPTION 'Ledger transaction % has no entries', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$
"""
REFUSE = "EXECUTE FUNCTION refuse_change_of_ledger()"
AT_COMMIT = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION"
TRIGGERS = (
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transaction {REFUSE}",
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry {REFUSE}",
    f"CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_entry {AT_COMMIT} check_ledger_entry()",
    f"CREATE CONSTRAINT TRIGGER has_entries AFTER INSERT ON ledger_transaction {AT_COMMIT} check_ledger_transaction()",
    f"CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON hold {REFUSE}",
    f"CREATE TRIGGER ended BEFORE UPDATE ON hold FOR EACH ROW WHEN (OLD.state <> 'held') {REFUSE}",
)


def upgrade() -> None:
    _make_accounts()
    _make_holds()
    _make_transactions()
    _make_entries()
    for statement in (APPEND_ONLY, IS_BALANCED, HAS_ENTRIES, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    for table in ("ledger_entry", "ledger_transaction", "hold", "ledger_account"):
        op.drop_table(table)
    for function in ("check_ledger_transaction", "check_ledger_entry", "refuse_change_of_ledger"):
        op.execute(f"DROP FUNCTION {function}()")


def _make_accounts() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("kind", _text(ACCOUNTS, "kind"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("balance", sa.Numeric(19, 4), nullable=True),
        sa.Column("held", sa.Numeric(19, 4), nullable=True),
        sa.Column("credit_limit", sa.Numeric(19, 4), nullable=True),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("last_booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("id", "currency", name=op.f("uq_ledger_account_id_currency")),
        sa.CheckConstraint("(owner_id IS NOT NULL) = (kind IN ('prepaid', 'unbilled', 'receivable'))", name="owner"),
        sa.CheckConstraint("(owner_id IS NOT NULL) = (balance IS NOT NULL)", name="balance"),
        sa.CheckConstraint("(kind IN ('prepaid', 'unbilled')) = (held IS NOT NULL)", name="held"),
        sa.CheckConstraint("(kind IN ('prepaid', 'unbilled')) = (credit_limit IS NOT NULL)", name="credit_limit"),
        sa.CheckConstraint("held >= 0 AND credit_limit >= 0", name="not_negative"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )
    op.create_index("uq_ledger_account_owned", "ledger_account", ["owner_id", "kind", "currency"], unique=True)
    op.create_index(
        "uq_ledger_account_house",
        "ledger_account",
        ["kind", "currency"],
        unique=True,
        postgresql_where=sa.text("owner_id IS NULL"),
    )
    # A row is written over at each hold: room on its page, and no index on what moves, keep that cheap.
    op.execute("ALTER TABLE ledger_account SET (fillfactor = 50)")


def _make_holds() -> None:
    op.create_table(
        "hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.Numeric(19, 4), nullable=False),
        sa.Column("state", _text(HOLDS, "state"), nullable=False),
        sa.Column("settled_amount", sa.Numeric(19, 4), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("reference", name=op.f("uq_hold_reference")),
        sa.ForeignKeyConstraint(
            ["account_id", "currency"],
            ["ledger_account.id", "ledger_account.currency"],
            name=op.f("fk_hold_account_id_currency"),
        ),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("settled_amount BETWEEN 0 AND amount", name="settled_amount"),
        sa.CheckConstraint("(state = 'settled') = (settled_amount IS NOT NULL)", name="settled"),
        sa.CheckConstraint("(state = 'held') = (ended_at IS NULL)", name="ended"),
    )
    op.create_index("ix_hold_account_id_id", "hold", ["account_id", "id"])
    op.create_index("ix_hold_session_id", "hold", ["session_id"])
    op.create_index("ix_hold_open", "hold", ["expires_at"], postgresql_where=sa.text("state = 'held'"))


def _make_transactions() -> None:
    op.create_table(
        "ledger_transaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _text(TRANSACTIONS, "kind"), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("debt", _text(DEBTS, "debt"), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("booked_by", sa.Uuid(), nullable=True),
        sa.Column("booked_by_name", sa.Text(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transaction")),
        sa.UniqueConstraint("reference", name=op.f("uq_ledger_transaction_reference")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_ledger_transaction_hold_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_transaction_reverses_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_ledger_transaction_hold_id")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_transaction.id"], name=op.f("fk_ledger_transaction_reverses_id")
        ),
        sa.ForeignKeyConstraint(["booked_by"], ["principal.id"], name=op.f("fk_ledger_transaction_booked_by")),
        sa.CheckConstraint("num_nonnulls(session_id, payment_id, document_id, reason) > 0", name="leads_back"),
        sa.CheckConstraint("(kind = 'correction') = (reverses_id IS NOT NULL)", name="correction"),
    )
    for name in ("payment", "session", "document"):
        op.create_index(
            f"ix_ledger_transaction_{name}",
            "ledger_transaction",
            [f"{name}_id"],
            postgresql_where=sa.text(f"{name}_id IS NOT NULL"),
        )


def _make_entries() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(19, 4), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("balance_after", sa.Numeric(19, 4), nullable=True),
        sa.Column("available_after", sa.Numeric(19, 4), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("account_id", "number", name=op.f("uq_ledger_entry_account_id_number")),
        sa.UniqueConstraint("transaction_id", "account_id", name=op.f("uq_ledger_entry_transaction_id_account_id")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transaction.id"], name=op.f("fk_ledger_entry_transaction_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "currency"],
            ["ledger_account.id", "ledger_account.currency"],
            name=op.f("fk_ledger_entry_account_id_currency"),
        ),
        sa.CheckConstraint("amount <> 0", name="amount"),
        sa.CheckConstraint("(number IS NULL) = (balance_after IS NULL)", name="number"),
    )
    op.create_index("ix_ledger_entry_account_id_booked_at", "ledger_entry", ["account_id", "booked_at"])


def _text(words: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
