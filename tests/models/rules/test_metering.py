"""Energy is what the register was seen to move: never negative, never guessed (P15)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.metering import (
    BACKWARDS,
    GAP,
    IRREGULARITIES_KEPT,
    REGISTER,
    WH_MAX,
    beginning,
    energy_wh,
    final_energy_wh,
    merged,
    start_irregularities,
    stop_irregularities,
)

pytestmark = pytest.mark.step("P15")
registers = st.none() | st.integers(-10, 10_000_000)
seen = st.lists(registers, max_size=20)


@given(registers, seen)
def test_energy_is_never_negative_and_never_shrinks(start: int | None, values: list[int | None]) -> None:
    so_far = 0
    for value in values:
        before, so_far = so_far, energy_wh(start, value, so_far)
        assert so_far >= before >= 0


@given(registers, st.permutations([1000, 1100, 1250, None, 1250]))
def test_readings_in_any_order_give_the_same_energy(start: int | None, values: list[int | None]) -> None:
    so_far = 0
    for value in values:
        so_far = energy_wh(start, value, so_far)
    assert so_far == (0 if start is None else max(0, 1250 - start))


@given(registers, st.integers(0, 1000))
def test_what_was_not_measured_is_not_guessed(register: int | None, so_far: int) -> None:
    assert energy_wh(None, register, so_far) == so_far
    assert energy_wh(register, None, so_far) == so_far


@given(registers, registers)
def test_a_start_that_does_not_continue_the_last_stop_is_noted(start: int | None, last_stop: int | None) -> None:
    odd = start is not None and last_stop is not None and start != last_stop
    assert start_irregularities(start, last_stop) == ([GAP] if odd else [])


@given(registers, registers)
def test_a_register_that_ran_backwards_is_noted(start: int | None, stop: int | None) -> None:
    odd = start is not None and stop is not None and stop < start
    assert stop_irregularities(start, stop) == ([BACKWARDS] if odd else [])


@given(st.lists(st.sampled_from([GAP, BACKWARDS])), st.lists(st.sampled_from([GAP, BACKWARDS])))
def test_each_irregularity_is_kept_once(known: list[str], more: list[str]) -> None:
    kept = merged(known, more)
    assert sorted(kept) == sorted({*known, *more})
    assert merged(kept, more) == kept


@given(st.integers(-WH_MAX, WH_MAX), st.integers(-WH_MAX, WH_MAX), st.integers(0, WH_MAX))
def test_the_stop_settles_the_energy_and_a_column_holds_it(start: int, stop: int, seen: int) -> None:
    assert energy_wh(start, stop, seen) <= WH_MAX
    final = final_energy_wh(start, stop, seen)
    assert final == (seen if stop < start else min(stop - start, WH_MAX))
    assert final_energy_wh(None, stop, seen) == final_energy_wh(start, None, seen) == seen


@pytest.mark.parametrize(("value", "found"), [("1000", 1000), (str(2**31), None), ("1E+15", None)])
def test_a_beginning_beyond_what_a_meter_shows_is_none(value: str, found: int | None) -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    sample = {"measurand": REGISTER, "unit": "Wh", "context": "Transaction.Begin", "value": value}
    assert beginning([(at, sample)]) == (None if found is None else (at, found))


def test_a_station_that_errs_in_every_message_fills_no_row_and_hides_nothing_of_the_transaction() -> None:
    odd: list[str] = []
    for number in range(500):
        odd = merged(odd, [f"/meterValue/{number}: no sampled values"])
    odd = merged(odd, [BACKWARDS])
    assert len(odd) == IRREGULARITIES_KEPT + 1
    assert odd[-1] == BACKWARDS
