"""What is read of any value can be stored: bounded, without NUL, in UTC (OCPP.md 5, 15, 18)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms import schemas
from csms.reading import INT32_MAX, Reader
from csms.sampling import SAMPLES_LIMIT
from csms.v16.inbound import ACTIONS
from csms.v16.samples import samples_of

pytestmark = pytest.mark.step("P15")

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
numbers = st.integers() | st.floats() | st.decimals().map(str) | st.from_regex(r"-?[0-9]{1,30}[.,e]?[0-9]*")
instants = st.datetimes(timezones=st.none() | st.timezones()).map(datetime.isoformat)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=300) | instants,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "x"]), inner),
    max_leaves=6,
)
sampled = st.dictionaries(
    st.sampled_from(["value", "unit", "measurand", "context", "phase", "location", "format"]), values
)
meter_value = st.fixed_dictionaries(
    {}, optional={"timestamp": values, "sampledValue": st.lists(sampled | values) | values}
)


@given(values)
def test_a_number_is_a_bounded_whole_one_or_none(value: Any) -> None:
    reader = Reader(NOW)
    read = reader.number({"n": value}, "n", low=-5, high=INT32_MAX)
    assert read is None or -5 <= read <= INT32_MAX
    assert read is not None or value is None or reader.irregularities


@given(values)
def test_a_text_is_bounded_and_without_nul(value: Any) -> None:
    read = Reader(NOW).text({"t": value}, "t", 20)
    assert read is None or (0 < len(read) <= 20 and "\0" not in read)


@given(values)
def test_an_instant_is_in_utc_and_marked_where_it_is_not_to_be_trusted(value: Any) -> None:
    reader = Reader(NOW)
    read = reader.instant({"t": value}, "t")
    assert read.tzinfo is UTC
    assert reader.irregularities or timedelta(0) <= NOW + timedelta(minutes=5) - read


@given(st.lists(meter_value | values, max_size=4) | values)
def test_samples_are_storable_whatever_they_are_read_from(value: Any) -> None:
    reader = Reader(NOW)
    for sample in samples_of(value, "meterValue", reader):
        assert sample.value is None or abs(sample.value) < 10**18
        assert (sample.value is None) == (sample.signed is not None)
        assert all("\0" not in (text or "") for text in (sample.measurand, sample.unit, sample.phase, sample.signed))


def test_a_flood_of_samples_is_bounded() -> None:
    reader = Reader(NOW)
    many = [{"timestamp": NOW.isoformat(), "sampledValue": [{"value": "1"}] * (SAMPLES_LIMIT + 1)}]
    assert len(samples_of(many, "meterValue", reader)) == SAMPLES_LIMIT
    assert reader.irregularities


@given(st.sampled_from(sorted(ACTIONS)), st.dictionaries(st.text(max_size=10), values, max_size=5))
def test_what_is_wrong_is_named_without_the_value(action: str, payload: dict[str, Any]) -> None:
    found = schemas.violation("1.6", action, payload)
    assert found is None or len(found[1]) <= 200
    assert len(schemas.irregularities("1.6", action, payload)) <= schemas.IRREGULARITIES_LIMIT
