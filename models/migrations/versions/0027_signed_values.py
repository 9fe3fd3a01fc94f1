"""signed meter values are kept with their sessions"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

OUTCOMES = ("valid", "invalid", "key_unknown", "not_ocmf")
TABLE = "signed_value"


def upgrade() -> None:
    op.create_table(
        TABLE,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "session_id", "asset_id")),
        sa.Column("connector", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("context", "value")),
        sa.Column(
            "outcome",
            sa.Enum(*OUTCOMES, name="outcome", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("meter", "key")),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["charging_session.id"], name=op.f(f"fk_{TABLE}_session_id_charging_session")
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f(f"fk_{TABLE}_asset_id_asset")),
    )
    op.create_index("ix_signed_value_session_id", TABLE, ["session_id"])
    op.create_index(
        "ix_signed_value_key_of_place",
        TABLE,
        ["asset_id", "connector", "id"],
        postgresql_where=sa.text("outcome = 'valid'"),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
