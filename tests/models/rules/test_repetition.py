"""What came again is known by what it says, and what is remembered of it is bounded (OCPP.md 26)."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.repetition import REMEMBERED, Print, Prints, is_again, remembered, rivalling

pytestmark = pytest.mark.step("O26")

prints = st.builds(
    Print,
    at_ms=st.integers(0, 60),
    number=st.integers(0, 5),
    phase=st.sampled_from(["started", "updated", "ended"]),
    content=st.integers(0, 3),
)


def heard(*events: Print) -> Prints:
    known: Prints = ()
    for each in events:
        known = remembered(known, (each,))
    return known


@given(st.lists(prints, min_size=1, max_size=REMEMBERED))
def test_what_was_heard_is_known_again_and_nothing_else_is(events: list[Print]) -> None:
    known = heard(*events)
    assert all(is_again(known, each) for each in events)
    other = events[0]._replace(content=99)
    assert not is_again(known, other)
    assert events[0] in rivalling(known, other)


@given(st.lists(prints, max_size=3 * REMEMBERED), st.randoms())
def test_the_latest_are_remembered_whatever_the_order(events: list[Print], dice: Random) -> None:
    mixed = dice.sample(events, len(events))
    assert heard(*mixed) == heard(*events) == tuple(sorted(set(events))[-REMEMBERED:])


def test_of_a_number_that_was_forgotten_only_what_is_older_than_all_that_is_remembered_came_again() -> None:
    known = heard(*(Print(number, number, "updated", 0) for number in range(100)))
    assert is_again(known, Print(3, 3, "updated", 0))
    assert not is_again(known, Print(200, 3, "updated", 0))


def test_where_nothing_is_remembered_a_number_that_was_heard_came_again() -> None:
    assert is_again((), Print(5, 5, "updated", 1))
