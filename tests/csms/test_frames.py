"""Reading frames fails on nothing (OCPP.md 19, 21)."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms import frames
from csms.frames import Call, CallError, CallResult, ErrorCode, Ignored, Unreadable

pytestmark = pytest.mark.step("P14")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def _is_json(value: Any) -> bool:
    """JSON has no number that is not finite."""
    return re.search("Infinity|NaN", json.dumps(value)) is None


@given(st.text() | values.map(json.dumps) | st.lists(values, max_size=6).map(json.dumps))
def test_every_text_is_a_frame_an_error_with_a_usable_id_or_nothing(text: str) -> None:
    frame = frames.read(text)
    assert isinstance(frame, Call | CallResult | CallError | Unreadable | Ignored)
    if isinstance(frame, Call | Unreadable):
        assert 0 < len(frame.message_id) <= frames.MESSAGE_ID_LIMIT
        written = json.loads(frames.write_error(frame.message_id, ErrorCode.GENERIC_ERROR, "x"))
        assert written[:2] == [4, frame.message_id]


@given(st.text(min_size=1, max_size=36), st.text(min_size=1, max_size=50), st.dictionaries(st.text(), st.booleans()))
def test_a_call_is_read_as_it_was_written(message_id: str, action: str, payload: dict[str, Any]) -> None:
    text = frames.write_call(message_id, action, payload)
    assert frames.read(text) == Call(message_id, action, payload, text)
    assert frames.read(frames.write_result(message_id, payload)) == CallResult(message_id, payload)


def test_the_codes_are_spelt_as_the_standard_misspells_them() -> None:
    assert ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION.value == "OccurenceConstraintViolation"
    assert ErrorCode.FORMATION_VIOLATION.value == "FormationViolation"


@given(st.sampled_from([5, 6]), st.lists(values.filter(_is_json), max_size=5))
def test_types_that_want_no_answer_get_none_whatever_they_hold(kind: int, rest: list[Any]) -> None:
    frame = frames.read(json.dumps([kind, *rest]))
    assert isinstance(frame, Ignored)
    assert len(frame.cause) < 2 * frames.ACTION_LIMIT


def test_a_message_that_is_sent_without_an_answer_is_told_from_rubbish() -> None:
    assert frames.read('[6, "a", "NotifyPeriodicEventStream", {}]') == Ignored(
        "a message that wants no answer: NotifyPeriodicEventStream", meant=True
    )
    assert frames.read('[5, "a", "FormatViolation", "a card\'s number", {}]') == Ignored(
        "the station could not take our answer: FormatViolation", meant=True
    )
    for rubbish in ("[5]", "[6]", '[6, "a"]', "[5, null]", "[7]"):
        frame = frames.read(rubbish)
        assert isinstance(frame, Ignored)
        assert not frame.meant


@pytest.mark.parametrize("kind", [2, 3, 4, 5, 6])
def test_a_frame_is_read_however_deeply_it_is_nested(kind: int) -> None:
    nested = "[" * 1_015 + "]" * 1_015
    assert frames.read(f'[{kind}, "x", {nested}, {nested}]') is not None
