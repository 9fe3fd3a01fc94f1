"""Groups: whom a closed station takes, what is used up, and when a month began (S6)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.group import Group, Limits, StationAccess, Used, admits, is_busy, is_used_up, month_began

pytestmark = pytest.mark.step("S6")
OURS, THEIRS = UUID(int=1), UUID(int=2)
TAXI = Group(OURS, "TAXI", "Europe/Amsterdam", "EUR")


def test_a_closed_station_takes_its_own_group_and_one_of_nobody_takes_nobody() -> None:
    for group in (None, TAXI):
        assert admits(StationAccess.PUBLIC, None, group)
        assert admits(StationAccess.PUBLIC, THEIRS, group)
        assert not admits(StationAccess.CLOSED, None, group)
        assert not admits(StationAccess.CLOSED, THEIRS, group)
    assert admits(StationAccess.CLOSED, OURS, TAXI)


@pytest.mark.parametrize(
    ("group", "is_so"),
    [
        (TAXI._replace(used=Used(10**9, Decimal(10**9))), False),
        (TAXI._replace(limits=Limits(energy_wh=100), used=Used(99)), False),
        (TAXI._replace(limits=Limits(energy_wh=100), used=Used(100)), True),
        (TAXI._replace(limits=Limits(amount=Decimal("5.00")), used=Used(0, Decimal("4.99"))), False),
        (TAXI._replace(limits=Limits(amount=Decimal("5.00")), used=Used(0, Decimal("5.00"))), True),
        (TAXI._replace(card_limits=Limits(energy_wh=0)), True),
        (TAXI._replace(card_limits=Limits(amount=Decimal(1)), used=Used(0, Decimal(9))), False),
        (TAXI._replace(card_limits=Limits(amount=Decimal(1)), card_used=Used(0, Decimal(1))), True),
    ],
)
def test_a_limit_is_reached_when_as_much_is_used(group: Group, is_so: bool) -> None:
    assert is_used_up(group) is is_so


def test_a_session_at_the_same_place_makes_room_for_the_next_one_there() -> None:
    group = TAXI._replace(limits=Limits(sessions=1), places=frozenset({"a/1"}))
    assert is_busy(group, "b/1")
    assert not is_busy(group, "a/1")
    assert not is_busy(group._replace(limits=Limits()), "b/1")


@pytest.mark.parametrize(
    ("at", "began"),
    [
        ("2026-11-30T23:30:00+00:00", "2026-11-30T23:00:00+00:00"),  # it is December in Amsterdam
        ("2026-11-30T22:30:00+00:00", "2026-10-31T23:00:00+00:00"),
        ("2026-04-01T00:00:00+00:00", "2026-03-31T22:00:00+00:00"),  # in summer time
        ("2026-10-25T01:30:00+00:00", "2026-09-30T22:00:00+00:00"),  # the second time it is half past two
    ],
)
def test_a_month_begins_by_the_clock_of_the_group(at: str, began: str) -> None:
    assert month_began(datetime.fromisoformat(at), ZoneInfo("Europe/Amsterdam")) == datetime.fromisoformat(began)


@given(
    st.integers(0, 15 * 366 * 86_400).map(lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
)
def test_a_month_has_begun_by_now_and_not_longer_ago_than_it_lasts(at: datetime) -> None:
    began = month_began(at, ZoneInfo("Europe/Amsterdam"))
    assert timedelta(0) <= at - began <= timedelta(days=31, hours=1)
