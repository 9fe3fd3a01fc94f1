"""What is done where rows and workflows differ (rule 4): the rows win, and what agrees is left alone."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.rebuild import (
    IN_WORDS,
    REMEDIES,
    Answer,
    Difference,
    InRows,
    InTemporal,
    Remedy,
    compared,
    difference,
    differing,
)

pytestmark = pytest.mark.step("H1")

THIS, OTHER = UUID(int=1), UUID(int=2)
standings = st.fixed_dictionaries({"stage": st.sampled_from(["a", "b"]), "grid_requested": st.booleans()})


@st.composite
def rows(draw: st.DrawFn) -> InRows:
    last = draw(st.integers(0, 9))
    delivered = draw(st.integers(0, last))
    return InRows(
        subject_id=THIS,
        ended=draw(st.booleans()),
        last_number=last,
        applied_number=draw(st.integers(0, delivered)),
        delivered_number=delivered,
        waiting=delivered < last,
        standing=draw(st.one_of(st.none(), standings)),
    )


answers = st.builds(
    Answer,
    subject_id=st.sampled_from([THIS, OTHER]),
    heard=st.integers(0, 12),
    standing=st.one_of(st.none(), standings),
)
workflows = st.one_of(
    st.just(InTemporal(runs=False)), st.builds(InTemporal, runs=st.just(True), answer=st.one_of(st.none(), answers))
)


def brought_back(known: InRows) -> tuple[InRows, InTemporal]:
    """A workflow that was started from these rows, and has heard again what they had not applied."""
    answer = Answer(known.subject_id, known.last_number, known.standing)
    return replace(known, delivered_number=known.last_number, waiting=False), InTemporal(runs=True, answer=answer)


def after(remedy: Remedy, known: InRows | None, workflow: InTemporal) -> tuple[InRows | None, InTemporal]:
    match remedy:
        case Remedy.START | Remedy.REPLACE:
            assert known is not None
            return brought_back(known)
        case Remedy.END:
            return known, InTemporal(runs=False)
        case Remedy.KEEP_AS_LATE:
            assert known is not None
            return replace(known, waiting=False), workflow
    return known, workflow


@given(st.one_of(st.none(), rows()), workflows)
def test_every_difference_is_gone_after_its_remedy_but_for_workflows_that_do_not_answer(
    known: InRows | None, workflow: InTemporal
) -> None:
    found = difference(known, workflow)
    # What waits for an ended process is seen once its workflow is gone.
    for _ in range(2):
        if found is None or found is Difference.SILENT:
            break
        known, workflow = after(REMEDIES[found], known, workflow)
        found = difference(known, workflow)
    assert found in {None, Difference.SILENT}


@given(rows())
def test_a_workflow_that_was_started_from_its_rows_agrees_with_them(known: InRows) -> None:
    assert difference(*brought_back(replace(known, ended=False))) is None


@given(st.one_of(st.none(), rows()), workflows)
def test_only_what_has_no_rows_or_has_ended_is_ended(known: InRows | None, workflow: InTemporal) -> None:
    found = difference(known, workflow)
    remedy = None if found is None else REMEDIES[found]
    goes_on = known is not None and not known.ended
    assert (remedy is Remedy.END) == (workflow.runs and not goes_on)
    assert not goes_on or workflow.runs or remedy is Remedy.START


@given(rows(), answers)
def test_new_facts_are_never_taken_for_old_ones(known: InRows, answer: Answer) -> None:
    """A workflow ignores numbers up to the last it has heard: one that is ahead would be deaf to what comes."""
    known = replace(known, ended=False, standing=known.standing or {"stage": "a"})
    found = difference(known, InTemporal(runs=True, answer=answer))
    if answer.heard > known.last_number:
        assert found in {Difference.AHEAD, Difference.OTHER_SUBJECT}


AT_REST = InRows(THIS, False, 5, 3, 5, False, {"stage": "a", "grid_requested": True})


@pytest.mark.parametrize(
    ("changed", "answer", "expected"),
    [
        ({}, Answer(THIS, 5, {"stage": "a", "grid_requested": True}), None),
        ({}, Answer(THIS, 5, {"stage": "b", "grid_requested": True}), Difference.ELSEWHERE),
        ({}, Answer(THIS, 5, {"stage": "a", "grid_requested": False}), Difference.ELSEWHERE),
        ({}, Answer(THIS, 5, None), Difference.ELSEWHERE),
        ({"waiting": True}, Answer(THIS, 5, {"stage": "b"}), None),
        ({}, Answer(THIS, 8, {"stage": "a"}), Difference.AHEAD),
        ({}, Answer(THIS, 4, {"stage": "a"}), Difference.BEHIND),
        ({"applied_number": 5}, Answer(THIS, 0, {"stage": "a"}), None),
        ({}, Answer(OTHER, 5, {"stage": "a"}), Difference.OTHER_SUBJECT),
        ({}, None, Difference.SILENT),
        ({"standing": None}, None, None),
    ],
)
def test_what_a_workflow_answers_is_held_against_its_rows(
    changed: dict[str, Any], answer: Answer | None, expected: Difference | None
) -> None:
    assert difference(replace(AT_REST, **changed), InTemporal(runs=True, answer=answer)) is expected


def test_what_may_lag_and_what_only_one_side_knows_is_no_difference() -> None:
    assert compared({"stage": "a", "applied_number": 3, "boot_due_at": None}) == {"stage": "a"}
    assert differing({"stage": "a", "new": 1}, {"stage": "a", "old": 2}) == []
    assert differing({"stage": "a", "number": 1}, {"stage": "b", "number": 1}) == ["stage"]


def test_every_difference_has_its_words_and_its_remedy() -> None:
    assert set(IN_WORDS) == set(REMEDIES) == set(Difference)
