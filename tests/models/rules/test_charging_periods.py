"""A session's periods are read off its meter, and add up to what the transaction is billed for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.charging_periods import Metered, periods_of, registers
from models.rules.metering import REGISTER
from models.rules.rating import Activity

pytestmark = pytest.mark.step("C10")

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SESSION = Metered(START, START + timedelta(hours=2), 1000, 9000)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def told(*read: tuple[int, int], of: Metered = SESSION) -> list[tuple[int, str, int]]:
    found = periods_of(of, [(at(minutes), register_wh) for minutes, register_wh in read])
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


def test_a_transaction_that_ends_before_it_began_has_no_periods() -> None:
    with pytest.raises(ValueError, match="before"):
        periods_of(Metered(START, at(-1), 0, 0), [])


@given(st.lists(st.tuples(st.integers(-30, 150), st.integers(0, 12000)), max_size=20))
def test_whatever_was_read_the_energy_is_what_is_billed(read: list[tuple[int, int]]) -> None:
    found = periods_of(SESSION, [(at(minutes), register_wh) for minutes, register_wh in read])

    assert sum(each.energy_wh for each in found) == SESSION.energy_wh
    assert found[0].starts_at == START
    assert all((each.activity is Activity.CHARGING) is (each.energy_wh > 0) for each in found)
    assert sorted(each.starts_at for each in found) == [each.starts_at for each in found]


def test_of_what_is_sampled_only_the_whole_register_counts() -> None:
    whole: dict[str, Any] = {"measurand": REGISTER, "unit": "Wh", "value": "1500.4"}
    others = [
        {**whole, "phase": "L1"},
        {**whole, "unit": "kWh"},
        {**whole, "value": None},
        {"measurand": "Voltage", "unit": "V", "value": "230"},
    ]

    assert list(registers([(START, [*others, whole])])) == [(START, 1500)]
