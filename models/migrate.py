"""Brings the database to the schema of this version, and makes the first administrator where there is nobody yet."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from models.rules.access import OrganisationKind, Role
from models.settings import Settings
from models.tables.access import Organisation, Principal

_ONE_AT_A_TIME = 7_301_947
"""The advisory lock under which processes that start at once take turns."""


def config(connection: sa.Connection) -> Config:
    settings = Config()
    settings.set_main_option("script_location", "models:migrations")
    settings.attributes["connection"] = connection
    return settings


def upgrade(settings: Settings) -> None:
    """Idempotent; safe to run by several processes at once."""
    engine = sa.create_engine(settings.sqlalchemy_url)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(:name)"), {"name": _ONE_AT_A_TIME})
        connection.commit()
        command.upgrade(config(connection), "head")
        connection.commit()
        with Session(connection) as session:
            _first_administrator(session, settings)
            session.commit()
    engine.dispose()


def _first_administrator(session: Session, settings: Settings) -> None:
    if session.scalar(sa.select(Organisation).where(sa.column("kind") == OrganisationKind.OPERATOR)) is None:
        session.add(Organisation(kind=OrganisationKind.OPERATOR, name=settings.operator_name))
        session.flush()
    if not settings.bootstrap_email or session.scalar(sa.select(sa.func.count()).select_from(Principal)):
        return
    operator = session.scalars(sa.select(Organisation)).first()
    if operator is None:
        return
    password = settings.bootstrap_password.get_secret_value()
    session.add(
        Principal(
            organisation_id=operator.id,
            name="First administrator",
            email=settings.bootstrap_email,
            password_hash=PasswordHasher().hash(password),
            roles=[Role.ADMINISTRATION.value],
        )
    )
