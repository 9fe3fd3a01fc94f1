"""cars are registered for subscriptions by their electronic ids, charge by these, and have rates of their own"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

STATES = ("registered", "removed")
REASONS = ("sold", "lost", "stolen", "mistaken", "closed")
KINDS = ("test", "card")
CARRIED = ("charging_session", "cdr", "tariff_assignment")


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("vehicle_number")))
    op.create_table(
        "vehicle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("state", _one_of("state", *STATES), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("name", "plate", "make", "model")),
        sa.Column("removal_reason", _one_of("removal_reason", *REASONS), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'removed') = (removed_at IS NOT NULL)", name="removed"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index("ix_vehicle_subscriber_id_id", "vehicle", ["subscriber_id", "id"])
    op.create_table(
        "vehicle_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("removed_at >= registered_at", name="lasts"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.id"]),
        sa.ForeignKeyConstraint(["token_id"], ["id_token.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_vehicle_token_vehicle_id", "vehicle_token", ["vehicle_id"])
    op.create_index("ix_vehicle_token_token_id", "vehicle_token", ["token_id"])
    is_registered = sa.text("removed_at IS NULL")
    op.create_index(
        "uq_vehicle_token_registered", "vehicle_token", ["token_id"], unique=True, postgresql_where=is_registered
    )
    _let_tokens_be(*KINDS, "vehicle")
    for table in CARRIED:
        op.add_column(table, sa.Column("vehicle_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(None, table, "vehicle", ["vehicle_id"], ["id"])
    op.create_index("ix_tariff_assignment_vehicle_id", "tariff_assignment", ["vehicle_id"])
    op.create_check_constraint("of_its_account", "tariff_assignment", "vehicle_id IS NULL OR account_id IS NOT NULL")
    of_vehicle = sa.text("vehicle_id IS NOT NULL")
    op.create_index(
        "ix_charging_session_of_vehicle", "charging_session", ["vehicle_id", "id"], postgresql_where=of_vehicle
    )
    running = sa.text("vehicle_id IS NOT NULL AND stage IN ('charging', 'idle')")
    op.create_index(
        "ix_charging_session_running_of_vehicle", "charging_session", ["vehicle_id"], postgresql_where=running
    )


def downgrade() -> None:
    op.drop_constraint("of_its_account", "tariff_assignment", type_="check")
    for table in reversed(CARRIED):
        op.drop_column(table, "vehicle_id")
    op.drop_table("vehicle_token")
    op.drop_table("vehicle")
    op.execute(sa.schema.DropSequence(sa.Sequence("vehicle_number")))
    _let_tokens_be(*KINDS)


def _let_tokens_be(*kinds: str) -> None:
    op.drop_constraint("kind", "id_token", type_="check")
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint("kind", "id_token", f"kind IN ({allowed})")


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)
