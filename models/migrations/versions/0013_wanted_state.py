"""what is wanted of stations, and how far each has come with it"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
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
    "overdue",
)
FIRMWARE_STATES = ("waiting", "under_way", "done", "failed")
LIST_STATES = ("pending", "applied", "refused")
SETTING_STATES = ("pending", "applied", "refused", "unknown_to_station", "reboot_required")


def upgrade() -> None:
    _check_tasks((*TASKS, "station_differs"))
    _make_settings()
    _make_upkeep()
    _make_firmware()
    _make_lists()


def downgrade() -> None:
    for table in (
        "station_list",
        "wanted_list",
        "station_firmware",
        "wanted_firmware",
        "station_setting",
        "station_upkeep",
        "wanted_spread",
        "wanted_configuration",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM task WHERE kind = 'station_differs'")
    _check_tasks(TASKS)


def _check_tasks(kinds: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_task_kind"), "task", type_="check")
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_task_kind"), "task", f"kind IN ({allowed})")


def _make_settings() -> None:
    op.create_table(
        "wanted_configuration",
        *_wanted("wanted_configuration"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.UniqueConstraint("product_id", "name", name=op.f("uq_wanted_configuration_product_id_name")),
        sa.UniqueConstraint("asset_id", "name", name=op.f("uq_wanted_configuration_asset_id_name")),
    )
    op.create_table(
        "station_setting",
        _of_asset("station_setting"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("state", _state(SETTING_STATES), nullable=False),
        sa.Column("actual", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        _instant("read_at"),
        _instant("changed_at"),
        _instant("again_at"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "name", name=op.f("pk_station_setting")),
    )


def _make_upkeep() -> None:
    op.create_table(
        "wanted_spread",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_wanted_spread")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_wanted_spread_product_id_product")),
    )
    op.create_table(
        "station_upkeep",
        _of_asset("station_upkeep"),
        _instant("due_at"),
        _instant("reset_at"),
        sa.Column("unread", sa.Integer(), nullable=False),
        _instant("read_again_at"),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_station_upkeep")),
    )


def _make_firmware() -> None:
    op.create_table(
        "wanted_firmware",
        *_wanted("wanted_firmware"),
        sa.Column("round", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("version", "location")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("signing_certificate", "signature")),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("from_hour", "to_hour")),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("first", "share_percent", "failure_limit_percent")
        ),
        _instant("not_before"),
        _instant("halted_at"),
        sa.UniqueConstraint("product_id", name=op.f("uq_wanted_firmware_product_id")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_wanted_firmware_asset_id")),
    )
    op.create_table(
        "station_firmware",
        _of_asset("station_firmware"),
        sa.Column("round", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", _state(FIRMWARE_STATES), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("word", "detail")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("request", "failures")),
        _instant("asked_at"),
        _instant("again_at"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_station_firmware")),
    )
    op.create_index("ix_station_firmware_round", "station_firmware", ["round"])


def _make_lists() -> None:
    op.create_table(
        "wanted_list",
        *_wanted("wanted_list"),
        sa.Column("all_cards", sa.Boolean(), nullable=False),
        sa.Column("tokens", JSONB(none_as_null=True), nullable=False),
        sa.UniqueConstraint("product_id", name=op.f("uq_wanted_list_product_id")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_wanted_list_asset_id")),
    )
    op.create_table(
        "station_list",
        _of_asset("station_list"),
        sa.Column("state", _state(LIST_STATES), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("drawn", "taken", "refusals")),
        sa.Column("tokens", JSONB(none_as_null=True), nullable=False),
        sa.Column("told", sa.Integer(), nullable=True),
        _instant("read_at"),
        _instant("again_at"),
        sa.Column("only_full", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_station_list")),
    )


def _wanted(table: str) -> list[Any]:
    """Of a product or of a station, by whom and since when."""
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f(f"fk_{table}_product_id_product")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f(f"fk_{table}_asset_id_asset")),
        sa.CheckConstraint("num_nonnulls(product_id, asset_id) = 1", name=op.f(f"ck_{table}_of_one")),
    ]


def _of_asset(table: str) -> sa.Column[Any]:
    key = sa.ForeignKey("asset.id", name=op.f(f"fk_{table}_asset_id_asset"))
    return sa.Column("asset_id", sa.Uuid(), key, nullable=False)


def _instant(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _state(states: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*states, name="state", native_enum=False, create_constraint=True, length=40)
