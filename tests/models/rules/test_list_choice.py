"""Which cards a station knows by itself: never too many, none that is blocked, and the likeliest ones (C2)."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.list_choice import CHOSEN_FROM, CHOSEN_WITHIN, Candidate, Nearness, choose, next_choice_at

pytestmark = pytest.mark.step("C2")
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        token=st.integers(0, 99).map(lambda number: f"CARD{number:02}"),
        is_blocked=st.booleans(),
        is_named=st.booleans(),
        is_of_group=st.booleans(),
        sessions_here=st.integers(0, 40),
        sessions_near=st.integers(0, 40),
        class_sessions=st.integers(0, 4000),
        nearness=st.sampled_from(Nearness),
        is_listed=st.booleans(),
    ),
    unique_by=lambda candidate: candidate.token,
    max_size=60,
)
ROOM = st.integers(-1, 70)


@given(CANDIDATES, ROOM, st.booleans(), st.randoms())
def test_a_list_is_full_never_too_long_without_blocked_cards_and_the_same_in_whatever_order_they_come(
    candidates: list[Candidate], room: int, only_group: bool, random: Random
) -> None:
    chosen = choose(candidates, room, only_group=only_group)
    by_token = {each.token: each for each in candidates}
    fitting = [each for each in candidates if not each.is_blocked and (each.is_of_group or not only_group)]
    assert len(chosen) == len(set(chosen)) == min(len(fitting), max(room, 0))
    assert not any(by_token[token].is_blocked for token in chosen)
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert choose(shuffled, room, only_group=only_group) == chosen == tuple(sorted(chosen))


@given(CANDIDATES, ROOM)
def test_no_card_is_left_out_for_one_that_has_less_to_say_for_it(candidates: list[Candidate], room: int) -> None:
    chosen = set(choose(candidates, room))
    left = [each for each in candidates if each.token not in chosen and not each.is_blocked]
    taken = [each for each in candidates if each.token in chosen]
    for out in left:
        for kept in taken:
            assert kept.is_named >= out.is_named
            if kept.is_named == out.is_named:
                assert kept.is_of_group >= out.is_of_group


@given(CANDIDATES, st.integers(0, 20))
def test_a_list_that_was_taken_is_chosen_again_where_nothing_else_has_changed(
    candidates: list[Candidate], room: int
) -> None:
    chosen = choose(candidates, room)
    taken = [each._replace(is_listed=each.token in chosen) for each in candidates]
    assert choose(taken, room) == chosen


def test_what_says_more_of_a_card_comes_before_what_says_less() -> None:
    in_order = [
        Candidate("J", is_named=True),
        Candidate("I", is_of_group=True),
        Candidate("H", sessions_here=8),
        Candidate("G", sessions_here=1, sessions_near=40),
        Candidate("F", sessions_near=1),
        Candidate("E", class_sessions=300),
        Candidate("D", nearness=Nearness.CITY),
        Candidate("C", nearness=Nearness.AREA),
        Candidate("B", is_listed=True),
        Candidate("A"),
    ]
    for room in range(len(in_order) + 1):
        assert choose(in_order, room) == tuple(sorted(each.token for each in in_order[:room]))


def test_one_session_more_does_not_put_a_card_in_the_place_of_another() -> None:
    has, other = Candidate("B", sessions_here=9, is_listed=True), Candidate("A", sessions_here=10)
    assert choose([has, other], 1) == ("B",)
    assert choose([has, other._replace(sessions_here=16)], 1) == ("A",)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(0, 2**128 - 1))  # noqa: DTZ001
def test_a_station_is_seen_to_once_in_every_night_also_when_clocks_change(naive: datetime, number: int) -> None:
    zone, station = ZoneInfo("Europe/Amsterdam"), UUID(int=number)
    chosen_at = naive.replace(tzinfo=UTC)
    following = next_choice_at(chosen_at, station, zone)
    assert timedelta() < following - chosen_at <= timedelta(hours=25)
    begins = datetime.combine(following.astimezone(zone).date(), CHOSEN_FROM, zone).astimezone(UTC)
    assert begins <= following < begins + CHOSEN_WITHIN
