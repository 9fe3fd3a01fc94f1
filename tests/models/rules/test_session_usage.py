"""Marks of what a car does say the same in whatever order they come (C6)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.session_usage import DOING, MARKS_KEPT, Doing, Mark, idle_since, marked

AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
minutes = st.integers(0, 600)
doings = st.sampled_from(Doing)
marks_of = st.lists(st.builds(lambda at, doing: Mark(AT + timedelta(minutes=at), doing), minutes, doings))


def later(minutes: int) -> datetime:
    return AT + timedelta(minutes=minutes)


@pytest.mark.step("C6")
def test_only_a_car_that_has_charged_or_takes_nothing_keeps_its_place_idly() -> None:
    waiting, charging = Mark(AT, DOING["EVConnected"]), Mark(later(1), DOING["Charging"])
    assert "SuspendedEVSE" not in DOING
    assert idle_since([waiting]) is None
    assert idle_since([waiting, charging]) is None
    assert idle_since([waiting, charging, Mark(later(2), Doing.CONNECTED), Mark(later(3), Doing.FULL)]) == later(2)
    assert idle_since([Mark(later(2), DOING["SuspendedEV"])]) == later(2)
    assert idle_since([Mark(later(2), Doing.FULL), Mark(later(3), Doing.CHARGING)]) is None


@given(marks_of, st.randoms(use_true_random=False))
def test_marks_say_the_same_in_whatever_order_they_come(marks: list[Mark], shuffled: object) -> None:
    other = list(marks)
    shuffled.shuffle(other)  # type: ignore[attr-defined]
    one: list[Mark] = []
    two: list[Mark] = []
    for mark, rival in zip(marks, other, strict=True):
        one, two = marked(one, mark), marked(two, rival)
    assert one == two
    assert idle_since(one) == idle_since(two)


def test_a_car_that_pauses_without_end_fills_no_row() -> None:
    marks: list[Mark] = []
    for minute in range(MARKS_KEPT + 10):
        marks = marked(marks, Mark(later(minute), Doing.FULL))
    assert len(marks) == MARKS_KEPT
