"""The migrations make the schema that the tables speak of."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

import models.tables
from models import migrate
from models.settings import Settings

assert models.tables.__all__  # the import fills the metadata
UNDONE_TO = "0007"
_CHECKS = """
    SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace
"""

_OF_OCPP_2 = """
    INSERT INTO charging_transaction
        (id, number, asset_id, token, verdict, is_test, started_at, energy_wh, irregularities, station_transaction)
    VALUES (gen_random_uuid(), 1, gen_random_uuid(), '', 'none', false, now(), 0, '[]', 'T-1')
"""


@pytest.fixture
def connection(settings: Settings) -> Any:
    engine = sa.create_engine(settings.sqlalchemy_url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_the_migrations_make_what_the_tables_say(connection: sa.Connection) -> None:
    assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_a_migration_that_is_undone_and_done_again_leaves_the_same_schema(connection: sa.Connection) -> None:
    command.downgrade(migrate.config(connection), UNDONE_TO)
    command.upgrade(migrate.config(connection), "head")
    assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_going_back_is_refused_where_transactions_of_ocpp_2_would_be_lost(connection: sa.Connection) -> None:
    command.downgrade(migrate.config(connection), "0008")
    connection.execute(sa.text("SET session_replication_role = replica"))  # without the station that it belongs to
    connection.execute(sa.text(_OF_OCPP_2))
    connection.commit()
    with pytest.raises(RuntimeError, match="of which there are 1"):
        command.downgrade(migrate.config(connection), UNDONE_TO)
    connection.rollback()
    kept = connection.execute(sa.text("SELECT station_transaction FROM charging_transaction"))
    assert kept.scalars().all() == ["T-1"]


def test_every_state_that_a_table_knows_passes_its_check(connection: sa.Connection) -> None:
    checks: dict[str, list[str]] = {}
    for table, definition in connection.execute(sa.text(_CHECKS)):
        checks.setdefault(table, []).append(definition)
    missing = [
        f"{table.name}.{column.name}: {value}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.Enum)
        for value in column.type.enums
        if not any(f"({column.name})" in check and f"'{value}'" in check for check in checks.get(table.name, []))
    ]
    assert missing == []
