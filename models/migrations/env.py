"""Runs the migrations on the connection that `models.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import models.tables

assert models.tables.__all__  # noqa: S101 - the import fills the metadata
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
