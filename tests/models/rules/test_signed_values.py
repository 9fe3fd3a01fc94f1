"""Signed meter values: whose signatures hold, and which of them are kept (B1)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.signed_values import KEPT, Judged, Outcome, Signed, judged, kept, signed_of
from tests.ocmf import METER, Meter, in_base64

pytestmark = pytest.mark.step("B1")

AT = datetime(2026, 11, 30, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def meter() -> Meter:
    return Meter()


def test_what_a_meter_has_signed_holds_however_it_and_its_key_are_written(meter: Meter) -> None:
    value = meter.signed("12.345")
    for written in (value, in_base64(value), value.encode().hex()):
        for key in (meter.key, meter.named_key, in_base64(meter.key)):
            assert judged(written, key, None) == Judged(Outcome.VALID, METER, meter.key)


def test_a_key_that_is_known_of_the_place_will_do_and_one_that_came_with_it_comes_first(meter: Meter) -> None:
    value, other = meter.signed("12.345"), Meter()
    assert judged(value, None, meter.key).outcome is Outcome.VALID
    assert judged(value, meter.key, other.key).outcome is Outcome.VALID
    assert judged(value, other.key, meter.key) == Judged(Outcome.INVALID, METER, other.key)
    assert judged(value, "no key at all", meter.key).outcome is Outcome.VALID


def test_what_was_changed_after_it_was_signed_is_not_valid(meter: Meter) -> None:
    assert judged(meter.signed("12.345").replace("12.345", "12.346"), meter.key, None).outcome is Outcome.INVALID


def test_without_a_key_nothing_is_said_of_the_signature(meter: Meter) -> None:
    assert judged(meter.signed("12.345"), None, None) == Judged(Outcome.KEY_UNKNOWN, METER, None)


@given(st.text(max_size=200), st.one_of(st.none(), st.text(max_size=80)))
def test_whatever_a_station_calls_signed_is_judged(value: str, key: str | None) -> None:
    assert judged(value, key, None) == Judged(Outcome.NOT_OCMF)


def test_of_the_many_that_are_signed_by_the_clock_the_first_and_the_last_are_kept() -> None:
    def at(minutes: int, context: str = "Sample.Periodic") -> Signed:
        return Signed(AT + timedelta(minutes=minutes), context, f"v{minutes}", None)

    many = [at(minute) for minute in range(100)]
    assert kept([*many, many[-1]]) == [many[0], many[-1]]
    begin, event, end = at(0, "Transaction.Begin"), at(50, "Trigger"), at(99, "Transaction.End")
    assert kept([begin, at(1), event, at(60), end]) == [begin, event, end]
    assert len(kept([at(minute, "Trigger") for minute in range(100)])) == KEPT + 2
    assert kept([]) == []


def test_signed_values_are_found_among_the_samples_in_their_order() -> None:
    sampled = [{"measurand": "Voltage", "value": "230"}, {"signed": "b", "context": "Trigger"}]
    first = [{"signed": "a", "context": "Transaction.Begin", "signing": {"public_key": "k"}}]
    assert list(signed_of([(AT + timedelta(minutes=1), sampled), (AT, first)])) == [
        Signed(AT, "Transaction.Begin", "a", "k"),
        Signed(AT + timedelta(minutes=1), "Trigger", "b", None),
    ]
