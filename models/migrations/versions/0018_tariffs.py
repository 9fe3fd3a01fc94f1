"""tariffs, their versions that nobody changes, and for whom they hold"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PLACE_KINDS = ("HOME", "OWN_GROUP", "PUBLIC", "THIRD_PARTY")
NEVER_CHANGED = """
CREATE FUNCTION refuse_tariff_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A version of a tariff is never changed; add another' USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    _make_tariff()
    _make_version()
    _make_assignment()


def downgrade() -> None:
    for table in ("tariff_assignment", "tariff_version", "tariff"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_tariff_change()")


def _make_tariff() -> None:
    op.create_table(
        "tariff",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("code", "name", "currency")),
        sa.Column("tax_included", _words("tax_included", "YES", "NO"), nullable=False),
        _made(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff")),
        sa.UniqueConstraint("code", name=op.f("uq_tariff_code")),
    )


def _make_version() -> None:
    op.create_table(
        "tariff_version",
        *_of_tariff("tariff_version"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", JSONB(none_as_null=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        _made(),
        sa.UniqueConstraint("tariff_id", "number", name=op.f("uq_tariff_version_tariff_id_number")),
    )
    op.execute(NEVER_CHANGED)
    op.execute(
        "CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON tariff_version"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_tariff_change()"
    )


def _make_assignment() -> None:
    op.create_table(
        "tariff_assignment",
        *_of_tariff("tariff_assignment"),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in ("account_id", "group_id", "asset_id")),
        sa.Column("place_kind", _words("place_kind", *PLACE_KINDS), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        _made(),
        sa.ForeignKeyConstraint(
            ["account_id"], ["subscriber.id"], name=op.f("fk_tariff_assignment_account_id_subscriber")
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_tariff_assignment_asset_id_asset")),
        sa.CheckConstraint("valid_until > valid_from", name=op.f("ck_tariff_assignment_lasts")),
    )
    for name in ("tariff_id", "account_id", "group_id", "asset_id"):
        op.create_index(op.f(f"ix_tariff_assignment_{name}"), "tariff_assignment", [name])


def _of_tariff(table: str) -> tuple[Any, ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tariff_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariff.id"], name=op.f(f"fk_{table}_tariff_id_tariff")),
    )


def _made() -> sa.Column[Any]:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
