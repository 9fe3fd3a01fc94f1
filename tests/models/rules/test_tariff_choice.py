"""Of several tariffs that are assigned, one holds: by whom, by where, and by when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.tariff import PlaceKind
from models.rules.tariff_choice import Asked, Assignment, Version, in_order, version_at
from models.tables.base import new_id

pytestmark = pytest.mark.step("C10")

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE, LATER = NOW - timedelta(days=1), NOW + timedelta(days=1)
ACCOUNT, GROUP, STATION, CAR = new_id(), new_id(), new_id(), new_id()
ASKED = Asked(NOW, ACCOUNT, GROUP, STATION, PlaceKind.HOME, CAR)
ANYWHERE = Assignment(new_id(), new_id(), None, None, None, None, None, BEFORE, None)
FOR_KIND = replace(ANYWHERE, id=new_id(), place_kind=PlaceKind.HOME)
FOR_STATION = replace(ANYWHERE, id=new_id(), asset_id=STATION)
FOR_GROUP = replace(ANYWHERE, id=new_id(), group_id=GROUP)
FOR_ACCOUNT = replace(ANYWHERE, id=new_id(), account_id=ACCOUNT)
FOR_CAR = replace(FOR_ACCOUNT, id=new_id(), vehicle_id=CAR)
BY_WEIGHT = [
    replace(FOR_CAR, id=new_id(), asset_id=STATION),
    FOR_CAR,
    replace(FOR_ACCOUNT, id=new_id(), group_id=GROUP),
    replace(FOR_ACCOUNT, id=new_id(), asset_id=STATION, place_kind=PlaceKind.HOME),
    FOR_ACCOUNT,
    replace(FOR_GROUP, id=new_id(), asset_id=STATION, place_kind=PlaceKind.HOME),
    FOR_GROUP,
    replace(FOR_STATION, id=new_id(), place_kind=PlaceKind.HOME),
    FOR_STATION,
    FOR_KIND,
    ANYWHERE,
]


@given(st.permutations(BY_WEIGHT))
def test_who_comes_before_where_and_each_before_all_behind_it(given_: list[Assignment]) -> None:
    assert in_order(given_, ASKED) == BY_WEIGHT


@pytest.mark.parametrize("assignment", BY_WEIGHT[:-1])
def test_what_is_for_others_does_not_hold(assignment: Assignment) -> None:
    stranger = Asked(NOW, new_id(), new_id(), new_id(), PlaceKind.PUBLIC)

    assert in_order([assignment, ANYWHERE], stranger) == [ANYWHERE]
    assert in_order([assignment, ANYWHERE], Asked(NOW)) == [ANYWHERE]


def test_among_equals_the_one_that_began_later_holds_and_then_the_one_that_was_made_later() -> None:
    since_today = replace(ANYWHERE, id=new_id(), valid_from=NOW)
    made_later = replace(ANYWHERE, id=new_id())

    assert in_order([ANYWHERE, made_later, since_today], ASKED) == [since_today, made_later, ANYWHERE]


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "holds"),
    [(NOW, None, True), (LATER, None, False), (BEFORE, NOW, False), (BEFORE, LATER, True)],
)
def test_an_assignment_holds_from_its_beginning_to_before_its_end(
    valid_from: datetime, valid_until: datetime | None, holds: bool
) -> None:
    assignment = replace(ANYWHERE, valid_from=valid_from, valid_until=valid_until)

    assert bool(in_order([assignment], ASKED)) is holds


def test_the_highest_version_that_has_begun_holds() -> None:
    versions = [Version(1, BEFORE), Version(2, LATER), Version(3, NOW)]

    assert version_at(versions, BEFORE - timedelta(days=1)) is None
    assert [version_at(versions, at) for at in (BEFORE, NOW, LATER)] == [versions[0], versions[2], versions[2]]


@given(st.lists(st.integers(0, 100), min_size=1, max_size=6))
def test_a_version_never_gives_way_to_an_earlier_one(begins: list[int]) -> None:
    versions = [Version(number, NOW + timedelta(hours=hours)) for number, hours in enumerate(begins, start=1)]
    held = [version_at(versions, NOW + timedelta(hours=hours)) for hours in range(102)]

    numbers = [0 if each is None else each.number for each in held]

    assert numbers[-1] == len(versions)
    assert all(before <= after for before, after in pairwise(numbers))
