"""What stands against an erasure, and where personal data stand (S8)."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import SQLModel

import models.tables
from models.money import Money
from models.rules.personal_data import PLACES, WITH_UIDS, ObstacleKind, Open, obstacles, pseudonym

assert models.tables.__all__  # the import fills the metadata
pytestmark = pytest.mark.step("S8")

NOT_THEIRS = {"personal_request"}
"""Tells of what was asked, and of nobody."""
TOLD_OF = {"customer", "subscriber", "card", "id_token", "cdr", "ledger_account"}
BY_THE_WAY = {"asset", "hold"}
"""Point to the token of a test card; to an account, among whose rows they stand."""


def test_nobody_is_erased_with_whom_something_is_open() -> None:
    owed, ours = Money(Decimal(-5), "EUR"), Money(Decimal("7.50"), "EUR")
    found = obstacles(Open(["SUB-1"], ["CS-1"], ["SUB-2"], [("SUB-3", owed), ("SUB-4", ours), ("SUB-5", owed + -owed)]))
    assert [(each.kind, each.reference) for each in found] == [
        (ObstacleKind.OPEN_SUBSCRIPTION, "SUB-1"),
        (ObstacleKind.UNSETTLED_SESSION, "CS-1"),
        (ObstacleKind.OPEN_HOLD, "SUB-2"),
        (ObstacleKind.MONEY_OWED, "SUB-3"),
        (ObstacleKind.MONEY_OWED, "SUB-4"),
    ]
    assert "5.00 EUR is owed to us" in found[3].detail
    assert "We owe 7.50 EUR" in found[4].detail
    assert obstacles(Open([], [], [], [])) == ()


@given(st.uuids(version=4))
def test_a_pseudonym_is_no_uid_and_fits_where_one_stands(token_id: UUID) -> None:
    made = pseudonym(token_id)
    assert len(made) == 20
    assert made == made.upper()
    assert not set(made) <= set("0123456789ABCDEF"), "a uid is read in hexadecimal"


def test_every_place_is_a_column_of_a_table() -> None:
    tables = SQLModel.metadata.tables
    for place in PLACES:
        assert {place.column, *place.hidden, *place.erased} <= set(tables[place.table].c.keys()), place.table
    for table, columns in WITH_UIDS.items():
        assert set(columns) <= set(tables[table].c.keys()), table


def test_every_table_that_points_to_a_person_is_among_the_places() -> None:
    """A new table says in ``models.rules.personal_data`` what is told of it, and what an erasure makes of it."""
    pointing = {
        table.name
        for table in SQLModel.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in TOLD_OF
    }
    assert pointing - {place.table for place in PLACES} - NOT_THEIRS - BY_THE_WAY == set()
