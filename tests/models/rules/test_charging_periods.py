"""A session's periods are read off its meter, and add up to what the transaction is billed for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.charging_periods import Metered, periods_of, registers
from models.rules.metering import REGISTER
from models.rules.rating import Activity
from models.rules.session_usage import Doing, Mark, marked

pytestmark = pytest.mark.step("C10")

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
minutes = st.integers(0, 600)
marks_of = st.lists(
    st.builds(lambda at, doing: Mark(START + timedelta(minutes=at), doing), minutes, st.sampled_from(Doing))
)
read_of = st.tuples(minutes, st.integers(-10, 10**6))
SESSION = Metered(START, START + timedelta(hours=2), 1000, 9000)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def told(*read: tuple[int, int], of: Metered = SESSION, marks: Sequence[Mark] = ()) -> list[tuple[int, str, int]]:
    found = periods_of(of, [(at(minutes), register_wh) for minutes, register_wh in read], marks)
    return [((each.starts_at - START) // timedelta(minutes=1), each.activity.value, each.energy_wh) for each in found]


def test_between_two_readings_it_charged_where_energy_flowed_and_was_parked_where_none_did() -> None:
    assert told((30, 6000), (60, 10000), (75, 10000), (90, 10000)) == [
        (0, "charging", 5000),
        (30, "charging", 4000),
        (60, "parked", 0),
    ]


def test_without_readings_it_charged_from_start_to_stop() -> None:
    assert told() == [(0, "charging", 9000)]


def test_without_energy_it_was_parked_all_the_time() -> None:
    assert told(of=Metered(START, at(120), 1000, 0)) == [(0, "parked", 0)]


def test_a_meter_whose_start_is_not_known_says_nothing() -> None:
    assert told((30, 6000), of=Metered(START, at(120), None, 9000)) == [(0, "charging", 9000)]


def test_a_reading_that_goes_back_or_too_far_or_lies_without_says_nothing() -> None:
    assert told((-5, 2000), (30, 6000), (40, 5000), (50, 99000), (130, 9500)) == [
        (0, "charging", 5000),
        (30, "charging", 4000),
    ]


def test_a_transaction_that_ends_before_it_began_charged_all_the_same() -> None:
    assert told((30, 6000), of=Metered(START, at(-1), 1000, 9000)) == [(0, "charging", 9000)]


def test_where_no_start_was_told_the_meter_counts_from_its_first_reading() -> None:
    assert told((30, 6000), (60, 10000), of=Metered(START, at(120), None, 4000)) == [
        (0, "charging", 4000),
        (60, "parked", 0),
    ]


@pytest.mark.step("C6")
def test_idle_time_lasts_from_the_last_energy_until_the_car_leaves() -> None:
    assert told((30, 6000), (60, 10000), marks=[Mark(at(60), Doing.FULL)]) == [
        (0, "charging", 5000),
        (30, "charging", 4000),
        (60, "parked", 0),
    ]


@pytest.mark.step("C6")
def test_energy_that_was_told_late_flowed_before_the_car_was_full() -> None:
    assert told(marks=[Mark(at(15), Doing.FULL)]) == [(0, "charging", 9000), (15, "parked", 0)]


@pytest.mark.step("C6")
def test_a_meter_that_stands_still_says_nothing_where_the_station_tells_what_the_car_does() -> None:
    """The station itself may pause: that is no fault of the car's."""
    found = told((30, 6000), (60, 6000), (90, 10000), marks=[Mark(START, Doing.CHARGING)])
    assert [activity for _, activity, _ in found] == ["charging"] * 4


@given(st.lists(st.tuples(st.integers(-30, 150), st.integers(0, 12000)), max_size=20))
def test_whatever_was_read_the_energy_is_what_is_billed(read: list[tuple[int, int]]) -> None:
    found = periods_of(SESSION, [(at(minutes), register_wh) for minutes, register_wh in read], [])

    assert sum(each.energy_wh for each in found) == SESSION.energy_wh
    assert found[0].starts_at == START
    assert all((each.activity is Activity.CHARGING) is (each.energy_wh > 0) for each in found)
    assert sorted(each.starts_at for each in found) == [each.starts_at for each in found]


@given(marks_of, minutes, st.integers(0, 10**6), st.one_of(st.none(), st.integers(0, 1000)), st.lists(read_of))
def test_periods_have_no_gaps_and_add_up_to_the_energy(
    marks: list[Mark], length: int, energy_wh: int, start_wh: int | None, read: list[tuple[int, int]]
) -> None:
    kept: list[Mark] = []
    for mark in marks:
        kept = marked(kept, mark)
    metered = Metered(START, at(length), start_wh, energy_wh)
    found = periods_of(metered, [(at(minutes), wh) for minutes, wh in read], kept)
    assert sum(each.energy_wh for each in found) == energy_wh
    assert all(each.energy_wh >= 0 for each in found)
    assert found[0].starts_at == START
    assert [each.starts_at for each in found] == sorted(each.starts_at for each in found)
    assert all(each.starts_at <= at(length) for each in found)


def test_of_what_is_sampled_only_the_whole_register_counts() -> None:
    whole: dict[str, Any] = {"measurand": REGISTER, "unit": "Wh", "value": "1500.4"}
    others = [
        {**whole, "phase": "L1"},
        {**whole, "unit": "kWh"},
        {**whole, "value": None},
        {"measurand": "Voltage", "unit": "V", "value": "230"},
    ]

    assert list(registers([(START, [*others, whole])])) == [(START, 1500)]
