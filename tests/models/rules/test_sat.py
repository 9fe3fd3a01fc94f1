"""What counts as an answer, whether it passes, and what is missing (P16)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.rules.sat import MAX_TEXT, Part, Question, QuestionKind, fault, missing, passed

pytestmark = pytest.mark.step("P16")
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-10_000, max_value=10_000)


def question(kind: QuestionKind, **said: object) -> Question:
    return Question.model_validate({"code": "asked", "part": "station", "kind": kind, "text": "What is it?", **said})


NUMBER, YES_NO = question(QuestionKind.NUMBER, unit="ohm"), question(QuestionKind.YES_NO)
CHOICE = question(QuestionKind.CHOICE, choices=("left", "right"))


@given(st.text(max_size=20))
def test_a_yes_or_no_question_takes_nothing_else(value: str) -> None:
    assert (fault(YES_NO, value) is None) == (value in {"yes", "no"})


@given(st.text(max_size=20))
def test_a_choice_takes_one_of_its_choices_and_the_fault_names_them(value: str) -> None:
    found = fault(CHOICE, value)
    assert (found is None) == (value in CHOICE.choices)
    if found is not None:
        assert "left, right" in found


@given(decimals)
def test_every_plain_number_is_an_answer(value: Decimal) -> None:
    assert fault(NUMBER, str(value)) is None


@pytest.mark.parametrize("value", ["", "a lot", "12,5", "NaN", "Infinity", "-inf", "1.2.3", "0x10"])
def test_what_is_no_finite_number_is_refused_and_names_the_unit(value: str) -> None:
    assert "in ohm" in str(fault(NUMBER, value))


@given(st.text(max_size=MAX_TEXT + 5))
def test_a_text_has_something_in_it_and_an_end(value: str) -> None:
    fine = bool(value.strip()) and len(value) <= MAX_TEXT
    assert (fault(question(QuestionKind.TEXT), value) is None) == fine


@given(decimals, decimals, decimals)
def test_a_number_passes_within_its_limits_and_at_them(value: Decimal, one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    limited = question(QuestionKind.NUMBER, minimum=low, maximum=high)
    assert passed(limited, str(value)) == (low <= value <= high)
    assert passed(limited, str(low)) is True
    assert passed(limited, str(high)) is True


@given(decimals)
def test_a_number_without_limits_neither_passes_nor_fails(value: Decimal) -> None:
    assert passed(NUMBER, str(value)) is None


@given(decimals, decimals)
def test_one_limit_alone_holds(value: Decimal, limit: Decimal) -> None:
    assert passed(question(QuestionKind.NUMBER, maximum=limit), str(value)) == (value <= limit)
    assert passed(question(QuestionKind.NUMBER, minimum=limit), str(value)) == (value >= limit)


def test_an_expected_answer_passes_and_another_does_not() -> None:
    clean = question(QuestionKind.YES_NO, expected="yes")
    assert passed(clean, "yes") is True
    assert passed(clean, "no") is False
    assert passed(YES_NO, "no") is None


questions = st.lists(
    st.builds(
        lambda code, part, required: question(QuestionKind.TEXT, code=code, part=part, required=required),
        st.from_regex(r"\A[a-z][a-z0-9_]{1,8}\Z"),
        st.sampled_from(Part),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda each: each.code,
)
stations = st.lists(st.uuids().map(str), max_size=4, unique=True)


@given(questions, stations, st.data())
def test_missing_are_the_required_questions_without_an_answer_each_at_its_place(
    asked: list[Question], lines: list[str], data: st.DataObject
) -> None:
    wanted = missing(asked, lines, {})
    required = [each for each in asked if each.required]
    assert len(wanted) == sum(1 if each.part is Part.SITE else len(lines) for each in required)
    answered = data.draw(st.lists(st.sampled_from(wanted), unique=True)) if wanted else []
    left = missing(asked, lines, dict.fromkeys(answered, "something"))
    assert set(left) == set(wanted) - set(answered)


@pytest.mark.parametrize("code", ["", "A", "9lives", "with space", "x" * 50])
def test_a_questions_code_is_a_plain_name(code: str) -> None:
    with pytest.raises(ValidationError):
        question(QuestionKind.TEXT, code=code)
