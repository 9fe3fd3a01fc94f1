"""customers, their subscriptions and cards; whoever looks after them"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TASKS = (
    "review_placement",
    "propose_location",
    "perform_work_order",
    "review_sat",
    "correct_sat",
    "activate_station",
    "unexpected_fact",
    "handover_stuck",
    "report_failed",
    "endpoint_down",
    "return_hardware",
    "resolve_conflict",
    "differs_from_rows",
    "station_differs",
    "overdue",
)
NEW_TASKS = ("cards_low", "assign_card", "welcome_failed", "settle_account")
ROLES = ("requester", "operations", "administration", "installer", "warehouse", "service_partner", "engineer")
NEW_ROLES = ("customer_care", "finance", "super_user")
ORGANISATIONS = ("operator", "requester", "installer", "service_partner")
NEW_ORGANISATIONS = ("group_owner",)
STAGES = ("requested", "active", "suspended", "closing", "closed", "undoing", "rejected", "compensated")
BLOCK_REASONS = ("lost", "stolen", "damaged", "replaced", "closed")


def upgrade() -> None:
    _check("task", "kind", (*TASKS, *NEW_TASKS))
    _check("task", "role", (*ROLES, *NEW_ROLES))
    _check("organisation", "kind", (*ORGANISATIONS, *NEW_ORGANISATIONS))
    _make_customers()
    _make_subscribers()
    _make_cards()


def downgrade() -> None:
    for table in ("blocked_card_use", "card", "subscriber", "customer_note", "customer_contact", "customer"):
        op.drop_table(table)
    for number in ("subscriber_number", "customer_number"):
        op.execute(sa.schema.DropSequence(sa.Sequence(number)))
    kinds, roles = (", ".join(f"'{word}'" for word in words) for words in (NEW_TASKS, NEW_ROLES))
    op.execute(f"DELETE FROM task WHERE kind IN ({kinds}) OR role IN ({roles})")  # noqa: S608 - our own words
    _check("organisation", "kind", ORGANISATIONS)
    _check("task", "role", ROLES)
    _check("task", "kind", TASKS)


def _make_customers() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("customer_number")))
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("kind", _words("kind", "person", "company"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "email")),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", _words("language", "en", "nl"), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("street", "house_number", "postal_code", "city", "country")
        ),
        _made(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("reference", name=op.f("uq_customer_reference")),
        sa.UniqueConstraint("external_id", name=op.f("uq_customer_external_id")),
    )
    op.create_index("ix_customer_email", "customer", [sa.text("lower(email)")])
    op.create_index(op.f("ix_customer_phone"), "customer", ["phone"])
    op.create_table(
        "customer_contact",
        *_of_customer("customer_contact"),
        sa.Column("name", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("function", "email", "phone")),
        _made(),
    )
    op.create_index(op.f("ix_customer_contact_customer_id"), "customer_contact", ["customer_id"])
    op.create_table(
        "customer_note",
        *_of_customer("customer_note"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("written_by_name", sa.Text(), nullable=False),
        _made(),
        sa.ForeignKeyConstraint(["written_by"], ["principal.id"], name=op.f("fk_customer_note_written_by_principal")),
    )
    op.create_index(op.f("ix_customer_note_customer_id"), "customer_note", ["customer_id"])


def _make_subscribers() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("subscriber_number")))
    op.create_table(
        "subscriber",
        sa.Column("reference", sa.Text(), nullable=False),
        *_of_customer("subscriber"),
        sa.Column("stage", _words("stage", *STAGES), nullable=False),
        sa.Column("payment", _words("payment", "prepaid", "postpaid"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("currency", "zone")),
        sa.Column("language", _words("language", "en", "nl"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("phone", "tariff", "wanted_card")),
        sa.Column("ending", _words("ending", "rejected", "failed"), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("ending_reason", "suspended_because", "letter_key")),
        *(_instant(name) for name in ("welcomed_at", "activated_at", "closing_at", "ended_at")),
        _made(),
        sa.UniqueConstraint("reference", name=op.f("uq_subscriber_reference")),
    )
    op.create_index("ix_subscriber_stage", "subscriber", ["stage", "id"])
    for name in ("customer_id", "phone"):
        op.create_index(op.f(f"ix_subscriber_{name}"), "subscriber", [name])


def _make_cards() -> None:
    op.create_table(
        "card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("state", _words("state", "in_pool", "assigned", "blocked"), nullable=False),
        sa.Column("subscriber_id", sa.Uuid(), nullable=True),
        _instant("assigned_at"),
        sa.Column("block_reason", _words("block_reason", *BLOCK_REASONS), nullable=True),
        _instant("blocked_at"),
        sa.Column("replaced_by_id", sa.Uuid(), nullable=True),
        _made(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint("number", name=op.f("uq_card_number")),
        sa.UniqueConstraint("token_id", name=op.f("uq_card_token_id")),
        _key("card", "token_id", "id_token"),
        _key("card", "subscriber_id", "subscriber"),
        _key("card", "replaced_by_id", "card"),
        sa.CheckConstraint(
            "state <> 'assigned' OR subscriber_id IS NOT NULL", name=op.f("ck_card_assigned_to_somebody")
        ),
    )
    op.create_index(op.f("ix_card_subscriber_id"), "card", ["subscriber_id"])
    op.create_index("ix_card_pool", "card", ["id"], postgresql_where=sa.text("state = 'in_pool'"))
    op.create_table(
        "blocked_card_use",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("card_id", "day", name=op.f("pk_blocked_card_use")),
        _key("blocked_card_use", "card_id", "card"),
        _key("blocked_card_use", "asset_id", "asset"),
    )


def _of_customer(table: str) -> list[Any]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        _key(table, "customer_id", "customer"),
    ]


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _made() -> sa.Column[Any]:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _instant(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _words(column: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=column, native_enum=False, create_constraint=True, length=40)


def _check(table: str, column: str, words: tuple[str, ...]) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
    allowed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({allowed})")
