"""the way back"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


KINDS = (
    "review_placement",
    "propose_location",
    "perform_work_order",
    "review_sat",
    "correct_sat",
    "activate_station",
    "unexpected_fact",
    "handover_stuck",
)
NEW_KINDS = ("report_failed", "endpoint_down", "return_hardware", "resolve_conflict", "differs_from_rows")

PLACEMENT_STAGES = (
    "submitted",
    "grid_requested",
    "grid_approved",
    "preparation_scheduled",
    "pending_grid_installation",
    "location_rejected",
    "in_installation",
    "sat_review",
    "accepted",
    "operating",
    "rejected",
)
WORK_ORDER_STAGES = ("open", "planned", "in_progress", "sat_review", "accepted", "closed")
COMMISSIONING_STAGES = (
    "awaiting_hardware",
    "registered",
    "connected",
    "booted",
    "configured",
    "checked",
    "failed",
    "test_charging",
    "test_charged",
    "accepted",
    "active",
)


def _check(table: str, column: str, values: tuple[str, ...]) -> None:
    """Let other states pass; a CHECK can't be changed, only made anew."""
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
    allowed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({allowed})")


def upgrade() -> None:
    _check("task", "kind", KINDS + NEW_KINDS)
    _check("placement_request", "stage", (*PLACEMENT_STAGES, "undoing", "withdrawn", "cancelled"))
    _check("work_order", "stage", (*WORK_ORDER_STAGES, "cancelled"))
    _check("asset", "stage", (*COMMISSIONING_STAGES, "cancelled"))
    ending = sa.Enum("withdrawn", "cancelled", name="ending", native_enum=False, create_constraint=True, length=40)
    op.add_column("placement_request", sa.Column("ending", ending, nullable=True))
    op.add_column("placement_request", sa.Column("ending_reason", sa.Text(), nullable=True))
    op.add_column("location_attempt", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("location_attempt", sa.Column("cancel_refusal", sa.Text(), nullable=True))
    op.add_column("work_order", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("unit", sa.Column("return_for", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_unit_return_for"), "unit", "placement_request", ["return_for"], ["id"])
    op.create_index(op.f("ix_unit_return_for"), "unit", ["return_for"])
    # What is on its way to the grid operator now must be found again when it is withdrawn.
    op.execute(
        "UPDATE location_attempt SET asked_at = now() FROM placement_request WHERE placement_id = placement_request.id "
        "AND placement_request.stage = 'grid_requested' AND connection_request_id IS NULL AND state = 'requesting'"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_unit_return_for"), table_name="unit")
    op.drop_constraint(op.f("fk_unit_return_for"), "unit", type_="foreignkey")
    op.drop_column("unit", "return_for")
    op.drop_column("work_order", "cancelled_at")
    op.drop_column("location_attempt", "cancel_refusal")
    op.drop_column("location_attempt", "asked_at")
    op.drop_column("placement_request", "ending_reason")
    op.drop_column("placement_request", "ending")
    _check("asset", "stage", COMMISSIONING_STAGES)
    _check("work_order", "stage", WORK_ORDER_STAGES)
    _check("placement_request", "stage", PLACEMENT_STAGES)
    _check("task", "kind", KINDS)
