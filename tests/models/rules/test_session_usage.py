"""What the facts of a session amount to: periods without gaps, whose energy adds up (C6)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.rating import Activity
from models.rules.session import SessionEvent, SessionStage
from models.rules.session_usage import DOING, MARKS_KEPT, Doing, Mark, idle_since, marked, periods

AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
S, E = SessionStage, SessionEvent
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


@pytest.mark.step("C6")
def test_idle_time_lasts_from_the_last_energy_until_the_car_leaves() -> None:
    marks = [Mark(later(60), Doing.FULL)]
    found = periods(AT, later(90), 10_000, [(later(30), 6_000), (later(60), 10_000)], marks)
    assert [(each.starts_at, each.activity, each.energy_wh) for each in found] == [
        (AT, Activity.CHARGING, 6_000),
        (later(30), Activity.CHARGING, 4_000),
        (later(60), Activity.PARKED, 0),
    ]


@pytest.mark.step("C6")
def test_energy_that_was_told_late_flowed_before_the_car_was_full() -> None:
    found = periods(AT, later(60), 5_000, [], [Mark(later(15), Doing.FULL)])
    assert [(each.activity, each.energy_wh) for each in found] == [(Activity.CHARGING, 5_000), (Activity.PARKED, 0)]


@given(marks_of, minutes, st.integers(0, 10**6), st.lists(st.tuples(minutes, st.integers(-10, 10**6))))
def test_periods_have_no_gaps_and_add_up_to_the_energy(
    marks: list[Mark], length: int, energy_wh: int, registers: list[tuple[int, int]]
) -> None:
    kept: list[Mark] = []
    for mark in marks:
        kept = marked(kept, mark)
    found = periods(AT, later(length), energy_wh, [(later(at), wh) for at, wh in registers], kept)
    assert sum(each.energy_wh for each in found) == energy_wh
    assert all(each.energy_wh >= 0 for each in found)
    assert found[0].starts_at == AT
    assert [each.starts_at for each in found] == sorted(each.starts_at for each in found)
    assert all(each.starts_at <= later(length) for each in found)


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
