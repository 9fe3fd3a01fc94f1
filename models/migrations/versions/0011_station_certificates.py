"""certificates of stations, and the security profile that a station has come to"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("unit", "station_connection"):
        profile = sa.Column("security_profile", sa.SmallInteger(), server_default="1", nullable=False)
        op.add_column(table, profile)
    op.create_check_constraint(op.f("ck_unit_security_profile"), "unit", "security_profile BETWEEN 1 AND 3")
    op.create_table(
        "station_certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("common_name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revocation", sa.Text(), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_station_certificate_asset_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_station_certificate_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_certificate")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_station_certificate_fingerprint")),
        sa.UniqueConstraint("serial", name=op.f("uq_station_certificate_serial")),
    )
    op.create_index(op.f("ix_station_certificate_asset_id"), "station_certificate", ["asset_id"])
    op.create_index(op.f("ix_station_certificate_unit"), "station_certificate", ["unit_id", "issued_at"])
    op.create_index(op.f("ix_station_certificate_not_after"), "station_certificate", ["not_after"])


def downgrade() -> None:
    op.drop_table("station_certificate")
    for table in ("station_connection", "unit"):
        op.drop_column(table, "security_profile")
