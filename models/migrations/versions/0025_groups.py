"""cards, people and stations belong to groups, which have limits; stations may be closed to others"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

LIMITS = ("sessions", "energy_wh", "amount", "card_sessions", "card_energy_wh", "card_amount")
MEMBERS = ("card", "subscriber", "asset", "charging_session")


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("group_number")))
    op.create_table(
        "driver_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("reference", "name")),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("tag", "zone", "currency")),
        *(sa.Column(name, _type_of(name), nullable=True) for name in LIMITS),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(" AND ".join(f"{name} >= 0" for name in LIMITS), name="not_negative"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
        sa.UniqueConstraint("tag"),
    )
    op.create_index("ix_driver_group_organisation_id", "driver_group", ["organisation_id"])
    for table in MEMBERS:
        op.add_column(table, sa.Column("group_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(None, table, "driver_group", ["group_id"], ["id"])
    for table in ("card", "subscriber", "asset"):
        op.create_index(f"ix_{table}_group_id", table, ["group_id"], postgresql_where=sa.text("group_id IS NOT NULL"))
    of_group = sa.text("group_id IS NOT NULL")
    op.create_index(
        "ix_charging_session_of_group", "charging_session", ["group_id", "started_at"], postgresql_where=of_group
    )
    running = sa.text("group_id IS NOT NULL AND stage IN ('charging', 'idle')")
    op.create_index("ix_charging_session_running_of_group", "charging_session", ["group_id"], postgresql_where=running)
    access = sa.Enum("public", "closed", name="access", native_enum=False, create_constraint=True, length=40)
    op.add_column("asset", sa.Column("access", access, server_default="public", nullable=False))


def downgrade() -> None:
    op.drop_column("asset", "access")
    for table in reversed(MEMBERS):
        op.drop_column(table, "group_id")
    op.drop_table("driver_group")
    op.execute(sa.schema.DropSequence(sa.Sequence("group_number")))


def _type_of(limit: str) -> sa.types.TypeEngine[Any]:
    if limit.endswith("amount"):
        return sa.Numeric(19, 4)
    return sa.Integer() if limit.endswith("sessions") else sa.BigInteger()
